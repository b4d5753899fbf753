"""The whole hub: the core that decides, and what tells of it: notices, pages, Home Assistant."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hub import discovery
from hub.config import HubConfig
from hub.core import Core, program_version
from hub.live import Live
from hub.notices.plan import plan
from hub.notices.worker import Worker
from hub.store import NewerStoreError, open_store, read, shown
from hub.web import Health, Server
from hub.web.health import OK
from maskgate.clock import Clock, SystemClock
from maskgate.config import ConfigError
from maskgate.messages import Decision, Display, DoorState
from maskgate.mqtt import Outbound

log = logging.getLogger(__name__)

#: An orderly stop takes no longer than this altogether, in seconds.
STOP_S = 2.0


class Hub:
    """One site's service. The constructor does nothing; `start` and `stop` do."""

    def __init__(self, config: HubConfig, clock: Clock | None = None, *, web_port: int | None = None) -> None:
        """`web_port` stands for the configured one; 0 takes any that is free."""
        self._config, self._clock, self._web_port = config, clock or SystemClock(), web_port
        self._db: Engine | None = None
        self._stops: list[Callable[[], None]] = []
        self._server: Server | None = None

    @property
    def web_port(self) -> int:
        """The port of the pages, 0 before the start where any would do."""
        return self._server.port if self._server else self._web_port or 0

    def start(self) -> None:
        """Start all of it; raises `ConfigError` (and leaves nothing running) where something cannot be had."""
        try:
            self._start()
        except (SQLAlchemyError, OSError, NewerStoreError) as error:
            self.stop()
            reason = getattr(error, "orig", None) or error
            raise ConfigError(f"database: {shown(self._config.database)} cannot be used: {reason}") from error
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        config, clock = self._config, self._clock
        db = self._db = open_store(config.database)
        live = Live()
        core = Core(config, db, clock, plan=plan, discovery=_discovery)
        worker = Worker(config, db, clock, place=core.place)
        core.on_commit = worker.wake

        def tell(door: str, state: DoorState, display: Display, made: Sequence[Decision]) -> None:
            for decision in made or (None,):
                live.publish(door, state, display, decision)

        def health() -> Health:
            read.waiting(db)  # raises where the store does not answer
            deciding = core.engine.alive and core.dispatcher.alive and core.link.alive
            return Health(
                broker=OK if core.link.connected else "not connected",
                engine=OK if deciding else "has ended",
                notices=OK if worker.alive else "has ended",
            )

        core.engine.subscribe(tell)
        server = self._server = Server(config, db, live, clock, health=health, port=self._web_port)
        # What a configuration may get wrong starts first; the line to the broker last.
        self._stops.append(lambda: server.stop(STOP_S))
        server.start()
        self._stops.append(lambda: worker.stop(STOP_S))
        worker.start()
        self._stops.append(core.stop)
        core.start()
        log.info("hub of %s: %d doors", config.site, len(config.doors))

    def stop(self) -> None:
        """End in order, within `STOP_S`: what was decided is on disk, and the broker hears that this is no failure."""
        # Side by side: a viewer or a mail server that does not let go must not keep the farewell from the broker.
        ends = [threading.Thread(target=_guarded, args=(stop,), daemon=True) for stop in self._stops]
        for end in ends:
            end.start()
        deadline = time.monotonic() + STOP_S
        for end in ends:
            end.join(max(0.0, deadline - time.monotonic()))
        self._stops.clear()
        if self._db is not None:
            self._db.dispose()
            self._db = None


def _discovery(config: HubConfig) -> list[Outbound]:
    return discovery.messages(config, program_version())


def _guarded(stop: Callable[[], None]) -> None:
    try:
        stop()
    except Exception:
        log.exception("a part did not stop in order")

"""The parts of a running hub under one configuration: the core, the notices, the pages. A reload exchanges them."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from sqlalchemy import Engine

from hub import discovery, upkeep
from hub.config import HubConfig
from hub.core import Core, program_version
from hub.live import Live
from hub.notices.plan import plan
from hub.notices.worker import Worker
from hub.store import read
from hub.watch import Watcher
from hub.watch.gather import Gatherer
from hub.web import Health, Server
from hub.web.health import OK
from maskgate import topics
from maskgate.clock import Clock
from maskgate.messages import Decision, Display, DoorState
from maskgate.mqtt import Outbound

log = logging.getLogger(__name__)

#: An orderly stop takes no longer than this altogether, in seconds.
STOP_S = 2.0


class Parts:
    """Started once, stopped once. The constructor does nothing."""

    def __init__(self, config: HubConfig, db: Engine, clock: Clock, *, web_port: int | None = None) -> None:
        """`web_port` stands for the configured one; 0 takes any that is free."""
        self._config, self._db, self._clock = config, db, clock
        self._stops: list[Callable[[], None]] = []
        self._core_started = False
        self._live = Live()
        self.core = Core(config, db, clock, plan=plan, discovery=_discovery)
        self._worker = Worker(config, db, clock, place=self.core.place)
        self.core.on_notices = self._worker.wake
        self.core.engine.subscribe(self._tell)
        gatherer = Gatherer(
            config, db, connected=lambda: self.core.link.connected,
            broker_certificate=lambda: self.core.link.certificate_ends,
        )  # fmt: skip
        self._watcher = Watcher(config, db, clock, gatherer, on_change=self._noticed, speaks=self._speaks)
        self.core.problems = lambda: [one.finding.text for one in self._watcher.problems()]
        self._server = Server(
            config, db, self._live, clock, health=self._health, submit=self.core.engine.submit,
            stats=self.core.counters, problems=self._watcher.problems, port=web_port,
        )  # fmt: skip

    @property
    def web_port(self) -> int:
        """The port of the pages, 0 before the start where any would do."""
        return self._server.port

    def first_link(self) -> str | None:
        """Return a one-time link for the first administrator; None where there is one (P5)."""
        return self._server.first_link()

    def start(self) -> None:
        """Start all; who calls stops them again where this raises."""
        # What a configuration may get wrong starts first; the line to the broker last.
        self._stops.append(lambda: self._server.stop(STOP_S))
        self._server.start()
        self._stops.append(lambda: self._worker.stop(STOP_S))
        self._worker.start()
        self._core_started = True
        self.core.start()
        self._stops.append(lambda: self._watcher.stop(STOP_S))
        self._watcher.start()
        self._server.warm()  # the doors are decided on meanwhile

    def stop(self, *, farewell: bool = True, clear: bool = False) -> None:
        """End in order, within `STOP_S`: what was decided is on disk.

        With `farewell` the broker hears that this is no failure; without it nobody is to notice: others follow at
        once. With `clear` nothing of ours stays at this broker and root (M6).
        """
        # Side by side: a viewer or a mail server that does not let go must not keep the farewell from the broker.
        topics_left = self._retained() if clear else ()
        stops = [*self._stops]
        if self._core_started:
            stops.append(lambda: self.core.stop(farewell=farewell, clear=topics_left))
        ends = [threading.Thread(target=_guarded, args=(stop,), daemon=True) for stop in stops]
        for end in ends:
            end.start()
        deadline = time.monotonic() + STOP_S
        for end in ends:
            end.join(max(0.0, deadline - time.monotonic()))
        self._stops.clear()
        self._core_started = False
        self._server.let_go()

    def _retained(self) -> Sequence[str]:
        root, doors = self._config.mqtt.root, [door.id for door in self._config.doors]
        nodes = [node for door in self._config.doors for node in door.nodes]
        places = [letter.topic for letter in upkeep.farewell(self._config, doors, nodes, self._clock.now())]
        return *places, topics.HUB_HEALTH.path(root), topics.HUB_AVAILABILITY.path(root)

    def _tell(self, door: str, state: DoorState, display: Display, made: Sequence[Decision]) -> None:
        for decision in made or (None,):
            self._live.publish(door, state, display, decision)

    def _speaks(self) -> bool:
        return self.core.place is None or self.core.place.leads

    def _noticed(self) -> None:
        self._worker.wake()
        self.core.dispatcher.tell_health()

    def _health(self) -> Health:
        read.waiting(self._db)  # raises where the store does not answer
        core = self.core
        deciding = core.engine.alive and core.dispatcher.alive and core.link.alive
        return Health(
            broker=OK if core.link.connected else "not connected",
            engine=OK if deciding else "has ended",
            notices=OK if self._worker.alive else "has ended",
        )


def _discovery(config: HubConfig) -> list[Outbound]:
    return discovery.messages(config, program_version())


def _guarded(stop: Callable[[], None]) -> None:
    try:
        stop()
    except Exception:
        log.exception("a part did not stop in order")

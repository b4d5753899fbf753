"""The whole hub: the core that decides, and what tells of it: notices, pages, Home Assistant."""

import logging
import socket

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hub.config import HubConfig
from hub.parts import Parts
from hub.store import NewerStoreError, open_store, shown
from maskgate.clock import Clock, SystemClock
from maskgate.config import ConfigError

log = logging.getLogger(__name__)

#: What a running hub cannot change: other commands find it, and its doors' states, by these.
FIXED = ("database", "pid_file")


class Hub:
    """One site's service. The constructor does nothing; `start`, `reload` and `stop` do, from one thread."""

    def __init__(self, config: HubConfig, clock: Clock | None = None, *, web_port: int | None = None) -> None:
        """`web_port` stands for the configured one; 0 takes any that is free."""
        self._config, self._clock, self._web_port = config, clock or SystemClock(), web_port
        self._db: Engine | None = None
        self._parts: Parts | None = None

    @property
    def config(self) -> HubConfig:
        """What runs, or ran last."""
        return self._config

    @property
    def running(self) -> bool:
        """Whether its parts run."""
        return self._parts is not None

    @property
    def web_port(self) -> int:
        """The port of the pages, 0 before the start where any would do."""
        return self._parts.web_port if self._parts else self._web_port or 0

    def start(self) -> None:
        """Start all of it; raises `ConfigError` (and leaves nothing running) where something cannot be had."""
        try:
            self._db = open_store(self._config.database)
            self._begin(self._config)
        except (SQLAlchemyError, OSError, NewerStoreError) as error:
            self.stop()
            reason = getattr(error, "orig", None) or error
            raise ConfigError(
                f"database: {shown(self._config.database)} cannot be used: {reason}; make it so, or name another"
            ) from error
        except BaseException:
            self.stop()
            raise
        log.info("hub of %s: %d doors", self._config.site, len(self._config.doors))

    def reload(self, config: HubConfig) -> None:
        """Go on under another configuration; raises `ConfigError`, and then what ran before runs.

        The doors are as they were, and no lock moves for it (S7). Messages that come meanwhile wait at the broker.
        """
        if config == self._config:
            self.complain(None)
            return
        self._examine(config)
        old, before = self._config, self._parts
        if before is not None:
            before.stop(farewell=False, clear=_place(old) != _place(config))
        try:
            self._begin(config)
        except Exception as error:
            log.exception("the new configuration does not start; the last good one goes on")
            self._begin(old)
            if isinstance(error, ConfigError):
                raise
            raise ConfigError(f"the new configuration does not start: {error}; the last good one goes on") from error
        self._config = config
        log.info("reloaded: %s, %d doors", config.site, len(config.doors))

    def complain(self, text: str | None) -> None:
        """Tell in the hub's health what is wrong with a configuration that was refused; None: nothing is."""
        if self._parts is not None:
            self._parts.core.complain(text)

    def first_link(self) -> str | None:
        """Return a one-time link for the first administrator; None where there is one (P5)."""
        return self._parts.first_link() if self._parts else None

    def stop(self) -> None:
        """End in order, within two seconds: what was decided is on disk, and the broker hears that it is no failure."""
        if self._parts is not None:
            self._parts.stop()
            self._parts = None
        if self._db is not None:
            self._db.dispose()
            self._db = None

    def _begin(self, config: HubConfig) -> None:
        if self._db is None:
            raise RuntimeError("the store is not open")
        same_pages = self._parts is not None and config.web == self._config.web
        port = self.web_port if same_pages and self._web_port is not None else self._web_port
        self._parts, parts = None, Parts(config, self._db, self._clock, web_port=port)
        try:
            parts.start()
        except BaseException:
            parts.stop()
            raise
        self._parts = parts

    def _examine(self, config: HubConfig) -> None:
        """Raise `ConfigError` for what the file alone does not show to be wrong, while the old parts run on."""
        faults = [
            f"{field}: cannot change while the hub runs; restart it for that"
            for field in FIXED
            if getattr(config, field) != getattr(self._config, field)
        ]
        if self._web_port is None and config.web != self._config.web and (why := _taken(config)):
            faults.append(why)
        if faults:
            raise ConfigError("\n".join(faults))


def _place(config: HubConfig) -> tuple[object, ...]:
    """Where what we retain lies."""
    return config.mqtt.host, config.mqtt.port, config.mqtt.root, config.homeassistant


def _taken(config: HubConfig) -> str | None:
    """Say why the pages cannot be served there."""
    family = socket.AF_INET6 if ":" in config.web.host else socket.AF_INET
    try:
        socket.create_server((config.web.host, config.web.port), family=family).close()
    except OSError as error:
        place = f"{config.web.host} port {config.web.port}"
        return f"web.port: {place} cannot be had: {error.strerror}; choose another, or stop what uses it"
    return None

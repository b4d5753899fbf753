"""The pages' own thread: uvicorn on a socket of ours, so that a busy port is said in words before anything runs."""

import asyncio
import logging
import socket
import threading

import uvicorn
from sqlalchemy import Engine

from hub.config import HubConfig
from hub.live import Live
from hub.web.app import make_app
from hub.web.health import HealthCheck
from maskgate.clock import Clock
from maskgate.config import ConfigError

log = logging.getLogger(__name__)

START_LIMIT_S = 15.0


class Server:
    """Serves the pages; `start` and `stop` may alternate."""

    def __init__(
        self,
        config: HubConfig,
        db: Engine,
        live: Live,
        clock: Clock,
        *,
        health: HealthCheck | None = None,
        port: int | None = None,
    ) -> None:
        """`port` stands for the configured one; 0 takes any that is free."""
        self._host, self._wanted = config.web.host, config.web.port if port is None else port
        self._live = live
        self._app = make_app(config, db, live, clock, health)
        self._port: int | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port that is served, 0 before the start where any would do."""
        return self._port or self._wanted

    @property
    def alive(self) -> bool:
        """Whether the thread runs; a supervisor watches this."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Serve; returns when the pages answer. Raises `ConfigError` when the address cannot be had."""
        listener = self._listen()
        # After a restart the pages that people have open find us where we were.
        self._port = listener.getsockname()[1]
        server = uvicorn.Server(
            uvicorn.Config(
                self._app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1,
                server_header=False,
            )
        )  # fmt: skip
        self._server = server
        self._thread = threading.Thread(target=self._serve, args=(server, listener), name="web", daemon=True)
        self._thread.start()
        tick = threading.Event()
        for _ in range(int(START_LIMIT_S / 0.01)):
            if server.started or not self._thread.is_alive():
                break
            tick.wait(0.01)
        if not server.started:
            raise ConfigError(f"web: the pages did not start on {self._host} port {self._port}")
        log.info("pages on http://%s:%d/", self._host, self._port)

    def stop(self, timeout: float = 3.0) -> None:
        """End within `timeout` seconds; viewers are let go, and come back by themselves."""
        if self._server is not None:
            self._server.should_exit = True
        self._live.end_all()
        if self._thread is not None:
            self._thread.join(timeout)

    def _listen(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        try:
            return socket.create_server((self._host, self._port or self._wanted), family=family, backlog=256)
        except OSError as error:
            raise ConfigError(
                f"web: cannot serve on {self._host} port {self.port}: {error.strerror}; choose another web.port, "
                "or stop what uses it"
            ) from error

    def _serve(self, server: uvicorn.Server, listener: socket.socket) -> None:
        try:
            asyncio.run(server.serve(sockets=[listener]))
        except Exception:
            log.exception("the pages ended by a fault of ours")
        finally:
            listener.close()

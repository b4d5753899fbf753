"""The pages' own thread: uvicorn on a socket of ours, so that a busy port is said in words before anything runs."""

import asyncio
import logging
import socket
import ssl
import threading
from pathlib import Path

import uvicorn
from sqlalchemy import Engine

from hub.config import HubConfig
from hub.live import Live
from hub.store import read
from hub.web.app import make_app
from hub.web.context import Context, Problems, Stats, Submit
from hub.web.health import Health, HealthCheck
from hub.web.security import signing
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
        submit: Submit | None = None,
        stats: Stats = dict,
        problems: Problems = tuple,
        port: int | None = None,
    ) -> None:
        """`port` stands for the configured one; 0 takes any that is free. Without `submit` no command is taken."""

        def store_alone() -> Health:
            read.door_documents(db)
            return Health()

        self._web, self._host = config.web, config.web.host
        self._wanted = config.web.port if port is None else port
        self._live = live
        self._context = Context(config, db, live, clock, health or store_alone, submit, stats, problems)
        self._app = make_app(self._context)
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
        if self._web.tls:
            _check_pair(self._web.tls.certificate, self._web.tls.key)
        listener = self._listen()
        # After a restart the pages that people have open find us where we were.
        self._port = listener.getsockname()[1]
        server = uvicorn.Server(
            uvicorn.Config(
                self._app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1,
                server_header=False,
                # Nobody is believed who says for whom they ask, except those that the configuration names.
                proxy_headers=bool(self._web.trusted_proxies), forwarded_allow_ips=list(self._web.trusted_proxies),
                ssl_certfile=self._web.tls.certificate if self._web.tls else None,
                ssl_keyfile=self._web.tls.key if self._web.tls else None,
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
        log.info("pages on %s://%s:%d/", "https" if self._web.tls else "http", self._host, self._port)

    def warm(self) -> None:
        """Put together what the first to ask would wait for: the API's own description, a tenth of a second's work."""
        self._app.openapi()

    def first_link(self) -> str | None:
        """Return a one-time link for the first administrator; None where there is one (P5)."""
        return signing.first_link(self._context)

    def stop(self, timeout: float = 3.0) -> None:
        """End within `timeout` seconds; viewers are let go, and come back by themselves."""
        if self._server is not None:
            self._server.should_exit = True
        self._live.end_all()
        if self._thread is not None:
            self._thread.join(timeout)

    def let_go(self) -> None:
        """Free what the pages knew; for good, and once they are stopped."""
        if not self.alive:
            self._context.let_go()

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


def _check_pair(certificate: Path, key: Path) -> None:
    """Raise `ConfigError` where these two cannot be served with."""
    for name, path in (("certificate", certificate), ("key", key)):
        try:
            path.read_bytes()
        except OSError as error:
            raise ConfigError(f"web.tls.{name}: cannot read {path}: {error.strerror}") from error

    def no_password() -> str:
        raise ConfigError(f"web.tls.key: {key} has a password; store one without, that only the hub may read")

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, no_password)
    except ssl.SSLError as error:
        why = error.reason or str(error)
        raise ConfigError(f"web.tls: {certificate} and {key} are no PEM certificate and its key: {why}") from error

"""The thread that keeps this hub's place among several: says that it is there, leads when nobody else does, listens.

Whoever reads `leads` before an effect is fenced by time: a hub that slept past its lease finds it over as soon as it
wakes, whatever its threads were about to do. What such a hub had already handed over is fenced by the broker (see
docs/decisions/0012-several-hubs.md).
"""

import logging
import threading
import time
from collections.abc import Callable

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from hub.store import lease
from hub.store.write import CHANNEL

log = logging.getLogger(__name__)

#: How often a leader renews its lease, and others look whether it is free, in seconds.
RENEW_S, LOOK_S = 1.0, 0.4
#: Taken off a lease's life, for clocks that run apart and for what is under way while it ends.
MARGIN_S = 0.3
PAUSE_S = 0.5
#: No answer of the database is waited for longer, in milliseconds.
STATEMENT_MS = 1500


def running_seconds() -> float:
    """Return seconds that go on while the machine sleeps, where the system counts them."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Sentry:
    """See the module. The callbacks run in its thread and must be short.

    `on_lead` is told whether this hub was there while the one before still led (then nothing at the doors was missed);
    `on_lost`: somebody else leads now; `on_news`: another hub has written; `on_beat`: about every second.
    """

    def __init__(
        self, db: Engine, me: str, *, on_lead: Callable[[bool], None], on_lost: Callable[[], None],
        on_news: Callable[[], None], on_beat: Callable[[], None],
    ) -> None:  # fmt: skip
        self._db, self.me = db, me
        self._on_lead, self._on_lost, self._on_news, self._on_beat = on_lead, on_lost, on_news, on_beat
        self._stopping = threading.Event()
        self._valid_until = 0.0
        self._token: int | None = None  # of the lease that `on_lead` told of
        self._here_since: float | None = None  # by the database's clock
        self._thread = threading.Thread(target=self._run, name="sentry", daemon=True)

    @property
    def leads(self) -> bool:
        """Whether this hub may act for the site at this moment."""
        return running_seconds() < self._valid_until

    def holds(self, tx: Connection) -> bool:
        """Whether this hub leads, and goes on to until `tx` ends."""
        return lease.holds(tx, self.me)

    @property
    def alive(self) -> bool:
        """Whether the thread runs; a supervisor watches this."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout: float = 1.0) -> bool:
        """Give up what this hub holds; returns whether other hubs are there to take it."""
        self._stopping.set()
        self._valid_until = 0.0
        if self._thread.is_alive():
            self._thread.join(timeout)
        try:
            raw = self._db.raw_connection()
            try:
                connection = _plain(raw.driver_connection)
                return lease.leave(connection, self.me)
            finally:
                raw.invalidate()
        except (psycopg.Error, DBAPIError, PoolTimeoutError, OSError):
            return False  # then the lease ends by itself

    def _run(self) -> None:
        lost = False
        while not self._stopping.is_set():
            try:
                self._watch()
                lost = False
            except (psycopg.Error, DBAPIError, PoolTimeoutError, OSError) as error:
                if not lost:
                    log.warning("the database does not answer; nobody can tell who leads: %s", error)
                lost = True
            except Exception:
                log.exception("a fault of ours in the sentry; it goes on")
            self._stopping.wait(PAUSE_S)

    def _watch(self) -> None:
        """Keep our place for as long as one connection lasts."""
        raw = self._db.raw_connection()
        try:
            connection = _plain(raw.driver_connection)
            connection.execute(f"LISTEN {CHANNEL}")
            next_beat = 0.0
            while not self._stopping.is_set():
                if time.monotonic() >= next_beat:
                    next_beat = time.monotonic() + (RENEW_S if self._renew(connection) else LOOK_S)
                    self._on_beat()
                wait = max(0.01, min(next_beat - time.monotonic(), LOOK_S))
                for note in connection.notifies(timeout=wait, stop_after=1):
                    if note.payload != self.me:
                        self._on_news()
        finally:
            raw.invalidate()  # it listens: no other thread may get it

    def _renew(self, connection: psycopg.Connection) -> bool:
        """Renew or try to take the lease; returns whether it is ours."""
        asked = running_seconds()
        now = lease.beat(connection, self.me)
        if self._here_since is None:
            self._here_since = now
        held = lease.take(connection, self.me)
        if held is None:
            self._valid_until = 0.0
            if self._token is not None:
                self._token = None
                log.warning("another hub leads the site")
                self._on_lost()
            return False
        if self._stopping.is_set():
            return True
        self._valid_until = asked + lease.LEASE_S - MARGIN_S
        if held.token != self._token:
            self._token = held.token
            log.info("this hub leads the site (token %d)", held.token)
            self._on_lead(held.last_renewed is not None and self._here_since <= held.last_renewed)
        return True


def _plain(connection: object) -> psycopg.Connection:
    """Return the driver's connection, each statement of which is a transaction."""
    assert isinstance(connection, psycopg.Connection)  # noqa: S101 - several hubs are for PostgreSQL
    connection.autocommit = True
    connection.execute(f"SET statement_timeout = {STATEMENT_MS}")
    return connection

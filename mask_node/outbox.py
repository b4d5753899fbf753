"""Verdicts on disk, in order, until somebody else has them safely (M1)."""

import logging
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from maskgate.messages import Passage, PassageRef

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS verdict (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    passage TEXT NOT NULL,
    revision INTEGER NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (passage, revision)
) STRICT
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A verdict in the outbox; `number` grows in the order they were put in."""

    number: int
    verdict: Passage


class Outbox:
    """A SQLite file, synced at every change. Any thread may call; a full one lets go of its oldest, and counts it."""

    def __init__(self, path: Path, *, limit: int) -> None:
        self._path, self._limit = path, limit
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self.dropped = 0

    def open(self) -> None:
        """Open or make the file. One that is damaged is put aside, with a word in the log. Raises `OSError`."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._db = self._connect()
        except sqlite3.OperationalError as error:
            raise OSError(
                f"the outbox {self._path} cannot be opened: {error}; check the folder and the disk"
            ) from error
        except sqlite3.DatabaseError:
            aside = self._path.with_name(self._path.name + ".damaged")
            self._path.replace(aside)
            for rest in ("-wal", "-shm"):
                self._path.with_name(self._path.name + rest).unlink(missing_ok=True)
            log.exception("the outbox %s is damaged; it is kept as %s, a new one begins", self._path, aside)
            self._db = self._connect()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def put(self, verdict: Passage) -> None:
        """Keep a verdict; when this returns it is on disk. The same passage and revision again changes nothing."""
        with self._lock, self._connection as db:
            db.execute(
                "INSERT INTO verdict (passage, revision, document) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (verdict.passage, verdict.revision, verdict.model_dump_json()),
            )
            over = db.execute("SELECT count(*) FROM verdict").fetchone()[0] - self._limit
            if over > 0:
                lost = db.execute(
                    "DELETE FROM verdict WHERE number IN (SELECT number FROM verdict ORDER BY number LIMIT ?)", (over,)
                )
                self.dropped += lost.rowcount
                log.error("the outbox is full; %d verdicts lost since the start", self.dropped)

    def after(self, number: int, count: int) -> list[Waiting]:
        """Return up to `count` verdicts put in after `number`, the oldest first."""
        with self._lock, self._connection as db:
            rows = db.execute(
                "SELECT number, document FROM verdict WHERE number > ? ORDER BY number LIMIT ?", (number, count)
            ).fetchall()
        waiting = []
        for row, document in rows:
            try:
                waiting.append(Waiting(row, Passage.model_validate_json(document)))
            except ValidationError:
                log.exception("a verdict in the outbox cannot be read; it is let go")
                self._drop(row)
        return waiting

    def let_go(self, refs: Iterable[PassageRef]) -> set[int]:
        """Remove exactly these and return their numbers; those not here are passed over."""
        with self._lock, self._connection as db:
            gone: set[int] = set()
            for ref in refs:
                rows = db.execute(
                    "DELETE FROM verdict WHERE passage = ? AND revision = ? RETURNING number",
                    (ref.passage, ref.revision),
                )
                gone.update(number for (number,) in rows)
            return gone

    @property
    def depth(self) -> int:
        """How many wait."""
        with self._lock, self._connection as db:
            depth: int = db.execute("SELECT count(*) FROM verdict").fetchone()[0]
            return depth

    @property
    def _connection(self) -> sqlite3.Connection:
        """The connection; `with` makes a transaction of what is done to it."""
        if self._db is None:
            raise RuntimeError("the outbox is not open")
        return self._db

    def _connect(self) -> sqlite3.Connection:
        # One connection, guarded by our lock; `with` on it commits, or rolls back what failed.
        db = sqlite3.connect(self._path, check_same_thread=False, timeout=5)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            with db:
                db.execute(_SCHEMA)
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _drop(self, number: int) -> None:
        with self._lock, self._connection as db:
            db.execute("DELETE FROM verdict WHERE number = ?", (number,))
            self.dropped += 1

"""The node's one file: SQLite, synced at every change. A disk that fails is a `DiskError`, never the end."""

import contextlib
import errno
import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")

#: A checkpoint after so many pages of 4 KiB keeps the log beside the file small; what it has grown to stays usable
#: when the disk is full.
CHECKPOINT_PAGES = 32


class DiskError(Exception):
    """The file cannot be read or written now; the text says why. What was asked for has not happened."""


class Disk:
    """One file, one connection, held alone: a second program on the same file is refused. Any thread may call."""

    def __init__(self, path: Path, schema: str) -> None:
        self._path, self._schema = path, schema
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None
        self._damaged = False  # whether the file is to be put aside

    def open(self) -> None:
        """Open or make the file. One that is damaged is put aside, with a word in the log.

        Raises `OSError` for a place that cannot be used, and `DiskError` where the disk is full or fails: `run`
        tries to open the file again.
        """
        with self._lock:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._db = self._connect()
            except sqlite3.OperationalError as error:
                if _of_the_disk(error):
                    raise DiskError(str(error)) from error
                mend = "check the folder, and that no other node uses it"
                raise OSError(f"the outbox {self._path} cannot be opened: {error}; {mend}") from error
            except OSError as error:
                if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EIO}:
                    raise DiskError(str(error)) from error
                raise OSError(f"the outbox {self._path} cannot be opened: {error.strerror}; check the path") from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._drop_connection()

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` in a transaction, which is on the disk when this returns. Raises `DiskError`."""
        with self._lock:
            try:
                try:
                    return self._transact(work)
                except sqlite3.OperationalError as error:
                    if self._db is None or _code(error) != sqlite3.SQLITE_FULL:
                        raise
                    # What the log beside the file holds twice may be all that is missing.
                    self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    return self._transact(work)
            except sqlite3.Error as error:
                if _code(error) != sqlite3.SQLITE_FULL:
                    self._drop_connection()  # the next one may find the file mended, or puts it aside
                # Most of a file may be damaged while that which a new connection reads is well.
                self._damaged = _code(error) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
                raise DiskError(str(error)) from error
            except OSError as error:
                raise DiskError(str(error)) from error

    def _transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._db is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._db = self._connect()
        with self._db as db:  # commits, or rolls back what failed
            return work(db)

    def _connect(self) -> sqlite3.Connection:
        if not self._damaged:
            try:
                return self._connect_once()
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                self._damaged = True
        aside = self._path.with_name(self._path.name + ".damaged")
        with contextlib.suppress(FileNotFoundError):
            self._path.replace(aside)
        for rest in ("-wal", "-shm"):
            self._path.with_name(self._path.name + rest).unlink(missing_ok=True)
        log.error("the outbox %s is damaged; it is kept as %s, a new one begins", self._path, aside)
        self._damaged = False
        return self._connect_once()

    def _connect_once(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, check_same_thread=False, timeout=1)
        # A byte that has decayed is for the reader of that row to find, and fails no other.
        db.text_factory = lambda raw: raw.decode("utf-8", "replace")
        try:
            # Alone on the file, SQLite needs no shared memory beside it, whose growth a full disk would stop.
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            with db:
                db.executescript(self._schema)
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _drop_connection(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


def _code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code, 0 where the error has none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _of_the_disk(error: sqlite3.Error) -> bool:
    return _code(error) in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}

"""Opening the store, and the one way to write to it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

from hub.store.schema import metadata

#: How long a statement waits for another process that writes, in milliseconds.
BUSY_MS = 2000


def open_store(path: Path) -> Engine:
    """Open the SQLite file at `path`, making it, its folder and its tables where they are missing.

    Raises `sqlalchemy.exc.OperationalError` or `OSError` when that cannot be done.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    db = create_engine(f"sqlite:///{path}", execution_options={"write_lock": threading.Lock()})
    event.listen(db, "connect", _prepare)
    event.listen(db, "begin", _begin)
    metadata.create_all(db)
    return db


@contextmanager
def writing(db: Engine) -> Iterator[Connection]:
    """One transaction that writes: on disk when the block has ended, undone when it raises.

    Writers of this process take turns on a lock of ours: SQLite's own waiting sleeps in growing steps, which costs
    a decision tens of milliseconds. The write lock on the file is taken at once, because a transaction that first
    reads and then writes can otherwise be refused in its middle.
    """
    with db.get_execution_options()["write_lock"], db.connect() as connection:
        writer = connection.execution_options(writes=True)
        with writer.begin():
            yield writer


def _prepare(raw: Any, _record: Any) -> None:
    # The driver must not open transactions by itself: `_begin` does.
    raw.isolation_level = None
    cursor = raw.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

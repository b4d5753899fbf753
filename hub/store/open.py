"""Opening the store, and the one way to write to it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError

from hub.store.migrate import migrate

#: How long a statement waits for another process that writes, in milliseconds.
BUSY_MS = 2000
#: How long a transaction may stand still before PostgreSQL ends it, in milliseconds.
SLEEP_MS = 3000
#: How long a connection to PostgreSQL may take to be made, and a statement to be answered, in seconds.
CONNECT_S, STATEMENT_S = 3, 10

Database = Path | SecretStr


class Written(str):
    """JSON that is written already: it goes into a column as it is."""

    __slots__ = ()


def open_store(database: Database) -> Engine:
    """Open the store and bring its tables to this program's state.

    A path is a SQLite file, made with its folder where they are missing; a secret text is a PostgreSQL URL. Raises
    `sqlalchemy.exc.DBAPIError`, `OSError` or `NewerStoreError` when that cannot be done.
    """
    db = _postgresql(database) if isinstance(database, SecretStr) else _sqlite(database)
    try:
        migrate(db, writing)
    except BaseException:
        db.dispose()
        raise
    return db


def shown(database: Database) -> str:
    """Return what may be shown of where the store is: no password."""
    if isinstance(database, Path):
        return str(database)
    return make_url(database.get_secret_value()).render_as_string(hide_password=True)


def shares(db: Engine) -> bool:
    """Whether several hubs may work on this store."""
    return db.dialect.name == "postgresql"


@contextmanager
def writing(db: Engine) -> Iterator[Connection]:
    """One transaction that writes: on disk when the block has ended, undone when it raises.

    On SQLite, writers of this process take turns on a lock of ours: its own waiting sleeps in growing steps, which
    costs a decision tens of milliseconds. The write lock on the file is taken at once, because a transaction that first
    reads and then writes can otherwise be refused in its middle.
    """
    with db.get_execution_options()["write_lock"], db.connect() as connection:
        writer = connection.execution_options(writes=True)
        with writer.begin():
            yield writer


@contextmanager
def together(tx: Connection) -> Iterator[None]:
    """Send the block's statements to PostgreSQL in one go; none of them may be asked for a result.

    A door is locked for as long as its transaction lasts, and most of that is the way there and back of each statement.
    Raises what a statement would have raised.
    """
    if not shares(tx.engine):
        yield
        return
    import psycopg

    raw = tx.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)  # noqa: S101 - that is PostgreSQL's driver
    try:
        with raw.pipeline():
            yield
    except psycopg.Error as error:
        raised = DBAPIError.instance(None, None, error, psycopg.Error, dialect=tx.dialect)
        raise raised from error


def _sqlite(path: Path) -> Engine:
    path.parent.mkdir(parents=True, exist_ok=True)
    db = create_engine(
        f"sqlite:///{path}", execution_options={"write_lock": threading.Lock()}, json_serializer=_as_json
    )
    event.listen(db, "connect", _prepare)
    event.listen(db, "begin", _begin)
    return db


def _postgresql(address: SecretStr) -> Engine:
    url = make_url(address.get_secret_value()).set(drivername="postgresql+psycopg")
    limits = f"-c lock_timeout={BUSY_MS} -c statement_timeout={STATEMENT_S * 1000} -c timezone=UTC"
    # A hub that sleeps in the middle of a transaction must not hold a door that others serve.
    limits += f" -c idle_in_transaction_session_timeout={SLEEP_MS}"
    # A server that vanished without a word is noticed within seconds.
    alive = {"keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3, "tcp_user_timeout": 5000}
    return create_engine(
        url,
        connect_args={"connect_timeout": CONNECT_S, "options": limits, "application_name": "maskgate", **alive},
        execution_options={"write_lock": nullcontext()},
        hide_parameters=True,
        json_serializer=_as_json,
        pool_timeout=5,
    )


def _as_json(value: Any) -> str:
    return str(value) if isinstance(value, Written) else json.dumps(value)


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

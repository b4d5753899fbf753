"""Wrong passwords, counted so that a restart forgets none (P6)."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from hub.store.schema import attempts

#: How long a browser that signed in is known, and what became of an address is remembered.
REMEMBERED = timedelta(days=30)
#: More rows than this, and the oldest go: whoever makes up names fills no disk.
MOST_ROWS = 20_000


def found(tx: Connection, keys: Iterable[str]) -> Mapping[str, tuple[int, datetime]]:
    """Return failures in a row and the time of the last try, of those keys that are known."""
    rows = tx.execute(select(attempts).where(attempts.c.key.in_(list(keys))))
    return {row.key: (row.failures, row.last_at) for row in rows}


def put(tx: Connection, key: str, failures: int, now: datetime) -> None:
    """Write how many failures in a row there were."""
    kind = postgresql if tx.dialect.name == "postgresql" else sqlite
    row = {"key": key, "failures": failures, "last_at": now}
    tx.execute(kind.insert(attempts).values(row).on_conflict_do_update(index_elements=["key"], set_=row))


def drop(tx: Connection, keys: Iterable[str]) -> None:
    """Forgive."""
    tx.execute(delete(attempts).where(attempts.c.key.in_(list(keys))))


def tidy(tx: Connection, now: datetime) -> None:
    """Forget what is old, and the oldest of what is too much."""
    tx.execute(delete(attempts).where(attempts.c.last_at < now - REMEMBERED))
    over = (tx.scalar(select(func.count()).select_from(attempts)) or 0) - MOST_ROWS
    if over > 0:
        oldest = select(attempts.c.key).order_by(attempts.c.last_at).limit(over)
        tx.execute(delete(attempts).where(attempts.c.key.in_(oldest)))

"""Who leads, where several hubs share a PostgreSQL: one row, renewed by the database's own clock.

No hub's clock is asked: a lease lasts `LEASE_S` from when PostgreSQL wrote it. Each change of the holder raises the
row's token, so that a hub that slept can tell that somebody else led meanwhile.
"""

from dataclasses import dataclass

from psycopg import Connection
from sqlalchemy import Connection as SqlConnection
from sqlalchemy import extract, func, select

from hub.store.schema import leases

#: How long a lease lasts, in seconds.
LEASE_S = 3.0

_NOW = "extract(epoch FROM clock_timestamp())::float8"
_READ = f"SELECT holder, token, until, {_NOW} FROM leases WHERE name = 'site'"  # noqa: S608 - words of ours
_BEAT = f"""
INSERT INTO hubs (hub, until) VALUES (%(me)s, {_NOW} + %(life)s)
ON CONFLICT (hub) DO UPDATE SET until = excluded.until RETURNING {_NOW}
"""  # noqa: S608
_TAKE = f"""
INSERT INTO leases AS was (name, holder, token, until) VALUES ('site', %(me)s, 1, {_NOW} + %(life)s)
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until,
    token = was.token + CASE WHEN was.holder = excluded.holder THEN 0 ELSE 1 END
    WHERE was.holder = excluded.holder OR was.until < {_NOW}
RETURNING token
"""  # noqa: S608
_LEAVE = f"UPDATE leases SET until = {_NOW} WHERE name = 'site' AND holder = %(me)s AND until > {_NOW}"  # noqa: S608
_GONE = f"DELETE FROM hubs WHERE hub = %(me)s OR until < {_NOW} - 3600"  # noqa: S608
_OTHERS = f"SELECT count(*) FROM hubs WHERE hub <> %(me)s AND until > {_NOW}"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Held:
    """The lease is ours. `last_renewed`: when whoever held it before renewed it last; None: nobody ever did."""

    token: int
    last_renewed: float | None


def holds(tx: SqlConnection, me: str) -> bool:
    """Whether the lease is ours, as part of a transaction: nobody can take it before that has ended."""
    ours = leases.c.holder == me
    valid = leases.c.until > extract("epoch", func.clock_timestamp())
    return tx.scalar(select(leases.c.token).where(ours, valid).with_for_update(read=True)) is not None


def beat(connection: Connection, me: str) -> float:
    """Say that this hub is there; returns the database's time."""
    return _number(connection, _BEAT, me)


def take(connection: Connection, me: str) -> Held | None:
    """Take the lease or renew it; None while somebody else holds it."""
    row = connection.execute(_READ).fetchone()
    if row is not None and row[0] != me and row[2] >= row[3]:
        return None
    before = None if row is None else row[2] - LEASE_S
    taken = connection.execute(_TAKE, {"me": me, "life": LEASE_S}).fetchone()
    return Held(taken[0], before) if taken else None


def leave(connection: Connection, me: str) -> bool:
    """Give up the lease and go; returns whether other hubs are there."""
    others = _number(connection, _OTHERS, me)
    connection.execute(_LEAVE, {"me": me})
    connection.execute(_GONE, {"me": me})
    return others > 0


def _number(connection: Connection, statement: str, me: str) -> float:
    row = connection.execute(statement, {"me": me, "life": LEASE_S}).fetchone()
    assert row is not None  # noqa: S101 - each of these returns one
    return float(row[0])

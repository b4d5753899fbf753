"""Counts, for charts: people and violations by hour, day and door."""

from typing import Any

from sqlalchemy import Connection, func, select

from hub.store.schema import counts, hours


def by_time(connection: Connection, unit: str, since: str, until: str, door: str | None) -> list[Any]:
    """Return a row for each `unit` ("hour" or "day") from `since` up to, not including, `until`, site time."""
    table = hours if unit == "hour" else counts
    key = table.c[unit]
    wanted = select(key.label("key"), *_sums(table)).where(key >= since, key < until)
    if door is not None:
        wanted = wanted.where(table.c.door == door)
    return list(connection.execute(wanted.group_by(key).order_by(key)))


def by_door(connection: Connection, since: str, until: str) -> list[Any]:
    """Return a row for each door, over days."""
    wanted = select(counts.c.door.label("key"), *_sums(counts)).where(counts.c.day >= since, counts.c.day < until)
    return list(connection.execute(wanted.group_by(counts.c.door).order_by(counts.c.door)))


def _sums(table: Any) -> list[Any]:
    return [func.sum(table.c[name]).label(name) for name in ("people", "violations", "late")]

"""What a day or a week was like: which period is to be told of, and its numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from hub.config import HubConfig
from hub.store.schema import counts, decisions
from maskgate.messages import EventType
from maskgate.states import MaskState

Name = Literal["daily", "weekly"]
_SHOWS = {EventType.DENIED: MaskState.NO_MASK, EventType.IMPROPER: MaskState.INCORRECT}
#: Rows that are in memory at a time.
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days of the site's calendar, both included, told of at `due`."""

    name: Name
    first: date
    last: date
    due: datetime

    def key(self, recipient: str) -> str:
        """Return the id of the one notice that tells this recipient of this period."""
        return f"{self.name[0]}{self.first:%Y%m%d}-{recipient}"


@dataclass(frozen=True, slots=True)
class Tally:
    """People, and those of them who broke the rule."""

    people: int = 0
    violations: int = 0

    @property
    def kept(self) -> float | None:
        """The share that kept the rule; None: nobody came."""
        return 1 - self.violations / self.people if self.people else None


@dataclass(frozen=True, slots=True)
class Report:
    """The numbers of a period: in all, by door (its name), by hour of the day (24 of them).

    The hours come from single decisions, which may be erased or kept shorter than the counts.
    """

    total: Tally
    doors: tuple[tuple[str, Tally], ...]
    hours: tuple[Tally, ...]


def latest(name: Name, now: datetime, zone: ZoneInfo, at: str) -> Period:
    """Return the last period whose summary is due; `at` is the time of day, HH:MM.

    A time that the clock skips counts as if it had not been changed; of one that comes twice the first counts.
    """
    told_on = now.astimezone(zone).date() + timedelta(days=1)
    while (due := _instant(told_on, time.fromisoformat(at), zone)) > now or (name == "weekly" and told_on.weekday()):
        told_on -= timedelta(days=1)
    return Period(name, told_on - timedelta(days=1 if name == "daily" else 7), told_on - timedelta(days=1), due)


def has_begun(conn: Connection, period: Period) -> bool:
    """Whether the store knows of anybody before the period ended: a new site has no yesterday."""
    first = conn.scalar(select(func.min(counts.c.day)))
    return first is not None and first <= period.last.isoformat()


def gather(conn: Connection, config: HubConfig, wanted: Sequence[str] | None, first: date, last: date) -> Report:
    """Add up a period, of the doors with the ids `wanted` or (None) of all."""
    names = {door.id: door.name for door in config.doors}
    query = (
        select(counts.c.door, func.sum(counts.c.people).label("people"), func.sum(counts.c.violations).label("bare"))
        .where(counts.c.day >= first.isoformat(), counts.c.day <= last.isoformat())
        .group_by(counts.c.door)
    )
    found = {row.door: Tally(int(row.people), int(row.bare)) for row in conn.execute(query)}
    ids = sorted(set(names) | set(found)) if wanted is None else list(wanted)
    doors = tuple((names.get(door, door), found.get(door, Tally())) for door in ids)
    total = Tally(sum(tally.people for _, tally in doors), sum(tally.violations for _, tally in doors))
    return Report(total, doors, _hours(conn, config, ids, first, last))


def _hours(conn: Connection, config: HubConfig, doors: Sequence[str], first: date, last: date) -> tuple[Tally, ...]:
    """Count by the hour of the site's clock in which somebody was first judged, and first found to break the rule."""
    against = {door.id: door.policy.violations for door in config.doors}
    start, end = (_instant(day, time(), config.zone) for day in (first, last + timedelta(days=1)))
    rows = conn.execution_options(yield_per=_AT_ONCE).execute(
        select(decisions.c.door, decisions.c.passage, decisions.c.at, decisions.c.event_type)
        .where(
            decisions.c.door.in_(doors), decisions.c.at >= start, decisions.c.at < end,
            decisions.c.passage.is_not(None), decisions.c.event_type != EventType.LATE,
        )
        .order_by(decisions.c.passage, decisions.c.seq)
    )  # fmt: skip
    people, violations = [0] * 24, [0] * 24
    person, broke = None, False
    for row in rows:
        if row.passage != person:
            person, broke = row.passage, False
            people[row.at.astimezone(config.zone).hour] += 1
        if not broke and _SHOWS.get(EventType(row.event_type)) in against.get(row.door, frozenset(MaskState)):
            broke = True
            violations[row.at.astimezone(config.zone).hour] += 1
    return tuple(Tally(*pair) for pair in zip(people, violations, strict=True))


def _instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)

"""Counts for charts: who kept the rule, by hour, day and door."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query

from hub.roles import Role
from hub.store import tallies
from hub.web.api.models import Tallies, Tally
from hub.web.context import Context
from hub.web.security.guard import Guard
from maskgate.ids import Slug

#: The longest span that is answered at once, in days.
LONGEST = {"hour": 62, "day": 3660, "door": 3660}


class Unit(StrEnum):
    """What is counted together."""

    HOUR = "hour"
    DAY = "day"
    DOOR = "door"


Day = Annotated[date | None, Query(description="YYYY-MM-DD, site time.")]


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return them."""
    router = APIRouter(prefix="/counts", tags=["counts"], dependencies=[Depends(guard.needs(Role.VIEWER))])

    @router.get("")
    def counts(by: Unit = Unit.DAY, since: Day = None, until: Day = None, door: Slug | None = None) -> Tallies:
        """Return people and violations from `since` to `until`, both included; the last week when left out."""
        today = context.clock.now().astimezone(context.config.zone).date()
        first, last = span(today, since, until, LONGEST[by])
        with context.db.connect() as connection:
            if by is Unit.DOOR:
                rows = tallies.by_door(connection, first, last)
                rows = [row for row in rows if door in (None, row.key)]
            else:
                rows = tallies.by_time(connection, by, first, last, door)
        return Tallies(items=[tally(row) for row in rows])

    return router


def span(today: date, since: date | None, until: date | None, longest: int) -> tuple[str, str]:
    """Return the first day and the day after the last; raises `HTTPException` where that is no span."""
    try:
        last = until or today
        first = since or last - timedelta(days=6)
        end = last + timedelta(days=1)
    except OverflowError:
        raise HTTPException(400, "no such days") from None
    if first > last or (last - first).days > longest:
        raise HTTPException(400, f"since must not be after until, and not more than {longest} days before it")
    return first.isoformat(), end.isoformat()


def tally(row: Any) -> Tally:
    """Return a row as it is given."""
    share = 1 - row.violations / row.people if row.people else None
    return Tally(key=row.key, people=row.people, violations=row.violations, late=row.late, compliance=share)

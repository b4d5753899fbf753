"""Decisions as they come to disk, none left out; where a reader stopped, it goes on."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Engine

from hub.store import lists
from maskgate.clock import Clock

#: Several hubs write at once, so that a number may be on disk later than a higher one. For so long it is waited for, in
#: seconds: no transaction of a hub lasts longer. A number that never comes was one of a transaction that was undone.
LATE_S = 15.0
#: No more are waited for at once.
MOST_LATE = 50
#: What `Follower.place` returns.
PLACE = r"^[0-9]{1,15}(-[0-9]{1,15}){0,50}$"


class Follower:
    """Reads on from a place: the highest number that was read, and those below it that were not there yet."""

    def __init__(self, db: Engine, clock: Clock, place: str | None, step: int) -> None:
        """`step`: so many are read at once. Without `place` it begins with what is new from now on."""
        self._db, self._clock, self._step = db, clock, step
        self._late: dict[int, float] = {}
        if place is None:
            with db.connect() as connection:
                self._last = lists.last_decision(connection)
        else:
            self._last, *late = (int(number) for number in place.split("-"))
            self._await(late)

    @property
    def place(self) -> str:
        """Where to go on."""
        return "-".join(str(number) for number in (self._last, *self._late))

    def read(self) -> list[Any]:
        """Return the next decisions; fewer than a step when there are no more for now."""
        with self._db.connect() as connection:
            found = list(lists.decisions_numbered(connection, self._late)) if self._late else []
            found += lists.decisions_since(connection, self._last, self._step)
        return found

    def take(self, row: Any) -> None:
        """Note that this one was read."""
        if row.seq <= self._last:
            self._late.pop(row.seq, None)
            return
        self._await(range(max(self._last + 1, row.seq - MOST_LATE), row.seq))
        self._last = row.seq

    def forget(self) -> None:
        """No longer wait for what will not come."""
        now = self._clock.monotonic()
        self._late = {number: until for number, until in self._late.items() if until > now}

    def _await(self, numbers: Iterable[int]) -> None:
        until = self._clock.monotonic() + LATE_S
        self._late |= dict.fromkeys(numbers, until)
        for number in list(self._late)[:-MOST_LATE]:
            del self._late[number]

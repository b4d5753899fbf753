"""The weekly schedule of a door: which mode and entry stand at a moment, and when that changes next.

Pure: instants in, instants out. Days are the site's, moments are UTC, so that a change of the clocks neither skips nor
repeats anything (O5).
"""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from hub.config import DoorPolicy, Holidays, TimeRule
from maskgate.messages import Entry, Mode

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Regime:
    """What stands by configuration and schedule."""

    mode: Mode
    entry: Entry


@dataclass(frozen=True, slots=True)
class _Span:
    start: datetime
    end: datetime
    rule: TimeRule


class Calendar:
    """The schedule of one door, by the site's clock and holidays."""

    def __init__(self, policy: DoorPolicy, zone: ZoneInfo, is_holiday: Callable[[date], bool]) -> None:
        self._usual, self._rules = Regime(policy.mode, policy.entry), policy.schedule
        self._zone, self._is_holiday = zone, is_holiday
        self._plan = lru_cache(maxsize=8)(self._plan_around)

    @property
    def scheduled(self) -> bool:
        """Whether there is a schedule at all."""
        return bool(self._rules)

    def at(self, now: datetime) -> Regime:
        """Return what stands at `now`."""
        if not self._rules:
            return self._usual
        moments, regimes = self._plan(self._day(now))
        return regimes[bisect_right(moments, now)]

    def next_change(self, now: datetime) -> datetime | None:
        """Return when something else stands, if that is before the end of tomorrow; else None."""
        if not self._rules:
            return None
        moments, _ = self._plan(self._day(now))
        index = bisect_right(moments, now)
        return moments[index] if index < len(moments) else None

    def _day(self, now: datetime) -> date:
        return now.astimezone(self._zone).date()

    def _plan_around(self, day: date) -> tuple[list[datetime], list[Regime]]:
        """Return the changes from yesterday to tomorrow, and what stands before, between and after them."""
        days = (day + timedelta(days=n) for n in (-2, -1, 0, 1))
        spans = sorted((span for one in days for span in self._spans(one)), key=lambda s: self._rules.index(s.rule))
        moments = sorted({moment for span in spans for moment in (span.start, span.end)})
        changes: list[datetime] = []
        regimes = [self._regime(spans, moments[0] - timedelta(seconds=1))] if moments else [self._usual]
        for moment in moments:
            regime = self._regime(spans, moment)
            if regime != regimes[-1]:
                changes.append(moment)
                regimes.append(regime)
        return changes, regimes

    def _regime(self, spans: list[_Span], moment: datetime) -> Regime:
        mode, entry = self._usual.mode, self._usual.entry
        for span in spans:
            if span.start <= moment < span.end:
                mode, entry = span.rule.mode or mode, span.rule.entry or entry
        return Regime(mode, entry)

    def _spans(self, day: date) -> list[_Span]:
        """Return the spans that begin on `day`."""
        name = "holiday" if self._is_holiday(day) else _DAYS[day.weekday()]
        spans = []
        for rule in self._rules:
            if name in rule.days:
                start, end = self._instant(day, rule.start), self._instant(day, rule.end)
                if rule.end <= rule.start:
                    end = self._instant(day + timedelta(days=1), rule.end)
                spans.append(_Span(start, end, rule))
        return spans

    def _instant(self, day: date, clock: str) -> datetime:
        hour, minute = map(int, clock.split(":"))
        if hour == 24:
            day, hour = day + timedelta(days=1), 0
        # fold 0: of a time that comes twice the first; of a skipped one the moment it would have been (RFC 5545).
        return datetime.combine(day, time(hour, minute), self._zone).astimezone(UTC)


def holiday_test(holidays: Holidays) -> Callable[[date], bool]:
    """Return the function that knows the site's holidays."""
    known: Callable[[date], bool] = lambda _day: False  # noqa: E731
    if holidays.country is not None:
        from holidays import country_holidays

        known = country_holidays(holidays.country, subdiv=holidays.subdivision).__contains__

    def is_holiday(day: date) -> bool:
        return day not in holidays.working and (day in holidays.extra or known(day))

    return is_holiday

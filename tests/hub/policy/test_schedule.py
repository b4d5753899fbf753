"""O5: the schedule over a whole year against a reference, in three zones; and what a door makes of it.

The reference is dateutil: its own rules of recurrence, its own reading of the zones, and dates of holidays that were
typed in by hand.
"""

from bisect import bisect_right
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil import rrule, tz

from hub.config import HubConfig
from hub.policy import Rules, door_state
from maskgate.config import ConfigError, parse
from maskgate.messages import Entry, LockState, Mode

from .test_rules import LOCK, UNLOCK, actions
from .world import World, config

YEAR = 2026
#: Public holidays of 2026 as the authorities publish them: Madrid, the United States, New South Wales.
SITES = {
    ("Europe/Madrid", "ES", "MD"): "01-01 01-06 04-02 04-03 05-01 05-02 08-15 10-12 11-02 12-07 12-08 12-25",
    ("America/New_York", "US", None): "01-01 01-19 02-16 05-25 06-19 07-03 07-04 09-07 10-12 11-11 11-26 12-25",
    ("Australia/Lord_Howe", "AU", "NSW"): (
        "01-01 01-26 04-03 04-04 04-05 04-06 04-25 04-27 06-08 10-05 12-25 12-26 12-28"
    ),
}
EXTRA, WORKING = date(YEAR, 12, 24), date(YEAR, 1, 1)
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]
#: Each touches an edge: the usual day, over midnight, whole days, and the hour that DST skips or repeats.
RULES: list[dict[str, Any]] = [
    {"days": WEEKDAYS, "from": "08:00", "to": "18:30", "mode": "hard"},
    {"days": ["fri", "sat"], "from": "22:00", "to": "06:00", "mode": "hard", "entry": "controlled"},
    {"days": ["sun"], "mode": "off"},
    {"days": ["sat", "sun", "holiday"], "from": "01:30", "to": "02:15", "entry": "controlled"},
    {"days": ["holiday"], "from": "09:00", "to": "24:00", "mode": "off"},
    {"days": ["wed"], "from": "00:00", "to": "00:00", "entry": "controlled"},
]


def site(zone: str, country: str, region: str | None, rules: list[dict[str, Any]] = RULES) -> HubConfig:
    days = {"country": country, "subdivision": region, "extra": [EXTRA], "working": [WORKING]}
    base = config("soft", "open", schedule=rules).model_dump(by_alias=True)
    return HubConfig.model_validate({**base, "timezone": zone, "holidays": days})


class Reference:
    """The spans of every rule, by dateutil."""

    def __init__(self, zone: str, holidays: set[date]) -> None:
        self._zone = tz.gettz(zone)
        self._spans: list[list[tuple[datetime, datetime]]] = []
        names = {"mon": rrule.MO, "tue": rrule.TU, "wed": rrule.WE, "thu": rrule.TH, "fri": rrule.FR,
                 "sat": rrule.SA, "sun": rrule.SU}  # fmt: skip
        first, last = (datetime.combine(day, time()) for day in (date(YEAR - 1, 12, 28), date(YEAR + 1, 1, 4)))
        for rule in RULES:
            days: set[date] = set(holidays) if "holiday" in rule["days"] else set()
            plain = [names[name] for name in rule["days"] if name != "holiday"]
            if plain:
                recurring = rrule.rrule(rrule.DAILY, dtstart=first, until=last, byweekday=plain)
                days |= {moment.date() for moment in recurring} - holidays
            start, end = rule.get("from", "00:00"), rule.get("to", "24:00")
            self._spans.append(sorted(self._span(day, start, end) for day in days))

    def _span(self, day: date, start: str, end: str) -> tuple[datetime, datetime]:
        over = end == "24:00" or end <= start
        until = time.fromisoformat("00:00" if end == "24:00" else end)
        return (
            self._instant(day, time.fromisoformat(start)),
            self._instant(day + timedelta(days=1) if over else day, until),
        )

    def _instant(self, day: date, clock: time) -> datetime:
        local = tz.resolve_imaginary(datetime.combine(day, clock, self._zone))
        return local.astimezone(UTC)

    def at(self, now: datetime) -> tuple[str, str]:
        mode, entry = "soft", "open"
        for rule, spans in zip(RULES, self._spans, strict=True):
            index = bisect_right(spans, (now, datetime.max.replace(tzinfo=UTC))) - 1
            if any(start <= now < end for start, end in spans[max(0, index - 1) : index + 1]):
                mode, entry = rule.get("mode", mode), rule.get("entry", entry)
        return mode, entry


@pytest.mark.parametrize("where", SITES, ids=lambda where: where[0])
def test_a_year_of_schedule_is_as_the_reference_says(where: tuple[str, str, str | None]) -> None:
    setup = site(*where)
    calendar = Rules.of(setup, setup.doors[0]).calendar
    listed = {date.fromisoformat(f"{YEAR}-{day}") for day in SITES[where].split()} | {EXTRA}
    # The neighbouring years' days that can reach into this one: 1 January alone.
    reference = Reference(where[0], (listed - {WORKING}) | {date(YEAR + 1, 1, 1)})
    now, end, step = datetime(YEAR, 1, 1, tzinfo=UTC), datetime(YEAR, 12, 31, 12, tzinfo=UTC), timedelta(minutes=15)
    wrong, changes, before = [], 0, None
    while now < end:
        regime = calendar.at(now)
        found, expected = (regime.mode.value, regime.entry.value), reference.at(now)
        if found != expected:
            wrong.append((now.astimezone(ZoneInfo(where[0])).isoformat(), found, expected))
        changes += found != before
        before, now = found, now + step
    assert not wrong, f"{len(wrong)} quarters of an hour, such as {wrong[:3]}"
    assert changes > 900, "the table must be one that changes often"


@pytest.mark.parametrize("where", SITES, ids=lambda where: where[0])
def test_every_change_is_announced_to_the_second(where: tuple[str, str, str | None]) -> None:
    setup = site(*where)
    calendar = Rules.of(setup, setup.doors[0]).calendar
    now, end = datetime(YEAR, 1, 1, tzinfo=UTC), datetime(YEAR + 1, 1, 1, tzinfo=UTC)
    while now < end:
        change = calendar.next_change(now)
        if change is None:
            now += timedelta(hours=20)
            continue
        assert change > now
        before = change - timedelta(seconds=1)
        assert calendar.at(before) == calendar.at(now)
        assert calendar.at(change) != calendar.at(before)
        now = change


@pytest.mark.parametrize(
    ("local", "fold", "mode"),
    [
        ("2026-03-29 01:59:59", 0, "soft"), ("2026-03-29 03:00", 0, "soft"), ("2026-03-29 03:29:59", 0, "soft"),
        ("2026-03-29 03:30", 0, "hard"),  # 02:30 does not come that day
        ("2026-10-25 02:29:59", 0, "soft"), ("2026-10-25 02:30", 0, "hard"),
        ("2026-10-25 02:00", 1, "hard"),  # the clock goes back, the rule does not
        ("2026-10-25 02:30", 1, "hard"), ("2026-10-25 23:59:59", 0, "hard"), ("2026-10-26 00:00", 0, "soft"),
    ],
)  # fmt: skip
def test_the_hour_that_is_skipped_and_the_one_that_comes_twice(local: str, fold: int, mode: str) -> None:
    setup = site("Europe/Madrid", "ES", "MD", [{"days": ["sun"], "from": "02:30", "mode": "hard"}])
    calendar = Rules.of(setup, setup.doors[0]).calendar
    moment = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Europe/Madrid"), fold=fold)
    assert calendar.at(moment.astimezone(UTC)).mode == mode


def opening_hours() -> World:
    """Monday, 22:00 UTC; open by rule from 07:00 to 23:00, controlled at night, hard always."""
    w = World(config("hard", "controlled", schedule=[
        {"days": [*WEEKDAYS, "sat", "sun", "holiday"], "from": "07:00", "to": "23:00", "entry": "open"},
    ]))  # fmt: skip
    w.deliver(w.measured("UNLOCKED"))
    return w


def test_the_schedule_moves_the_lock_at_its_moments_only() -> None:
    w = opening_hours()
    w.advance(3599)
    assert (actions(w), door_state(w.rules, w.state, w.wall).entry) == ([], Entry.OPEN)
    w.advance(1)
    assert (actions(w), door_state(w.rules, w.state, w.wall).entry) == ([LOCK], Entry.CONTROLLED)
    w.deliver(w.measured("LOCKED"))
    w.jump(8 * 3600)  # a clock that is set is looked at anew
    assert actions(w) == [LOCK, UNLOCK]


def test_a_mode_set_by_hand_stands_until_the_schedule_says_something_else() -> None:
    w = World(
        config("soft", "controlled", schedule=[{"days": ["tue"], "from": "08:00", "to": "09:00", "mode": "hard"}])
    )
    w.deliver(w.said("mode", mode="off"))
    w.restart()
    w.jump(9 * 3600)
    assert w.mode == "off"
    w.jump(3600)
    assert w.mode == "hard"
    w.jump(3600)
    assert w.mode == "soft"


def test_a_change_that_was_missed_is_made_up_for_after_the_start_and_never_by_it() -> None:
    """S7."""
    w = opening_hours()
    w.wall += timedelta(hours=2)
    assert w.restart().command is None
    w.deliver(replace(w.measured("UNLOCKED"), retain=True))
    w.advance(1.5)
    assert actions(w) == []
    w.advance(1)
    assert (actions(w), w.lock) == ([LOCK], LockState.LOCKING)


def test_the_schedule_moves_nothing_against_a_person_or_an_emergency() -> None:
    w = opening_hours()
    w.deliver(w.said("emergency", active=True))
    w.deliver(w.measured("UNLOCKED"))
    w.jump(3600)
    assert actions(w) == [UNLOCK]
    w.deliver(w.said("emergency", active=False))
    assert actions(w) == [UNLOCK, LOCK]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{days: [mon], from: '8', mode: hard}", 'is no time of day; write one from "00:00" to "24:00"'),
        ("{days: [mon], from: '24:30', mode: hard}", "is no time of day"),
        ("{days: [mon], from: '24:00', mode: hard}", "'24:00' ends a day"),
        ("{days: [mon], from: '08:00'}", "changes nothing; add mode or entry"),
        ("{days: [monday], mode: hard}", "schedule.0.days"),
        ("{days: [], mode: hard}", "schedule.0.days"),
    ],
)
def test_a_schedule_that_means_nothing_is_refused(rule: str, said: str) -> None:
    text = f"doors: [{{id: front, name: F, nodes: [cam], policy: {{schedule: [{rule}]}}}}]"
    with pytest.raises(ConfigError, match=said.replace("[", r"\[")):
        parse(text, HubConfig, name="hub.yaml")


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ("{country: XX}", "holidays.country: 'XX' has no holidays that are known"),
        ("{country: ES, subdivision: ZZ}", "holidays.subdivision: 'ZZ' is no region of ES; write one of AN, "),
        ("{subdivision: MD}", "holidays.subdivision: is of no country; add country"),
    ],
)
def test_holidays_of_nowhere_are_refused(days: str, said: str) -> None:
    text = f"holidays: {days}\ndoors: [{{id: front, name: F, nodes: [cam]}}]"
    with pytest.raises(ConfigError, match=said):
        parse(text, HubConfig, name="hub.yaml")


def test_a_plain_file_says_it_all() -> None:
    text = """
timezone: Europe/Madrid
holidays: {country: ES, subdivision: MD, extra: [2026-12-24]}
doors:
  - id: front
    name: Front
    nodes: [cam]
    policy:
      schedule:
        - {days: [mon, holiday], from: 08:00, to: 24:00, mode: off}
"""
    setup = parse(text, HubConfig, name="hub.yaml")
    calendar = Rules.of(setup, setup.doors[0]).calendar
    assert calendar.at(datetime(2026, 12, 24, 7, 0, tzinfo=UTC)).mode is Mode.OFF
    assert calendar.at(datetime(2026, 12, 24, 6, 59, tzinfo=UTC)).mode is Mode.SOFT

"""Counts into charts: stacked bars of who kept the rule and who did not, in the units of an SVG picture. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

#: Size of the picture; bars stand between `LEFT`, the right edge, `TOP` and `BASE`.
WIDTH, HEIGHT, LEFT, TOP, BASE = 720, 220, 40, 12, 190
#: No more labels than this fit below the bars, and so much of the picture's width is a letter's: on a computer, and on
#: a phone, where letters are drawn twice as large, to be read.
WIDE, NARROW = (12, 6.2), (6, 12.4)


@dataclass(frozen=True, slots=True)
class Count:
    """People of one hour, day or door, and those among them who broke the rule."""

    label: str
    people: int
    violations: int

    @property
    def kept(self) -> str:
        """The share that kept the rule, in words."""
        return f"{100 * (self.people - self.violations) // self.people}%" if self.people else "–"

    @property
    def words(self) -> str:
        """All of it, for who hears or hovers."""
        people = f"{self.people} {'person' if self.people == 1 else 'people'}"
        violations = f"{self.violations} {'violation' if self.violations == 1 else 'violations'}"
        return f"{self.label}: {people}, {violations}, {self.kept} kept the rule"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: the part below kept the rule, the part above did not."""

    count: Count
    x: float
    width: float
    kept_y: float
    kept_height: float
    broke_y: float
    broke_height: float
    #: What stands below it on a computer and on a phone; empty where there is no room.
    wide: str
    narrow: str

    @property
    def middle(self) -> float:
        """Where its label stands."""
        return self.x + self.width / 2


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of bars, and the lines behind them: (height in the picture, number)."""

    title: str
    unit: str
    bars: tuple[Bar, ...]
    lines: tuple[tuple[float, int], ...]


def chart(title: str, unit: str, counts: Sequence[Count]) -> Chart:
    """Return the picture of some counts."""
    top = ceiling(max((count.people for count in counts), default=0))
    scale, room = (BASE - TOP) / top, (WIDTH - LEFT) / max(1, len(counts))
    bars = []
    for number, count in enumerate(counts):
        kept, broke = (count.people - count.violations) * scale, count.violations * scale
        bars.append(
            Bar(
                count=count, x=round(LEFT + number * room + room * 0.12, 1), width=round(room * 0.76, 1),
                kept_y=round(BASE - kept, 1), kept_height=round(kept, 1), broke_y=round(BASE - kept - broke, 1),
                broke_height=round(broke, 1), wide=_label(counts, number, WIDE), narrow=_label(counts, number, NARROW),
            )
        )  # fmt: skip
    lines = tuple((round(BASE - top * part / 2 * scale, 1), top * part // 2) for part in range(3))
    return Chart(title, unit, tuple(bars), lines)


def _label(counts: Sequence[Count], number: int, fits: tuple[int, float]) -> str:
    """Return what stands below a bar: of every so many one has a label, as long as there is room."""
    most, letter = fits
    every = -(-len(counts) // most)
    if number % every:
        return ""
    label, room = counts[number].label, int((WIDTH - LEFT) / len(counts) * every / letter)
    return label if len(label) <= room else label[: room - 1].rstrip() + "…"


def ceiling(most: int) -> int:
    """Return the round even number at or above `most` that the scale ends with."""
    if most <= 10:
        return max(2, most + most % 2)
    power = 1
    while True:
        for step in (10, 12, 16, 20, 24, 30, 40, 50, 60, 80):
            if step * power >= most:
                return step * power
        power *= 10


def by_day(rows: Mapping[str, tuple[int, int]], first: date, last: date) -> list[Count]:
    """Return a count for each day, those without anybody too; keys are YYYY-MM-DD."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [Count(f"{day.day} {day:%b}", *rows.get(day.isoformat(), (0, 0))) for day in days]


def by_hour(rows: Mapping[str, tuple[int, int]]) -> list[Count]:
    """Return a count for each hour of the day, over all days; keys are YYYY-MM-DDTHH."""
    people, violations = [0] * 24, [0] * 24
    for key, (some, bad) in rows.items():
        hour = int(key[-2:])
        people[hour] += some
        violations[hour] += bad
    return [Count(f"{hour:02}:00", people[hour], violations[hour]) for hour in range(24)]

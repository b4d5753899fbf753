"""Counts into bars."""

from datetime import date
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hub.web.pages import charting
from hub.web.pages.charting import BASE, LEFT, TOP, WIDTH, Count

COUNTS = st.integers(0, 10_000).flatmap(lambda people: st.tuples(st.just(people), st.integers(0, people)))


@given(st.lists(COUNTS, max_size=100))
def test_bars_stay_in_the_picture_and_stand_for_their_numbers(counts: list[tuple[int, int]]) -> None:
    made = charting.chart(
        "x", "Day", [Count(f"Door {number} of a long name", *one) for number, one in enumerate(counts)]
    )
    top = made.lines[-1][1]
    assert made.lines[-1][0] == TOP
    for bar in made.bars:
        assert LEFT <= bar.x < bar.x + bar.width <= WIDTH + 0.1
        assert TOP - 0.2 <= bar.broke_y <= bar.kept_y <= BASE
        assert abs((bar.kept_height + bar.broke_height) / (BASE - TOP) * top - bar.count.people) <= top * 0.002
    for labels, (most, letter) in (
        ([(bar.wide, bar.middle) for bar in made.bars if bar.wide], charting.WIDE),
        ([(bar.narrow, bar.middle) for bar in made.bars if bar.narrow], charting.NARROW),
    ):
        assert len(labels) <= most
        for (left, at), (right, then) in pairwise(labels):
            assert (len(left) + len(right)) / 2 * letter <= then - at + 0.1, "labels run into each other"


@given(st.integers(0, 10**7))
def test_the_scale_ends_with_a_round_even_number_not_far_above(most: int) -> None:
    top = charting.ceiling(most)
    assert top >= max(most, 2)
    assert top % 2 == 0
    assert top <= max(2, 2 * most)


def test_days_without_anybody_stand_too_and_hours_are_summed_over_days() -> None:
    days = charting.by_day({"2026-10-25": (4, 1)}, date(2026, 10, 24), date(2026, 10, 26))
    assert [(one.label, one.people, one.kept) for one in days] == [
        ("24 Oct", 0, "–"), ("25 Oct", 4, "75%"), ("26 Oct", 0, "–")
    ]  # fmt: skip
    hours = charting.by_hour({"2026-10-24T09": (3, 1), "2026-10-25T09": (4, 0), "2026-10-25T23": (1, 1)})
    assert len(hours) == 24
    assert (hours[9].people, hours[9].violations) == (7, 1)
    assert hours[23].words == "23:00: 1 person, 1 violation, 0% kept the rule"

"""When notices go out, decided without a thread or a store."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.notices.schedule import Fresh, Group, Opener, next_try, people, triage

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
GROUP = Group("guard", "front", "violation")


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def fresh(seq: int, seconds: float, passage: str | None = None, revision: int = 1) -> Fresh:
    return Fresh(seq, f"n{seq}", GROUP, at(seconds), passage or f"p{seq}", revision)


def test_one_notice_opens_the_cooldown_and_the_first_after_it_carries_the_rest() -> None:
    sorted_ = triage([fresh(1, 0), fresh(2, 10), fresh(3, 299), fresh(4, 300)], {}, {"guard": 300})
    assert [notice.id for notice in sorted_.carriers] == ["n1", "n4"]
    assert sorted_.suppressed == (("n2", None), ("n3", None))


def test_the_cooldown_of_one_door_or_recipient_is_not_that_of_another() -> None:
    here, there = fresh(1, 0), Fresh(2, "n2", Group("guard", "back", "violation"), at(1))
    elsewhere = Fresh(3, "n3", Group("boss", "front", "violation"), at(2))
    assert len(triage([here, there, elsewhere], {}, {"guard": 300, "boss": 300}).carriers) == 3


def test_a_revision_of_the_same_person_is_told_by_the_notice_that_was_sent() -> None:
    sorted_ = triage([fresh(1, 0, "p"), fresh(2, 3, "p", 2), fresh(3, 4, "q", 2)], {}, {"guard": 300})
    assert sorted_.suppressed == (("n2", "n1"), ("n3", None))
    assert people([{"passage": "q", "revision": 1}, {"passage": "q", "revision": 2}, {"passage": "r"}]) == 2


def test_a_clock_set_back_silences_nobody() -> None:
    openers = {GROUP: Opener("old", at(7200))}
    assert len(triage([fresh(1, 0)], openers, {"guard": 300}).carriers) == 1


@given(st.lists(st.floats(0, 5000), min_size=1, max_size=60).map(sorted), st.sampled_from([0.0, 60.0, 300.0]))
def test_every_notice_is_sent_or_suppressed_and_those_sent_keep_the_cooldown(
    moments: list[float], cooldown: float
) -> None:
    notices = [fresh(number, moment) for number, moment in enumerate(moments)]
    sorted_ = triage(notices, {}, {"guard": cooldown})
    assert len(sorted_.carriers) + len(sorted_.suppressed) == len(notices)
    sent = [notice.created_at for notice in sorted_.carriers]
    assert all((later - earlier).total_seconds() >= cooldown for earlier, later in itertools.pairwise(sent))


def test_the_pauses_double_to_ten_minutes_and_end_with_one_last_try() -> None:
    pauses, now = [], NOW
    for attempt in range(1, 30):
        again = next_try(NOW, now, attempt, 3600)
        if again is None:
            break
        pauses.append((again - now).total_seconds())
        now = again
    assert pauses[:8] == [5, 10, 20, 40, 80, 160, 320, 600]
    assert now == at(3600)
    assert next_try(NOW, now, 99, 3600) is None

"""A lost connection is made again soon, and not too often."""

from maskgate.backoff import FIRST_RETRY_S, LAST_RETRY_S, MANY, STEADY_S, Backoff


def test_pauses_grow_to_a_limit_and_begin_anew_after_a_connection_that_lasted() -> None:
    backoff = Backoff()
    pauses = [backoff.after(None) for _ in range(8)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LAST_RETRY_S
    assert backoff.after(STEADY_S) == FIRST_RETRY_S


def test_two_programs_that_put_each_other_out_become_slow_and_stay_so() -> None:
    one, other = Backoff(), Backoff()
    lasted, ups = FIRST_RETRY_S, 0
    seconds = 0.0
    while seconds < 600:
        # Each lives for as long as the other pauses.
        lasted = one.after(lasted)
        one, other, ups, seconds = other, one, ups + 1, seconds + lasted
    assert ups <= 130
    assert one.restless
    assert other.restless


def test_a_broker_that_is_away_is_not_taken_for_a_restless_one() -> None:
    backoff = Backoff()
    for _ in range(20):
        backoff.after(None)
    assert not backoff.restless
    for _ in range(MANY):
        backoff.after(1.0)
    assert backoff.restless
    backoff.after(STEADY_S)
    assert not backoff.restless

"""What is under way, and when it is sent again."""

from hypothesis import given
from hypothesis import strategies as st

from mask_node.telling import LONGEST_PATIENCE_S, PROBE_S, PROBES, SendWindow


def test_no_more_is_under_way_than_the_window_holds() -> None:
    window = SendWindow(3, 10)
    for number in (4, 5, 6):
        assert window.room
        window.sent(number, 0)
    assert window.room == 0
    window.gone([5])
    assert (window.room, window.sent_up_to) == (1, 6)


def test_what_is_overdue_is_sent_again_from_the_oldest_with_more_patience_each_time() -> None:
    window, now, waits = SendWindow(3, 10), 0.0, []
    for _ in range(6):
        window.sent(1, now)
        waits.append(window.waits(now))
        now += waits[-1] - 0.1
        window.rewind_if_overdue(now)
        assert window.sent_up_to == 1
        now += 0.1
        window.rewind_if_overdue(now)
        assert (window.sent_up_to, window.room) == (0, 3)
    assert waits == [10, 20, 40, 60, 60, 60]
    window.sent(1, now)
    window.gone([1])
    window.sent(2, now)
    assert window.waits(now) == 10


def test_on_a_new_line_the_oldest_goes_alone_until_somebody_has_heard_it() -> None:
    window = SendWindow(20, 10)
    window.rewind()
    assert window.room == 1
    window.sent(1, 0)
    assert window.room == 0
    window.gone([7])
    assert window.room == 0, "what is acknowledged from an older line proves nothing"
    window.gone([1])
    assert window.room == 20


def test_one_that_is_never_acknowledged_keeps_the_others_back_for_a_moment_only() -> None:
    window = SendWindow(20, 10)
    window.rewind()
    window.hub_is_there()
    window.sent(1, 0)
    window.rewind_if_overdue(PROBE_S)
    assert (window.sent_up_to, window.room) == (0, 20)
    window.sent(1, PROBE_S)
    assert window.waits(PROBE_S) == 10, "patience is for the hub, not for the probe"


def test_a_hub_that_was_not_heard_yet_is_given_the_time_to_find_the_broker_again() -> None:
    window, now, alone = SendWindow(20, 10), 0.0, 0
    window.rewind()
    while window.room == 1:
        window.sent(1, now)
        now += PROBE_S
        window.rewind_if_overdue(now)
        alone += 1
    assert (alone, window.room) == (PROBES, 20)
    window.rewind()
    window.sent(1, now)
    window.gone([1])
    assert window.room == 20, "whoever acknowledges is there"


def test_a_new_line_is_waited_for_no_longer_than_the_first_time() -> None:
    window = SendWindow(5, 10)
    window.sent(1, 0)
    window.rewind_if_overdue(10)
    window.rewind()
    window.sent(1, 10)
    window.gone([1])
    window.sent(2, 10)
    assert window.waits(10) == 10


@given(st.lists(st.one_of(st.just("send"), st.integers(1, 30), st.floats(0.1, 30), st.just("rewind")), max_size=60))
def test_nothing_is_overtaken_and_nothing_waits_for_ever(steps: list[object]) -> None:
    """Rows 1..30 wait; whatever is acknowledged, timed out or replayed, the oldest row is sent first."""
    window, now, rows = SendWindow(4, 5), 0.0, list(range(1, 31))
    order: list[int] = []
    for step in steps:
        if step == "rewind":
            window.rewind()
            order = []
        elif step == "send":
            for number in [row for row in rows if row > window.sent_up_to][: window.room]:
                window.sent(number, now)
                order.append(number)
        elif isinstance(step, float):
            now += step
            before = window.sent_up_to
            window.rewind_if_overdue(now)
            order = order if window.sent_up_to == before else []
        else:
            assert isinstance(step, int)
            rows = [row for row in rows if row != step]
            window.gone([step])
        assert order == sorted(order)
        assert window.waits(now) <= LONGEST_PATIENCE_S
        assert 0 <= window.room <= 4

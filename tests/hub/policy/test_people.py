"""Groups, people who cannot be judged, refusals in a row, the door leaf: case by case."""

import pytest

from hub.policy import door_state
from maskgate.messages import EventType, LockAction, LockState
from maskgate.states import DecisionKind

from .test_rules import LOCK, UNLOCK, actions, world
from .world import DENY, GRANT

WINDOW = 4.0


def test_nobody_is_let_in_while_somebody_bare_is_near() -> None:
    w = world(lock="LOCKED", group_window=WINDOW)
    w.deliver(w.passage("no_mask", who="bare", node="cam-2"))
    w.advance(WINDOW - 1)
    (outcome,) = w.deliver(w.passage("mask", who="good"))
    decided = outcome.decided[0]
    assert (decided.decision.decision, decided.announce) == (DecisionKind.OBSERVE, False)
    assert decided.decision.text == "Mask worn correctly, but somebody without one is too near"
    assert (actions(w), w.shown) == ([], "look_here")
    w.advance(2)
    assert actions(w) == [], "what was withheld is not made up for later"
    w.deliver(w.passage("mask", who="good", revision=2))
    assert actions(w) == [UNLOCK]


def test_a_bare_person_who_puts_the_mask_on_stands_in_nobodys_way() -> None:
    w = world(lock="LOCKED", group_window=WINDOW)
    w.deliver(w.passage("no_mask", who="a"))
    w.deliver(w.passage("mask", who="a", revision=2))
    assert actions(w) == [UNLOCK]


def test_each_for_himself_where_the_site_wants_it() -> None:
    w = world(lock="LOCKED", group="each")
    w.deliver(w.passage("no_mask", who="bare"))
    w.deliver(w.passage("mask", who="good", faces=2))
    assert actions(w) == [UNLOCK]


def test_everybody_in_view_must_have_been_judged_where_the_site_wants_it() -> None:
    w = world(lock="LOCKED", group="everybody", group_window=WINDOW)
    (outcome,) = w.deliver(w.passage("mask", who="a", faces=2))
    assert "not everybody in view" in outcome.decided[0].decision.text
    assert actions(w) == []
    w.deliver(w.passage("mask", who="b", faces=2))
    assert actions(w) == [UNLOCK]


def test_setting_the_clock_makes_nobody_near_or_far() -> None:
    for jump in (-86_400.0, 86_400.0):
        w = world(lock="LOCKED", group_window=WINDOW)
        w.deliver(w.passage("no_mask", who="bare"))
        w.jump(jump)
        w.deliver(w.passage("mask", who="good"))
        assert actions(w) == []
        w.advance(WINDOW + 0.5)
        w.deliver(w.passage("mask", who="another"))
        assert actions(w) == [UNLOCK]


def test_who_cannot_be_judged_may_be_kept_out_and_is_reported_to_nobody() -> None:
    w = world(entry="open", lock="UNLOCKED", uncertain="deny")
    (outcome,) = w.deliver(w.passage("uncertain"))
    decided = outcome.decided[0]
    assert (decided.decision.event_type, decided.decision.decision) == (EventType.UNCERTAIN, DecisionKind.DENY)
    assert (decided.tell, w.state.counters.violations) == (False, 0)
    assert (actions(w), w.shown) == ([LOCK], "look_here")
    w.deliver(w.passage("mask", revision=2))
    assert actions(w) == [LOCK, UNLOCK]


def test_refusals_in_a_row_are_grave_and_shut_an_open_entry_for_longer() -> None:
    w = world(entry="open", lock="UNLOCKED", repeat={"count": 3, "within": 60, "hold": 50})
    for who, severe in (("a", False), ("b", False), ("c", True)):
        (outcome,) = w.deliver(w.passage("no_mask", who=who))
        assert outcome.decided[0].decision.severe is severe
        w.deliver(w.passage("no_mask", who=who, revision=2))  # the same person: no further refusal
        w.advance(1)
    assert outcome.decided[0].decision.text == "No mask, number 3 in a row, entry refused"
    w.deliver(w.measured("LOCKED"))
    w.advance(DENY + 30)
    assert actions(w) == [LOCK]
    w.advance(11)
    assert actions(w) == [LOCK, UNLOCK]
    w.advance(60)
    (outcome,) = w.deliver(w.passage("no_mask", who="d"))
    assert not outcome.decided[0].decision.severe


def test_a_door_that_closed_behind_somebody_is_locked_soon() -> None:
    w = world(lock="LOCKED", relock_after_close=1, grant_hold=60)
    w.deliver(w.passage("mask"))
    w.deliver(w.measured("UNLOCKED"))
    w.leaf("closed")  # it was never open
    w.advance(5)
    w.leaf("open")
    w.advance(5)
    assert actions(w) == [UNLOCK]
    w.leaf("closed")
    assert actions(w) == [UNLOCK], "a measurement commands nothing"
    w.advance(1)
    assert actions(w) == [UNLOCK, LOCK]


def test_a_lock_that_does_not_answer_is_told_again_with_a_new_id_and_then_given_up() -> None:
    w = world(lock="LOCKED", grant_hold=60, attempts=3)
    w.deliver(w.passage("mask"))
    w.advance(6.5)
    assert (actions(w), w.lock) == ([UNLOCK] * 3, LockState.UNLOCKING)
    assert len({command.id for command in w.commands}) == 3
    outcomes = w.advance(3)
    assert (actions(w), w.lock) == ([UNLOCK] * 3, LockState.JAMMED)
    (said,) = [one for outcome in outcomes for one in outcome.decided]
    assert (said.decision.event_type, said.tell, said.decision.severe) == (EventType.FAULT, True, True)
    assert "3 times" in (door_state(w.rules, w.state, w.wall).problem or "")


def test_an_answer_to_the_second_command_is_an_answer() -> None:
    w = world(lock="LOCKED", grant_hold=60, attempts=3)
    w.deliver(w.passage("mask"))
    w.advance(3.5)
    w.deliver(w.answer("UNLOCKED", command=w.commands[0].id))
    assert w.lock is LockState.UNLOCKING, "that was about the first"
    w.deliver(w.answer("UNLOCKED", command=w.commands[1].id))
    assert w.lock is LockState.UNLOCKED


def test_no_command_is_repeated_when_it_is_not_wanted_any_more() -> None:
    w = world(lock="LOCKED", attempts=3)
    w.deliver(w.passage("mask"))
    w.advance(GRANT + 0.5)  # told again after three seconds, over after five
    assert actions(w) == [UNLOCK, UNLOCK, LOCK]


@pytest.mark.parametrize("word", ["lock", "unlock"])
def test_a_person_is_obeyed_again_too(word: str) -> None:
    w = world(attempts=2)
    w.deliver(w.said("lock", action=word))
    w.advance(3.5)
    assert actions(w) == [LockAction(word)] * 2

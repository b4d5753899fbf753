"""The rule of a door, case by case. One sentence each; the promises as properties stand in test_promises.py."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub.policy import Rules, door_state
from maskgate.messages import EventType, LockAction, LockState
from maskgate.states import DecisionKind

from .world import DENY, GRANT, World, config

LOCK, UNLOCK = LockAction.LOCK, LockAction.UNLOCK


def world(mode: str = "hard", entry: str = "controlled", lock: str | None = None, **policy: Any) -> World:
    made = World(config(mode, entry, **policy))
    if lock:
        made.deliver(made.measured(lock))
    return made


def actions(made: World) -> list[LockAction]:
    return [command.action for command in made.commands]


def test_a_mask_opens_a_controlled_entry_for_a_while() -> None:
    w = world(lock="LOCKED")
    (outcome,) = w.deliver(w.passage("mask"))
    assert outcome.decided[0].decision.decision is DecisionKind.GRANT
    assert (actions(w), w.lock, w.shown) == ([UNLOCK], LockState.UNLOCKING, "welcome")
    w.deliver(w.measured("UNLOCKED"))
    assert w.lock is LockState.UNLOCKED
    w.advance(GRANT)
    assert (actions(w), w.lock, w.shown) == ([UNLOCK, LOCK], LockState.LOCKING, "idle")


def test_no_mask_shuts_an_open_entry_for_a_while() -> None:
    w = world(entry="open", lock="UNLOCKED")
    (outcome,) = w.deliver(w.passage("no_mask"))
    assert (outcome.decided[0].decision.event_type, outcome.decided[0].tell) == (EventType.DENIED, True)
    assert (actions(w), w.shown) == ([LOCK], "denied")
    w.deliver(w.measured("LOCKED"))
    w.advance(DENY)
    assert (actions(w), w.shown) == ([LOCK, UNLOCK], "idle")


def test_a_locked_controlled_entry_needs_no_command_to_refuse() -> None:
    w = world(lock="LOCKED")
    w.deliver(w.passage("no_mask"))
    assert (actions(w), w.shown) == ([], "denied")


def test_a_denial_ends_a_grant_at_once() -> None:
    w = world(lock="LOCKED")
    w.deliver(w.passage("mask", who="a"))
    w.deliver(w.measured("UNLOCKED"))
    w.deliver(w.passage("no_mask", who="b"))
    assert actions(w) == [UNLOCK, LOCK]


def test_a_denial_overtakes_an_unlocking_that_is_under_way() -> None:
    w = world(lock="LOCKED")
    w.deliver(w.passage("mask", who="a"))
    w.deliver(w.passage("no_mask", who="b"))
    assert (actions(w), w.lock) == ([UNLOCK, LOCK], LockState.LOCKING)
    # The lock first tells of the unlocking, which answers nothing.
    w.deliver(w.measured("UNLOCKED"))
    assert w.lock is LockState.LOCKING
    w.deliver(w.measured("LOCKED"))
    assert w.lock is LockState.LOCKED


def test_putting_the_mask_on_opens_and_taking_it_off_shuts() -> None:
    w = world(lock="LOCKED")
    w.deliver(w.passage("no_mask", revision=1))
    w.deliver(w.passage("mask", revision=2))
    assert actions(w) == [UNLOCK]
    w.deliver(w.passage("no_mask", revision=3))
    assert actions(w) == [UNLOCK, LOCK]
    counters = w.state.counters
    assert (counters.people, counters.violations) == (1, 1)


def test_a_denial_on_an_open_entry_is_lifted_by_the_same_person_only() -> None:
    w = world(entry="open", lock="UNLOCKED")
    w.deliver(w.passage("no_mask", who="a"))
    w.deliver(w.measured("LOCKED"))
    (outcome,) = w.deliver(w.passage("mask", who="b"))
    assert outcome.decided[0].decision.decision is DecisionKind.OBSERVE
    assert (actions(w), w.shown) == ([LOCK], "denied")
    w.deliver(w.passage("mask", who="a", revision=2))
    assert (actions(w), w.shown) == ([LOCK, UNLOCK], "welcome")


def test_two_denials_on_an_open_entry_each_hold_it() -> None:
    w = world(entry="open", lock="UNLOCKED")
    w.deliver(w.passage("no_mask", who="a"))
    w.deliver(w.measured("LOCKED"))
    w.advance(DENY / 2)
    w.deliver(w.passage("no_mask", who="b"))
    w.deliver(w.passage("mask", who="a", revision=2))
    assert actions(w) == [LOCK]
    w.advance(DENY)
    assert actions(w) == [LOCK, UNLOCK]


@pytest.mark.parametrize(
    ("mode", "state", "kind"),
    [
        ("soft", "no_mask", "mask_required"), ("hard", "no_mask", "denied"), ("soft", "incorrect", "cover_nose"),
        ("hard", "incorrect", "cover_nose"), ("soft", "mask", "welcome"), ("hard", "uncertain", "look_here"),
        ("off", "no_mask", "idle"),
    ],
)  # fmt: skip
def test_what_a_display_shows(mode: str, state: str, kind: str) -> None:
    w = world(mode)
    w.deliver(w.passage(state))
    assert w.shown == kind
    w.advance(DENY)
    assert w.shown == "idle"


def test_soft_tells_and_never_touches_the_lock() -> None:
    w = world("soft", lock="UNLOCKED")
    (outcome,) = w.deliver(w.passage("no_mask"))
    assert (outcome.decided[0].decision.decision, outcome.decided[0].tell) == (DecisionKind.DENY, True)
    w.deliver(w.passage("mask", revision=2))
    w.advance(60)
    assert actions(w) == []


def test_off_counts_and_does_nothing_else() -> None:
    w = world("off", lock="UNLOCKED")
    (outcome,) = w.deliver(w.passage("no_mask"))
    decided = outcome.decided[0]
    assert (decided.decision.decision, decided.tell, decided.announce) == (DecisionKind.OBSERVE, False, False)
    assert (w.state.counters.people, w.state.counters.violations, w.shown) == (1, 1, "idle")


@pytest.mark.parametrize(("violation", "other"), [("no_mask", "incorrect"), ("incorrect", "no_mask")])
def test_a_state_outside_the_violation_set_may_enter_and_one_inside_may_not(violation: str, other: str) -> None:
    w = world(lock="LOCKED", violations=[violation])
    w.deliver(w.passage(other))
    assert (actions(w), w.state.counters.violations) == ([UNLOCK], 0)
    w.deliver(w.passage(violation, who="b"))
    assert (actions(w), w.state.counters.violations) == ([UNLOCK, LOCK], 1)


def test_a_denial_confirmed_by_a_revision_is_told_once() -> None:
    w = world("soft")
    first, second = w.deliver(w.passage("no_mask")) + w.deliver(w.passage("no_mask", revision=2))
    assert (first.decided[0].tell, second.decided[0].tell) == (True, False)


def test_no_answer_is_jammed_and_said_once() -> None:
    w = world(lock="LOCKED")
    w.deliver(w.passage("mask"))
    outcomes = w.advance(3.5)
    assert w.lock is LockState.JAMMED
    faults = [one.decision for outcome in outcomes for one in outcome.decided]
    assert [fault.event_type for fault in faults] == [EventType.FAULT]
    assert "did not answer" in (door_state(w.rules, w.state, w.wall).problem or "")
    w.deliver(w.measured("UNLOCKED"))
    assert (w.lock, w.state.lock_fault) == (LockState.UNLOCKED, None)


def test_an_answer_to_an_older_command_answers_nothing() -> None:
    w = world(lock="LOCKED")
    w.deliver(w.passage("mask"))
    w.deliver(w.answer("UNLOCKED", command="another-one"))
    assert w.lock is LockState.UNLOCKING
    w.deliver(w.answer("UNLOCKED", command=w.commands[0].id))
    assert w.lock is LockState.UNLOCKED


def test_a_retained_measurement_fills_a_gap_and_answers_nothing() -> None:
    w = world()
    w.deliver(replace(w.measured("LOCKED"), retain=True))
    assert w.lock is LockState.LOCKED
    w.deliver(w.passage("mask"))
    w.deliver(replace(w.measured("UNLOCKED"), retain=True))
    assert w.lock is LockState.UNLOCKING
    w.advance(3.5)
    w.deliver(replace(w.measured("UNLOCKED"), retain=True))
    assert w.lock is LockState.JAMMED


def test_a_retained_measurement_spares_no_command() -> None:
    w = world()
    w.deliver(replace(w.measured("UNLOCKED"), retain=True))
    w.deliver(w.passage("mask"))
    assert actions(w) == [UNLOCK]


def test_a_manual_command_stands_against_the_policy_and_then_the_rule_returns() -> None:
    w = world(lock="LOCKED")
    w.deliver(w.said("lock", action="unlock"))
    w.deliver(w.measured("UNLOCKED"))
    (outcome,) = w.deliver(w.passage("no_mask"))
    assert (actions(w), outcome.decided[0].decision.decision) == ([UNLOCK], DecisionKind.DENY)
    assert w.shown == "mask_required"  # nobody is refused anything now
    w.advance(29)
    assert actions(w) == [UNLOCK]
    w.advance(2)
    assert actions(w) == [UNLOCK, LOCK]


def test_an_entry_held_shut_by_hand_lets_nobody_in() -> None:
    w = world(lock="LOCKED")
    w.deliver(w.said("override", action="lock", reason="cleaning", seconds=60))
    (outcome,) = w.deliver(w.passage("mask"))
    assert (outcome.decided[0].decision.decision, w.shown) == (DecisionKind.OBSERVE, "out_of_service")
    w.deliver(w.said("override", action="end", reason=""))
    w.deliver(w.passage("mask", who="b"))
    assert actions(w)[-1] is UNLOCK


def test_an_emergency_wins_over_hands_until_reset() -> None:
    w = world(lock="LOCKED")
    w.deliver(w.said("emergency", active=True))
    w.deliver(w.measured("UNLOCKED"))
    w.deliver(w.said("lock", action="lock"))
    w.deliver(w.said("override", action="lock", reason="x"))
    w.deliver(w.passage("no_mask"))
    w.restart()
    w.deliver(w.measured("UNLOCKED"))
    w.advance(3600)
    assert (actions(w), w.shown) == ([UNLOCK], "emergency")
    w.deliver(w.said("emergency", active=False))
    assert (actions(w), w.shown) == ([UNLOCK, LOCK], "idle")


def test_the_same_command_delivered_again_acts_once() -> None:
    w = world(lock="LOCKED")
    said = w.said("lock", action="unlock")
    w.deliver(said)
    w.deliver(w.measured("UNLOCKED"))
    w.restart()
    assert w.deliver(said)[0].command is None
    assert actions(w) == [UNLOCK]


def test_a_mode_that_was_set_is_kept_until_the_configuration_is_edited() -> None:
    w = world("soft")
    w.deliver(w.said("mode", mode="off"))
    w.restart()
    assert w.mode == "off"
    w.rules = Rules.of(config("hard"), config("hard").doors[0])
    w.restart()
    assert w.mode == "hard"


def test_leaving_hard_ends_what_the_policy_began() -> None:
    w = world(entry="open", lock="UNLOCKED")
    w.deliver(w.passage("no_mask"))
    w.deliver(w.measured("LOCKED"))
    w.deliver(w.said("mode", mode="soft"))
    assert actions(w) == [LOCK, UNLOCK]


@pytest.mark.parametrize("kind", ["emergency", "hand"])
def test_leaving_hard_tells_a_lock_nothing_that_a_person_or_an_emergency_holds(kind: str) -> None:
    w = world(lock="LOCKED")
    w.deliver(w.said("emergency", active=True) if kind == "emergency" else w.said("lock", action="unlock"))
    w.advance(5)  # it does not answer
    w.deliver(w.said("mode", mode="soft"))
    assert actions(w) == [UNLOCK]


def test_a_hold_that_ended_while_the_hub_was_down_is_ended_after_the_start() -> None:
    w = world(lock="LOCKED")
    w.deliver(w.passage("mask"))
    w.deliver(w.measured("UNLOCKED"))
    w.wall = w.wall.replace(hour=23)
    assert w.restart().command is None
    assert w.lock is LockState.UNKNOWN
    w.advance(2.5)
    assert actions(w) == [UNLOCK, LOCK]


def test_a_quiet_restart_commands_nothing() -> None:
    w = world(lock="UNLOCKED")
    w.restart()
    w.deliver(replace(w.measured("UNLOCKED"), retain=True))
    w.advance(60)
    assert actions(w) == []
    assert "unlocked though" in (door_state(w.rules, w.state, w.wall).problem or "")


def test_a_problem_that_somebody_acknowledged_shows_again_only_when_it_returns() -> None:
    w = world(lock="LOCKED")
    w.deliver(replace(w.measured(""), topic="maskgate/node/cam/availability", payload=b"offline"))
    assert "cam does not answer" in (door_state(w.rules, w.state, w.wall).problem or "")
    w.deliver(w.said("acknowledge"))
    assert door_state(w.rules, w.state, w.wall).problem is None
    for word in (b"online", b"offline"):
        w.deliver(replace(w.measured(""), topic="maskgate/node/cam/availability", payload=word))
    assert "cam does not answer" in (door_state(w.rules, w.state, w.wall).problem or "")


def test_counters_begin_anew_at_the_sites_midnight() -> None:
    w = World(config("soft"))
    w.rules, begun = replace(w.rules, zone=ZoneInfo("Europe/Madrid")), w.wall

    def since() -> datetime | None:
        return door_state(w.rules, w.state, w.wall).counting_since

    w.deliver(w.passage("no_mask"))
    w.advance(30)
    assert w.state.counters.people == 1
    assert since() == begun, "a door that is new to the hub counts from now on"
    w.jump(3600)
    assert w.state.counters.people == 0
    w.advance(30)
    w.restart()
    assert since() == datetime(2026, 11, 23, 23, tzinfo=UTC), "midnight in Madrid"
    # As a hub of before has it in its store.
    w.state = replace(w.state, counting_since=None)
    assert since() == datetime(2026, 11, 23, 23, tzinfo=UTC)


def test_a_persons_words_come_back_after_a_verdict_was_shown() -> None:
    w = world("soft")
    w.deliver(w.said("message", text="Wet floor", seconds=60))
    w.deliver(w.passage("mask"))
    assert w.shown == "welcome"
    w.advance(GRANT)
    assert w.shown == "message"
    w.advance(60)
    assert w.shown == "idle"


@pytest.mark.parametrize("jump", [-3600, 3600])
def test_setting_the_clock_lengthens_and_shortens_nothing(jump: float) -> None:
    w = world(lock="LOCKED")
    w.deliver(w.said("lock", action="unlock"))
    w.deliver(w.measured("UNLOCKED"))
    w.jump(jump)
    w.advance(29)
    assert actions(w) == [UNLOCK]
    w.advance(2)
    assert actions(w) == [UNLOCK, LOCK]


def test_no_start_lets_somebody_in_again() -> None:
    w = world()
    w.deliver(w.passage("no_mask"))
    w.restart()  # before the lock has answered
    w.deliver(w.passage("mask", revision=2))
    assert actions(w) == [LOCK, UNLOCK]
    w.restart()
    w.advance(GRANT - 1)
    assert actions(w) == [LOCK, UNLOCK]
    w.advance(1)
    assert actions(w) == [LOCK, UNLOCK, LOCK]


@pytest.mark.parametrize("retained", [False, True])
@pytest.mark.parametrize("word", ["LOCKING", "UNLOCKING"])
def test_a_lock_on_its_way_has_measured_nothing(word: str, retained: bool) -> None:
    """S6: the words for a command under way are the hub's own, and it alone knows what it told."""
    w = world(lock="LOCKED")
    w.deliver(replace(w.answer(word), retain=retained))
    assert w.lock is LockState.LOCKED
    w.deliver(w.passage("mask"))
    w.deliver(replace(w.answer(word), retain=retained))
    assert w.lock is LockState.UNLOCKING
    w.advance(3.5)
    w.deliver(replace(w.answer(word), retain=retained))
    assert w.lock is LockState.JAMMED


def test_a_lock_that_does_not_know_how_it_stands_is_unknown_and_answers_and_lifts_nothing() -> None:
    w = world(lock="LOCKED")
    w.deliver(w.answer("UNKNOWN"))
    assert w.lock is LockState.UNKNOWN
    w.deliver(w.passage("mask"))
    w.deliver(w.answer("UNKNOWN", command=w.commands[-1].id))
    assert w.lock is LockState.UNLOCKING
    w.advance(3.5)
    w.deliver(w.answer("UNKNOWN"))
    assert w.lock is LockState.JAMMED
    assert "did not answer" in (door_state(w.rules, w.state, w.wall).problem or "")


def test_a_lock_that_forgot_how_it_stands_and_then_is_silent_has_not_reported_no_change() -> None:
    w = world(lock="LOCKED", reports_only_changes=True)
    w.deliver(w.said("lock", action="lock"))
    w.deliver(w.answer("UNKNOWN"))
    w.advance(3.5)
    assert w.lock is LockState.JAMMED

"""S3, case by case: what a fault does to a door, and what its end does."""

from dataclasses import replace

import pytest

from hub.policy import door_state, without_store
from hub.policy.problems import problems
from maskgate.messages import LockAction, LockState
from maskgate.states import DecisionKind

from .test_rules import LOCK, UNLOCK, actions, world
from .world import GRANT, World


def blind(w: World, fault: str, *, node: str = "cam") -> None:
    match fault:
        case "node":
            w.availability("offline", node)
        case "camera":
            w.board(node, camera="degraded")
        case "detector":
            w.board(node, detector="failed")


def mended(w: World, node: str = "cam") -> None:
    w.availability("online", node)
    w.board(node)


@pytest.mark.parametrize("fault", ["node", "camera", "detector"])
@pytest.mark.parametrize(
    ("safe", "entry", "begins", "ends"),
    [
        ("rest", "controlled", [], []), ("rest", "open", [], []), ("keep", "controlled", [], []),
        ("lock", "open", [LOCK], [UNLOCK]), ("lock", "controlled", [], []),
        ("unlock", "controlled", [UNLOCK], [LOCK]), ("unlock", "open", [], []),
    ],
)  # fmt: skip
def test_a_door_that_nobody_watches_goes_to_its_safe_state_and_back(
    fault: str, safe: str, entry: str, begins: list[LockAction], ends: list[LockAction]
) -> None:
    w = world(entry=entry, lock="UNLOCKED" if entry == "open" else "LOCKED", safe={fault: safe}, nodes_needed=2)
    blind(w, fault)
    assert actions(w) == begins
    for _ in begins:
        w.deliver(w.measured("LOCKED" if begins[0] is LOCK else "UNLOCKED"))
    w.advance(60)
    assert actions(w) == begins
    mended(w)
    assert actions(w) == begins + ends


@pytest.mark.parametrize("fault", ["database", "homeassistant"])
@pytest.mark.parametrize(
    ("safe", "entry", "begins", "ends"),
    [
        ("lock", "open", [LOCK], [UNLOCK]), ("unlock", "controlled", [UNLOCK], [LOCK]),
        ("rest", "open", [], []), ("keep", "controlled", [], []),
    ],
)  # fmt: skip
def test_what_the_whole_site_needs_has_a_safe_state_for_each(
    fault: str, safe: str, entry: str, begins: list[LockAction], ends: list[LockAction]
) -> None:
    w = world(entry=entry, lock="UNLOCKED" if entry == "open" else "LOCKED", safe={fault: safe})
    w.site_fault(fault, "gone")
    for action in begins:
        w.deliver(w.measured("LOCKED" if action is LOCK else "UNLOCKED"))
    w.advance(60)
    assert actions(w) == begins
    w.site_fault(fault, None)
    assert actions(w) == begins + ends


def test_a_fault_ends_a_grant_at_once_and_there_is_no_new_one() -> None:
    w = world(lock="LOCKED", nodes_needed=2)
    w.deliver(w.passage("mask"))
    w.deliver(w.measured("UNLOCKED"))
    w.board("cam-2", detector="failed")
    assert actions(w) == [UNLOCK, LOCK]
    w.deliver(w.measured("LOCKED"))
    (outcome,) = w.deliver(w.passage("mask", who="b"))
    assert outcome.decided[0].decision.decision is DecisionKind.OBSERVE
    assert "not to be trusted" in outcome.decided[0].decision.text
    assert actions(w) == [UNLOCK, LOCK]


def test_keep_lets_a_grant_run_out() -> None:
    w = world(lock="LOCKED", nodes_needed=2, safe={"node": "keep"})
    w.deliver(w.passage("mask"))
    w.deliver(w.measured("UNLOCKED"))
    w.availability("offline")
    assert actions(w) == [UNLOCK]
    w.advance(GRANT)
    assert actions(w) == [UNLOCK, LOCK]


def test_a_refusal_at_an_open_entry_outlives_a_fault() -> None:
    w = world(entry="open", lock="UNLOCKED", nodes_needed=2)
    w.deliver(w.passage("no_mask"))
    w.availability("offline")
    assert actions(w) == [LOCK]


def test_one_of_two_cameras_is_enough_but_a_blind_one_lets_nobody_in() -> None:
    w = world(lock="LOCKED")
    w.board("cam", camera="lost")
    w.deliver(w.passage("mask", who="a", node="cam"))
    assert actions(w) == []
    w.deliver(w.passage("mask", who="b", node="cam-2"))
    assert actions(w) == [UNLOCK]


def test_somebody_is_told_once_of_a_door_that_stays_blind_but_not_of_an_orderly_stop() -> None:
    w = world(lock="LOCKED", nodes_needed=2)
    w.availability("offline")
    w.availability("offline", "cam-2")
    assert [one for outcome in w.advance(4.5) for one in outcome.decided] == []
    told = [one for outcome in w.advance(60) for one in outcome.decided]
    assert [(one.decision.text, one.tell) for one in told] == [
        ("The camera board cam does not answer; nobody is let in by the camera", True)
    ]
    mended(w)
    mended(w, "cam-2")
    w.availability("offline")
    mended(w)  # a moment later
    w.board(camera="lost")  # the last thing that it says, perhaps
    w.availability("stopped")
    assert [one for outcome in w.advance(60) for one in outcome.decided] == []


AWAY = "Home Assistant is away"


def rings(w: World, seconds: float) -> list[str]:
    """Let time pass; returns of what people are called."""
    return [one.decision.text for outcome in w.advance(seconds) for one in outcome.decided if one.tell]


def test_a_restart_of_home_assistant_takes_effect_at_once_and_calls_nobody_within_a_minute() -> None:
    w = world(entry="open", lock="UNLOCKED", safe={"homeassistant": "lock"})
    w.site_fault("homeassistant", AWAY)
    assert actions(w) == [LOCK], "the safe state does not wait"
    assert door_state(w.rules, w.state, w.wall).problem == AWAY, "nor does what is shown"
    w.deliver(w.measured("LOCKED"))
    assert rings(w, 59.5) == []
    w.site_fault("homeassistant", None)
    assert actions(w) == [LOCK, UNLOCK]
    w.deliver(w.measured("UNLOCKED"))
    assert rings(w, 120) == []
    w.site_fault("homeassistant", AWAY)
    w.deliver(w.measured("LOCKED"))
    assert rings(w, 59.5) == []
    w.jump(-3600)
    assert rings(w, 120) == [f"{AWAY}; the entry is locked"], "once"


def test_what_fails_while_home_assistant_is_away_is_told_in_its_own_time() -> None:
    w = world(lock="LOCKED", nodes_needed=2)
    w.site_fault("homeassistant", AWAY)
    w.advance(10)
    w.availability("offline")
    w.advance(4)
    mended(w)  # it did not last
    assert rings(w, 10) == []
    w.availability("offline")
    assert rings(w, 4.5) == []
    assert rings(w, 10) == ["The camera board cam does not answer; nobody is let in by the camera"]
    assert rings(w, 60) == [f"{AWAY}; nobody is let in by the camera"]
    w.site_fault("homeassistant", None)
    w.site_fault("homeassistant", AWAY)
    mended(w)
    w.restart()  # whether it is away now is heard anew
    assert rings(w, 120) == []


@pytest.mark.parametrize("kind", ["emergency", "hand"])
def test_people_and_the_emergency_win_over_a_safe_state(kind: str) -> None:
    w = world(lock="LOCKED", nodes_needed=2, safe={"node": "lock"})
    w.availability("offline")
    w.deliver(w.said("emergency", active=True) if kind == "emergency" else w.said("lock", action="unlock"))
    w.board("cam", camera="lost")
    w.site_fault("database", "gone")
    assert actions(w) == [UNLOCK]


def test_leaving_hard_ends_a_safe_state_too() -> None:
    w = world(entry="open", lock="UNLOCKED", nodes_needed=2, safe={"node": "lock"})
    w.availability("offline")
    w.deliver(w.measured("LOCKED"))
    w.deliver(w.said("mode", mode="soft"))
    assert actions(w) == [LOCK, UNLOCK]


def test_soft_tells_and_moves_nothing() -> None:
    w = world("soft", lock="UNLOCKED", nodes_needed=2, safe={"node": "lock"})
    w.availability("offline")
    told = [one.decision.text for outcome in w.advance(6) for one in outcome.decided]
    assert told == ["The camera board cam does not answer; nobody looks"]
    assert actions(w) == []


def test_while_the_broker_is_away_nothing_is_sent_or_guessed_and_what_is_owed_is_done_after() -> None:
    w = world(lock="LOCKED")
    w.deliver(w.passage("mask"))
    w.deliver(w.measured("UNLOCKED"))
    w.site_fault("broker", "The broker is away")
    assert w.lock is LockState.UNKNOWN
    w.advance(30)
    assert (actions(w), w.lock) == ([UNLOCK], LockState.UNKNOWN)
    w.site_fault("broker", None)
    assert actions(w) == [UNLOCK], "first the lock may say how it stands"
    w.deliver(replace(w.measured("UNLOCKED"), retain=True))
    w.advance(2.5)
    assert actions(w) == [UNLOCK, LOCK]


@pytest.mark.parametrize("safe", ["lock", "unlock", "rest", "keep"])
def test_whoever_hears_that_the_broker_is_away_hears_no_guess_at_the_lock(safe: str) -> None:
    """S6: the safe state could not be commanded, so nobody is told that it is reached."""
    w = world(lock="LOCKED", safe={"broker": safe})
    w.site_fault("broker", "The broker is away")
    told = [one for outcome in w.advance(6) for one in outcome.decided]
    assert [(one.decision.text, one.tell) for one in told] == [
        ("The broker is away; nothing is known of the lock", True)
    ]


def test_a_broker_that_went_and_came_moves_nothing() -> None:
    """S7."""
    w = world(lock="LOCKED")
    w.site_fault("broker", "The broker is away")
    w.site_fault("broker", None)
    w.advance(60)
    assert actions(w) == []


def test_a_command_that_the_broker_never_carried_is_given_again() -> None:
    w = world(lock="LOCKED", grant_hold=60)
    w.deliver(w.said("lock", action="unlock"))
    w.site_fault("broker", "The broker is away")
    w.site_fault("broker", None)
    w.advance(2.5)
    assert actions(w) == [UNLOCK, UNLOCK]


@pytest.mark.parametrize(
    ("safe", "granted", "told"),
    [("rest", True, LOCK), ("rest", False, None), ("lock", False, LOCK), ("unlock", False, UNLOCK),
     ("keep", True, None)],
)  # fmt: skip
def test_a_store_that_takes_nothing_leaves_no_entry_open(safe: str, granted: bool, told: LockAction | None) -> None:
    w = world(lock="LOCKED", safe={"database": safe})
    if granted:
        w.deliver(w.passage("mask"))
        w.deliver(w.measured("UNLOCKED"))
    command = without_store(w.rules, w.state, w.wall)
    assert (command and command.action) is told
    w.deliver(w.said("emergency", active=True))
    assert without_store(w.rules, w.state, w.wall) is None


def test_what_a_board_repeats_of_a_fault_moves_no_lock_that_somebody_turned_with_a_key() -> None:
    w = world(entry="open", lock="UNLOCKED", nodes_needed=2, safe={"camera": "lock"})
    w.board(camera="lost")
    w.deliver(w.measured("LOCKED"))
    w.deliver(w.measured("UNLOCKED"))
    w.board(camera="lost")
    w.advance(60)
    assert actions(w) == [LOCK]
    assert "unlocked though" in str(problems(w.rules, w.state))


@pytest.mark.parametrize("how", ["start", "broker"])
def test_a_lock_that_did_not_go_to_its_safe_state_is_told_again_after(how: str) -> None:
    w = world(entry="open", lock="UNLOCKED", nodes_needed=2, safe={"node": "lock"})
    w.availability("offline")
    w.advance(10)
    assert (actions(w), w.lock) == ([LOCK], LockState.JAMMED)
    if how == "start":
        w.restart()
    else:
        w.site_fault("broker", "The broker is away")
        w.site_fault("broker", None)
    assert actions(w) == [LOCK], "S7"
    w.advance(2.5)
    assert actions(w) == [LOCK, LOCK]


@pytest.mark.parametrize("how", ["start", "broker"])
def test_a_fault_that_began_while_nothing_got_out_is_obeyed_after(how: str) -> None:
    w = world(lock="LOCKED", nodes_needed=2, safe={"node": "lock"})
    w.site_fault("broker", "The broker is away")
    w.availability("offline")
    assert actions(w) == []
    if how == "start":
        w.restart()
    else:
        w.site_fault("broker", None)
    w.advance(2.5)
    assert actions(w) == [LOCK], "it was locked by rule, but who knows what it did meanwhile"


def test_a_hub_that_starts_ends_the_safe_state_of_a_store_that_works_again() -> None:
    w = world(lock="LOCKED", safe={"database": "unlock"})
    w.site_fault("database", "gone")
    w.deliver(w.measured("UNLOCKED"))
    assert w.restart().command is None
    w.advance(2.5)
    assert actions(w) == [UNLOCK, LOCK]


def test_a_fault_that_is_mended_is_no_problem_any_more() -> None:
    w = world(lock="LOCKED")
    w.board(camera="lost", detector="failed")
    assert "no picture" in (door_state(w.rules, w.state, w.wall).problem or "")
    w.board(detector="failed")
    assert "detector" in (door_state(w.rules, w.state, w.wall).problem or "")
    w.board()
    assert door_state(w.rules, w.state, w.wall).problem is None

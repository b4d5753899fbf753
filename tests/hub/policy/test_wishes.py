"""What people set and try out at a door: times, sounds, a denial that is none; and who stands there."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.policy import display, door_state
from maskgate.messages import EventType, NodeHealth, SetSound, SetTimes, Sound, TestDenial, encode
from maskgate.mqtt import Inbound

from .test_rules import LOCK, UNLOCK, actions, world
from .world import DENY, GRANT, World

MODELS = {"times": SetTimes, "sound": SetSound, "test": TestDenial}


def say(w: World, name: str, *, age: float = 0.0, retain: bool = False, **fields: object) -> None:
    command = MODELS[name](sent_at=w.wall - timedelta(seconds=age), **fields)
    w.deliver(Inbound(f"maskgate/door/front/set/{name}", encode(command), retain, (1, 1, 1)))


def sound(w: World) -> Sound:
    return display(w.rules, w.state, w.wall).sound


def test_a_hold_lasts_as_long_as_a_person_set_until_the_configuration_says_another() -> None:
    w = world(lock="LOCKED")
    say(w, "times", grant_hold=2)
    w.deliver(w.passage("mask"))
    w.deliver(w.measured("UNLOCKED"))
    w.advance(2.5)
    assert actions(w) == [UNLOCK, LOCK]
    w.restart()
    assert door_state(w.rules, w.state, w.wall).times.grant_hold == 2
    policy = w.rules.door.policy.model_copy(update={"grant_hold": GRANT + 1})
    edited = replace(w.rules, door=w.rules.door.model_copy(update={"policy": policy}))
    assert door_state(edited, w.state, w.wall).times.grant_hold == GRANT + 1
    assert door_state(w.rules, w.state, w.wall).times.deny_hold == DENY


@pytest.mark.parametrize("name", list(MODELS))
def test_s1_what_is_old_or_retained_changes_nothing(name: str) -> None:
    w = world(lock="LOCKED")
    before = w.state
    fields = {"times": {"grant_hold": 1}, "sound": {"sound": "alarm"}, "test": {}}[name]
    say(w, name, age=6, **fields)
    say(w, name, retain=True, **fields)
    assert w.state == before


def test_a_sound_ends_by_itself_and_silence_is_for_what_was_shown() -> None:
    w = world(lock="LOCKED")
    say(w, "sound", sound="warning", seconds=3)
    assert sound(w) is Sound.WARNING
    w.advance(3.5)
    assert sound(w) is Sound.NONE
    w.deliver(w.passage("no_mask", who="a"))
    assert sound(w) is Sound.ALARM
    say(w, "sound", sound="none", seconds=600)
    assert sound(w) is Sound.NONE
    w.deliver(w.passage("no_mask", who="b"))
    assert sound(w) is Sound.ALARM, "the next denial sounds again"
    say(w, "sound", sound="none", seconds=600)
    w.deliver(w.said("emergency", active=True))
    assert sound(w) is Sound.ALARM, "and so does an emergency"


def test_a_test_denial_is_announced_and_moves_counts_and_calls_nothing() -> None:
    w = world(lock="UNLOCKED", entry="open")
    before = door_state(w.rules, w.state, w.wall)
    w.deliver(Inbound("maskgate/door/front/set/test", encode(TestDenial(sent_at=w.wall)), False, (1, 1, 1)))
    assert (w.shown, actions(w)) == ("denied", [])
    after = door_state(w.rules, w.state, w.wall)
    assert after.model_copy(update={"at": before.at}) == before, "the last decision is another's"
    w.advance(DENY + 1)
    assert w.shown == "idle"


def test_a_test_denial_says_that_it_is_one() -> None:
    w = world(lock="UNLOCKED")
    (outcome,) = w.deliver(
        Inbound("maskgate/door/front/set/test", encode(TestDenial(sent_at=w.wall)), False, (1, 1, 1))
    )
    (decided,) = outcome.decided
    assert (decided.decision.event_type, decided.decision.test, decided.announce, decided.tell) == (
        EventType.DENIED, True, True, False,
    )  # fmt: skip


def people(w: World, count: int | None, node: str = "cam", camera: str = "ok") -> None:
    health = NodeHealth.model_validate(
        {"node": node, "at": w.wall, "version": "1", "camera": camera, "detector": "ok", "model": "m", "fps": 5,
         "memory_mb": 1, "outbox": 0, "people": count}
    )  # fmt: skip
    w.deliver(Inbound(f"maskgate/node/{node}/health", encode(health), True, (1, 1, 1)))


def occupied(w: World) -> bool | None:
    return door_state(w.rules, w.state, w.wall).occupied


def test_somebody_is_there_while_one_camera_sees_somebody_and_unknown_while_none_can_tell() -> None:
    w = world(lock="LOCKED")
    people(w, 0)
    people(w, 0, "cam-2")
    assert occupied(w) is False
    people(w, 2, "cam-2")
    assert occupied(w) is True
    w.availability("offline", "cam-2")
    assert occupied(w) is False, "what it saw last is no longer known"
    w.availability("offline", "cam")
    assert occupied(w) is None
    w.availability("online", "cam")
    people(w, None)
    assert occupied(w) is False, "a board that does not count says nothing"


@settings(deadline=None)
@given(grant=st.floats(0.1, 600), deny=st.floats(0.1, 600), relock=st.floats(0, 60))
def test_times_come_back_from_the_store_as_they_were_set(grant: float, deny: float, relock: float) -> None:
    w = world(lock="LOCKED")
    say(w, "times", grant_hold=grant)
    say(w, "times", deny_hold=deny, relock_after_close=relock)
    w.restart()
    times = door_state(w.rules, w.state, w.wall).times
    assert (times.grant_hold, times.deny_hold, times.relock_after_close) == (grant, deny, relock)

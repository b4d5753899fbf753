"""The relay on gpiozero's own stand-in for pins, which remembers every level it had."""

from collections.abc import Iterator
from typing import Any

import pytest

from mask_node.config import RelaySettings
from mask_node.fallback import Policy
from mask_node.relay import Relay, RelayError
from maskgate.messages import Entry, LockAction, LockState, Mode
from maskgate.states import MaskState
from tests.conftest import ManualClock

pins_of = pytest.importorskip("gpiozero.pins.mock")


@pytest.fixture
def pins() -> Iterator[Any]:
    factory = pins_of.MockFactory()
    yield factory
    factory.reset()


def levels(pins: Any) -> list[bool]:
    """Every level of the pin in order, the floating one of before us left out."""
    return [bool(entry.state) for entry in pins.pin(17).states]


def made(clock: ManualClock, pins: Any, **settings: Any) -> Relay:
    relay = Relay(RelaySettings(pin=17, **settings), clock, pins=pins)
    relay.open()
    return relay


@pytest.mark.parametrize(
    ("settings", "high"),
    [
        ({}, False),
        ({"active_high": False}, True),
        ({"energised": "lock", "safe": "unlock"}, False),
        ({"power_on": "unlock"}, True),
    ],
)
def test_starting_and_stopping_pulses_nothing(
    clock: ManualClock, pins: Any, settings: dict[str, Any], high: bool
) -> None:
    if high and not settings.get("active_high", True):
        pins.pin(17).pull = "up"  # the board holds an active-low relay off
    before = len(pins.pin(17).states)
    relay = made(clock, pins, **settings)
    for _ in range(15):  # up to the moment at which the hub would be held for gone
        clock.advance(0.2)
        relay.turn()
    seen = levels(pins)[before:]
    assert set(seen) <= {high}, "one level from the first instant on"
    assert bool(pins.pin(17).state) is high
    relay.stop(1)


def test_it_obeys_reports_what_it_measures_and_is_released_when_the_hub_is_silent(
    clock: ManualClock, pins: Any
) -> None:
    relay = made(clock, pins)
    assert relay.measured is LockState.LOCKED
    relay.told(LockAction.UNLOCK, "command-1")
    assert (relay.feedback.lock, relay.feedback.command) == (LockState.UNLOCKED, "command-1")
    for _ in range(10):
        clock.advance(3)
        relay.turn()
        relay.heard()
        assert relay.measured is LockState.UNLOCKED, "the hub speaks, so its word stands"
    clock.advance(RelaySettings(pin=17).silent_for)
    relay.turn()
    assert relay.measured is LockState.LOCKED
    assert levels(pins)[-3:] == [False, True, False]
    relay.stop(1)


def test_a_lost_connection_releases_it_within_three_seconds(clock: ManualClock, pins: Any) -> None:
    relay = made(clock, pins)
    relay.told(LockAction.UNLOCK)
    relay.lost()
    clock.advance(1)
    relay.turn()
    assert relay.measured is LockState.UNLOCKED, "a short interruption moves nothing"
    clock.advance(1.5)
    relay.turn()
    assert relay.measured is LockState.LOCKED
    relay.heard()
    assert relay.measured is LockState.LOCKED, "the hub's return moves nothing by itself"
    relay.stop(1)


def test_a_hub_that_the_broker_holds_for_there_must_speak_before_long(clock: ManualClock, pins: Any) -> None:
    relay = made(clock, pins)
    relay.told(LockAction.UNLOCK)
    relay.lost()
    clock.advance(1)
    relay.found()
    clock.advance(2)
    relay.turn()
    assert relay.measured is LockState.UNLOCKED
    clock.advance(RelaySettings(pin=17).silent_for)
    relay.turn()
    assert relay.measured is LockState.LOCKED
    relay.stop(1)


def test_alone_a_mask_opens_where_the_site_says_so(clock: ManualClock, pins: Any) -> None:
    relay = made(clock, pins, alone="policy", door="front", hold=5)
    relay.policy = Policy(Mode.HARD, Entry.CONTROLLED, emergency=False)
    relay.saw(MaskState.MASK)
    assert relay.measured is LockState.LOCKED, "while there is a hub it decides"
    relay.lost()
    clock.advance(3)
    relay.saw(MaskState.UNCERTAIN)
    assert relay.measured is LockState.LOCKED
    relay.saw(MaskState.MASK)
    assert relay.measured is LockState.UNLOCKED
    clock.advance(5)
    relay.turn()
    assert relay.measured is LockState.LOCKED
    relay.stop(1)


def test_a_pin_that_cannot_be_had_is_a_sentence(clock: ManualClock, pins: Any) -> None:
    first = made(clock, pins)
    with pytest.raises(RelayError, match=r"relay pin 17: .*; check the pin"):
        made(clock, pins)
    first.stop(1)


def test_a_pin_that_does_not_answer_is_measured_as_unknown(clock: ManualClock, pins: Any) -> None:
    relay = made(clock, pins)
    assert relay.measured is LockState.LOCKED
    relay._device.close()
    assert relay.measured is LockState.UNKNOWN
    assert relay.feedback.lock is LockState.UNKNOWN
    relay.stop(1)

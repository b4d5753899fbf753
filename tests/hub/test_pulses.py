"""S3: a board that hangs while its connection stands is taken for gone within seconds, and none is without reason."""

from typing import Any

import pytest

from hub.config import Door
from hub.pulses import ASLEEP_S, LOOK_S, SILENT_S, Pulses, at_stake
from maskgate.messages import DoorState, Entry, LockState, Mode, NodePulse, encode
from maskgate.mqtt import Inbound
from tests.conftest import ManualClock
from tests.hub.core.conftest import make_config


class Boards:
    """A site whose only board is `cam`, and what its doors are told."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock, self.told = clock, list[str]()
        self.listening, self.state = True, None
        self.pulses = Pulses(
            make_config(1, "x.db"), clock, tell=lambda message: self.told.append(message.payload.decode()),
            listening=lambda: self.listening, state=lambda _door: self.state,
        )  # fmt: skip

    listening: bool
    state: DoorState | None

    def pulse(self, node: str = "cam", *, retain: bool = False) -> bool:
        payload = encode(NodePulse(at=self.clock.now()))
        return self.pulses.hear(Inbound(f"maskgate/node/{node}/pulse", payload, retain, (1, 1, 0)))

    def says(self, word: str) -> bool:
        return self.pulses.hear(Inbound("maskgate/node/cam/availability", word.encode(), False, (1, 1, 1)))

    def wait(self, seconds: float) -> None:
        for _ in range(round(seconds / LOOK_S)):
            self.clock.advance(LOOK_S)
            self.pulses.look()


@pytest.fixture
def boards(clock: ManualClock) -> Boards:
    return Boards(clock)


def test_a_board_without_a_pulse_is_gone_once_and_back_with_the_next(boards: Boards) -> None:
    for _ in range(20):
        assert boards.pulse()
        boards.wait(1)
    assert boards.told == []
    boards.wait(SILENT_S)
    assert boards.told == ["offline"]
    boards.wait(60)
    assert boards.told == ["offline"]
    boards.pulse()
    assert boards.told == ["offline", "online"]
    boards.wait(SILENT_S + LOOK_S)
    assert boards.told == ["offline", "online", "offline"]


def test_the_promise_leaves_room_for_the_way_to_the_lock() -> None:
    assert SILENT_S + LOOK_S <= 4


@pytest.mark.parametrize("word", ["offline", "stopped"])
def test_whom_the_broker_knows_to_be_gone_is_not_counted(boards: Boards, word: str) -> None:
    boards.pulse()
    assert not boards.says(word), "the doors hear it as well"
    boards.wait(60)
    assert boards.told == []


def test_a_board_that_never_sent_a_pulse_is_not_counted(boards: Boards) -> None:
    boards.says("online")
    boards.pulse("another-sites")
    boards.pulse(retain=True)
    boards.wait(60)
    assert boards.told == []


def test_a_hub_without_a_broker_knows_of_no_silence(boards: Boards) -> None:
    boards.pulse()
    boards.listening = False
    boards.wait(60)
    boards.listening = True
    boards.wait(SILENT_S - 2 * LOOK_S)
    assert boards.told == []
    boards.wait(1)
    assert boards.told == ["offline"]


def test_a_hub_that_slept_blames_no_board(boards: Boards) -> None:
    boards.pulse()
    boards.wait(1)
    boards.clock.advance(max(60, ASLEEP_S))
    boards.pulses.look()
    boards.wait(SILENT_S - 2 * LOOK_S)
    assert boards.told == []


def door(lock: bool = True, **policy: Any) -> Door:
    config = make_config(1, "x.db", **policy).doors[0]
    return config if lock else config.model_copy(update={"lock": None})


def standing(clock: ManualClock, lock: LockState, **changes: Any) -> DoorState:
    values = {"mode": Mode.HARD, "entry": Entry.CONTROLLED, **changes}
    return DoorState(door="front", name="Front", at=clock.now(), lock=lock, **values)


@pytest.mark.parametrize(
    ("safe", "lock", "expected"),
    [
        ("rest", LockState.UNLOCKED, True), ("rest", LockState.JAMMED, True), ("rest", LockState.LOCKED, False),
        ("lock", LockState.UNLOCKED, True), ("lock", LockState.LOCKED, False),
        ("unlock", LockState.LOCKED, True), ("unlock", LockState.UNLOCKED, False),
        ("keep", LockState.UNLOCKED, False),
    ],
)  # fmt: skip
def test_the_store_is_tried_while_a_door_would_have_to_move(
    boards: Boards, safe: str, lock: LockState, expected: bool
) -> None:
    here, state = door(safe={"database": safe}), standing(boards.clock, lock)
    assert at_stake(here, state) is expected
    assert not at_stake(here, state.model_copy(update={"mode": Mode.SOFT}))
    assert not at_stake(here, state.model_copy(update={"emergency": True}))
    assert not at_stake(door(lock=False, safe={"database": safe}), state)


def test_an_open_entry_at_rest_has_nothing_to_lose(clock: ManualClock) -> None:
    assert not at_stake(door(entry="open"), standing(clock, LockState.UNLOCKED, entry=Entry.OPEN))


def test_a_pulse_reaches_the_doors_only_while_something_is_at_stake(boards: Boards) -> None:
    boards.state = standing(boards.clock, LockState.LOCKED)
    boards.pulse()
    assert boards.told == []
    boards.state = standing(boards.clock, LockState.UNLOCKED)
    boards.pulse()
    assert boards.told == ["online"]

"""S5: what a person or an emergency released stays released for its time, and the rule returns when that is over."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from hub.config import HubConfig
from hub.engine import DoorEngine
from hub.notices.plan import plan
from hub.policy import display, door_state
from hub.store import open_store
from hub.store.schema import outbox
from maskgate.messages import DoorCommand, EventType, LockState, Mode, Override, encode
from maskgate.mqtt import Inbound
from tests.conftest import ManualClock
from tests.hub.core.conftest import until
from tests.hub.postgres import place

from .test_rules import LOCK, UNLOCK, actions, world
from .world import World

#: Madrid goes back from 03:00 to 02:00 at 01:00 UTC in autumn, and on from 02:00 to 03:00 at the same hour in spring.
AUTUMN, SPRING = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
TOPIC = "maskgate/door/front/set/override"


class House:
    """A door's engine on a real store, restarted at will, in a time that passes as the test says."""

    def __init__(self, database: str, begin: datetime) -> None:
        lock = {"command_topic": "lock/set", "feedback_topic": "lock/state", "feedback_within": 5}
        rule = {"mode": "hard", "entry": "controlled"}
        door = {"id": "front", "name": "Front", "nodes": ["cam"], "lock": lock, "policy": rule}
        self.config = HubConfig.model_validate({"timezone": "Europe/Madrid", "database": database, "doors": [door]})
        self.clock, self.db = ManualClock(begin), open_store(place(database))
        self.taken = list[Inbound]()
        self.engine = self._begin()

    def _begin(self) -> DoorEngine:
        engine = DoorEngine(self.config, self.db, self.clock, plan=plan, confirm=self.taken.append)
        engine.start()
        return engine

    def restart(self, *, away: float) -> None:
        self.engine.stop()
        self.clock.advance(away)
        self.engine = self._begin()

    def hear(self, topic: str, payload: bytes) -> None:
        before = len(self.taken)
        self.engine.offer(Inbound(topic, payload, False, (1, 1, 1)))
        until(lambda: len(self.taken) > before, "it to be stored")

    def say(self, command: DoorCommand) -> None:
        self.hear(TOPIC, encode(command))

    def pass_time(self, seconds: float) -> None:
        """Let time pass; all that is due by then has been done when this returns."""
        self.clock.advance(seconds)
        turns = self.engine.turns

        def looked() -> bool:
            self.engine.look()  # else it waits, in the machine's time
            return self.engine.turns > turns + 1

        until(looked, "the doors to look at the clock")

    def commands(self) -> list[str]:
        with self.db.connect() as connection:
            rows = connection.scalars(
                select(outbox.c.payload).where(outbox.c.topic == "lock/set").order_by(outbox.c.seq)
            )
            return [payload.decode() for payload in rows]

    def door(self) -> Any:
        return self.engine.documents()["front"][0]


@pytest.fixture
def house(database: str) -> Iterator[Callable[[datetime], House]]:
    made: list[House] = []

    def make(begin: datetime) -> House:
        made.append(House(database, begin))
        return made[-1]

    yield make
    for one in made:
        one.engine.stop()
        one.db.dispose()


@pytest.mark.parametrize("begin", [AUTUMN, SPRING], ids=["autumn", "spring"])
def test_an_override_ends_at_its_end_over_a_restart_and_a_change_of_the_clocks(
    house: Callable[[datetime], House], begin: datetime
) -> None:
    """Two hours are two hours, though the clock on the wall shows one or three; then a controlled entry is locked."""
    here = house(begin)
    here.say(Override(sent_at=here.clock.now(), action="unlock", reason="delivery", seconds=7200))
    here.hear("lock/state", b"UNLOCKED")
    here.pass_time(1200)  # 00:50 UTC
    here.restart(away=2400)  # over the change
    here.hear("lock/state", b"UNLOCKED")
    assert here.door().until == begin + timedelta(hours=2)
    wall = (here.door().until - timedelta(seconds=1)).astimezone(here.config.zone)
    assert wall.strftime("%H:%M:%S") == ("03:29:59" if begin is AUTUMN else "04:29:59")
    here.pass_time(3599)
    assert (here.commands(), here.door().lock) == (["UNLOCK"], LockState.UNLOCKED)
    here.pass_time(1)
    assert here.commands() == ["UNLOCK", "LOCK"]
    assert (here.door().lock, here.door().until) == (LockState.LOCKING, None)


def test_an_override_that_ended_while_the_hub_was_away_is_over_when_it_is_back(
    house: Callable[[datetime], House],
) -> None:
    here = house(AUTUMN)
    here.say(Override(sent_at=here.clock.now(), action="unlock", reason="delivery", seconds=1800))
    here.hear("lock/state", b"UNLOCKED")
    here.restart(away=3600)
    here.pass_time(0)
    assert here.commands() == ["UNLOCK"], "S7: the start itself moves nothing; the lock may say how it stands"
    here.pass_time(2.5)
    assert here.commands() == ["UNLOCK", "LOCK"]


def lean_on(w: World) -> None:
    """Everything that a policy could lock an entry for."""
    w.deliver(w.passage("no_mask", who=f"bare-{int(w.mono)}"))
    w.deliver(w.passage("incorrect", who=f"wrong-{int(w.mono)}", node="cam-2"))
    w.availability("offline")
    w.board("cam-2", camera="lost")
    w.leaf("open")
    w.leaf("closed")
    w.site_fault("database", "gone")
    w.site_fault("database", None)
    w.deliver(w.said("mode", mode="soft"))
    w.deliver(w.said("mode", mode="hard"))


def eager(entry: str) -> World:
    """A door that has every reason to lock, and no time to wait with it."""
    return world(
        entry=entry, lock="LOCKED", nodes_needed=2, relock_after_close=0, grant_hold=1, deny_hold=600,
        safe=dict.fromkeys(("node", "camera", "detector", "database"), "lock"),
        schedule=[{"days": ["mon"], "from": "22:00", "to": "22:01", "entry": entry},
                  {"days": ["mon"], "from": "22:01", "to": "24:00", "entry": "controlled"}],
    )  # fmt: skip


RELEASES: dict[str, Callable[[World], Inbound]] = {
    "by a plain command": lambda w: w.said("lock", action="unlock"),
    "by an override, however short": lambda w: w.said("override", action="unlock", reason="r", seconds=1),
}


@pytest.mark.parametrize("entry", ["open", "controlled"])
@pytest.mark.parametrize("how", RELEASES)
def test_no_policy_locks_what_a_person_released_before_thirty_seconds_are_over_and_then_it_does(
    how: str, entry: str
) -> None:
    w = eager(entry)
    w.advance(40)  # the schedule wants the entry locked 20 s from here
    w.deliver(RELEASES[how](w))
    w.deliver(w.measured("UNLOCKED"))
    for _ in range(29):
        lean_on(w)
        w.advance(1)
    assert LOCK not in actions(w)
    lean_on(w)
    w.advance(1)
    assert actions(w)[-1] is LOCK


@pytest.mark.parametrize("action", ["lock", "unlock"])
def test_the_reason_is_written_down_and_shown_to_whom_it_keeps_out(action: str) -> None:
    w = world(lock="LOCKED")
    (outcome,) = w.deliver(w.said("override", action=action, reason="The floor is wet", seconds=60))
    (made,) = outcome.decided
    assert made.decision.text == f"{action.capitalize()}ed by hand for 60 s: The floor is wet"
    shown = display(w.rules, w.state, w.wall)
    assert (shown.text == "The floor is wet") is (action == "lock")
    assert door_state(w.rules, w.state, w.wall).until == w.wall + timedelta(seconds=60)


def test_a_reset_gives_the_entry_back_to_its_rule_at_once() -> None:
    w = eager("controlled")
    w.deliver(w.said("override", action="unlock", reason="r", seconds=600))
    w.deliver(w.measured("UNLOCKED"))
    lean_on(w)
    assert actions(w) == [UNLOCK]
    w.deliver(w.said("override", action="end", reason=""))
    assert actions(w) == [UNLOCK, LOCK]


def test_a_lock_that_shuts_by_itself_in_an_emergency_is_opened_again() -> None:
    """By a timer of its own, or because it comes back from a power cut as locked."""
    w = world(lock="LOCKED", mode="soft")
    w.deliver(w.said("emergency", active=True))
    w.deliver(w.measured("UNLOCKED"))
    for count in range(2, 12):
        w.advance(12)
        w.deliver(w.measured("LOCKED"))
        assert len(actions(w)) == count - 1, "a measurement itself moves nothing"
        w.advance(1)
        assert actions(w) == [UNLOCK] * count
        w.deliver(w.measured("UNLOCKED"))
    w.deliver(w.said("emergency", active=False))
    w.deliver(w.measured("LOCKED"))
    w.advance(60)
    assert actions(w) == [UNLOCK] * 11, "soft: the lock is its own again"


@pytest.mark.parametrize("retained", [False, True])
@pytest.mark.parametrize("away", ["hub", "broker"])
def test_a_lock_that_shuts_while_the_hub_or_the_broker_is_away_in_an_emergency_is_opened_again(
    away: str, retained: bool
) -> None:
    for stands, told in (("LOCKED", [UNLOCK]), ("UNLOCKED", [UNLOCK] if retained else [])):
        w = world(lock="LOCKED")
        w.deliver(w.said("emergency", active=True))
        w.deliver(w.measured("UNLOCKED"))
        before = len(actions(w))
        if away == "hub":
            w.restart()
        else:
            w.site_fault("broker", "away")
            w.site_fault("broker", None)
        w.deliver(replace(w.measured(stands), retain=retained))  # kept for us, it may be of long ago
        assert len(actions(w)) == before, "S7: the return itself moves nothing"
        w.advance(2)
        assert actions(w)[before:] == told


def test_a_lock_that_cannot_open_in_an_emergency_is_told_on_and_people_once() -> None:
    w = world(lock="LOCKED", attempts=2)
    w.deliver(w.said("emergency", active=True))
    told = []
    for _ in range(10):
        told += [one for outcome in w.advance(30) for one in outcome.decided if one.tell]
        w.deliver(w.measured("LOCKED"))
        assert door_state(w.rules, w.state, w.wall).problem, "that it says where it stands mends nothing"
    assert [one.decision.event_type for one in told] == [EventType.FAULT]
    assert len(actions(w)) == 20, "twice each time that it says so"
    w.deliver(w.measured("UNLOCKED"))
    assert not door_state(w.rules, w.state, w.wall).problem


def test_no_policy_and_no_hand_locks_in_an_emergency_until_its_reset() -> None:
    w = eager("controlled")
    w.deliver(w.said("emergency", active=True))
    w.deliver(w.measured("UNLOCKED"))
    for _ in range(120):
        lean_on(w)
        w.deliver(w.said("lock", action="lock"))
        w.advance(30)
    w.restart()
    w.advance(10)
    assert LOCK not in actions(w)
    w.deliver(w.said("emergency", active=False))
    w.advance(2.5)
    assert actions(w)[-1] is LOCK
    assert w.mode == Mode.HARD

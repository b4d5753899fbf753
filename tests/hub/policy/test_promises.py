"""S1 to S8 as properties over random sequences of all that can come to a door: 10,000 of them.

The observer judges by what was said and what left, and never looks into the policy. MASKGATE_SEQUENCES sets another
number, and `pytest --hypothesis-seed=N` plays the same ones again.
"""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import cycle, islice, product
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from hub.locks import driver_for
from hub.policy import Outcome, from_document, to_json
from maskgate.messages import LockAction, LockState
from maskgate.mqtt import Inbound

from .world import GRANT, MAX_AGE, WITHIN, World, config

LOCK, UNLOCK = LockAction.LOCK, LockAction.UNLOCK
SEQUENCES = int(os.environ.get("MASKGATE_SEQUENCES", "10000"))
WINDOW = 4.0
GRACE = 2.0  # after a start, and after the broker's return
STANDS = {LockState.LOCKED: LOCK, LockState.UNLOCKED: UNLOCK}
FRESH, OLD = (0.0, 1.0, 4.0), (6.0, 3600.0, -6.0, -90_000.0)

Step = tuple[Any, ...]
NODES = {"a": "cam", "b": "cam", "c": "cam-2"}
_PEOPLE, _STATES, _REVISIONS = "abc", ("mask", "incorrect", "no_mask", "uncertain"), (1, 2, 3, 4)
_AGES = (*FRESH, *OLD)
#: Every kind of step, with a weight. One draw chooses a whole step, which keeps thousands of sequences cheap.
_KINDS: list[tuple[int, list[Step]]] = [
    (6, list(product(["verdict"], _PEOPLE, _STATES, _REVISIONS, FRESH))),
    (1, list(product(["late"], _PEOPLE, _STATES, _REVISIONS, OLD))),
    (1, list(product(["held"], _PEOPLE, _STATES, _REVISIONS))),
    (1, list(product(["retained"], _PEOPLE, _STATES, _REVISIONS))),
    (1, list(product(["foreign"], _PEOPLE, _STATES, _REVISIONS))),
    (2, list(product(["again"], range(20)))),
    (2, list(product(["lock"], ["lock", "unlock"], _AGES, [False, False, True]))),
    (2, list(product(["override"], ["lock", "unlock", "end"], _AGES, [False, False, True]))),
    (2, list(product(["emergency"], [True, False], _AGES, [False, False, True]))),
    (2, list(product(["mode"], ["off", "soft", "hard", "hard"], _AGES, [False, False, True]))),
    (2, list(product(["measured"], ["LOCKED", "UNLOCKED", "JAMMED"], [False, True]))),
    (1, list(product(["reported"], ["LOCKING", "UNLOCKING", "UNKNOWN"], [False, True]))),
    (4, [("obeyed",)]),
    (4, list(product(["advance"], [0.5, 1.0, 3.0, 6.0, 12.0, 31.0]))),
    (1, list(product(["jump"], [-86_400.0, -3600.0, -1.0, 1.0, 3600.0, 86_400.0]))),
    (1, [("restart",)]),
    (2, list(product(["blind"], ["cam", "cam-2"], ["node", "camera", "detector"]))),
    (2, list(product(["mended"], ["cam", "cam-2"]))),
    (1, list(product(["site"], ["broker", "database", "homeassistant"], [True, False]))),
    (1, list(product(["leaf"], ["open", "closed"]))),
]
_RULE = {"days": ["mon", "tue"], "from": "22:30", "to": "01:00"}
#: What else a door may be told; one of these is drawn for each sequence.
VARIANTS: list[dict[str, Any]] = [
    {},
    {"attempts": 3, "group_window": WINDOW},
    {"attempts": 2, "nodes_needed": 2, "group_window": WINDOW, "relock_after_close": 1},
    {"uncertain": "deny", "group": "each", "repeat": {"count": 2, "within": 60, "hold": 20}},
    {"nodes_needed": 2, "safe": {"node": "lock", "camera": "unlock", "detector": "rest", "database": "lock"}},
    {"nodes_needed": 2, "safe": {"node": "keep", "camera": "keep", "detector": "unlock", "broker": "keep"}},
    {"attempts": 2, "safe": {"database": "unlock", "broker": "lock", "homeassistant": "lock"}},
    {"reports_only_changes": True, "safe": {"broker": "unlock", "database": "lock", "homeassistant": "rest"}},
    {"attempts": 2, "schedule": [{**_RULE, "mode": "hard", "entry": "open"}], "group": "everybody"},
    {"schedule": [{**_RULE, "entry": "controlled"}, {"days": ["mon"], "from": "22:01", "mode": "soft"}]},
]
NODES_TO_SAFETY, SITE_TO_SAFETY = VARIANTS[4], VARIANTS[6]
#: An emergency, obeyed: what follows is rarely drawn together with it.
RELEASED: list[Step] = [("emergency", True, 0.0, False), ("obeyed",)]
LATER: Step = ("advance", 6.0)
steps = st.sampled_from([
    step for weight, variants in _KINDS for step in islice(cycle(variants), weight * 300)
])  # fmt: skip


class Observer:
    """Plays the steps and holds each against the promises."""

    def __init__(self, mode: str, entry: str, **variant: Any) -> None:
        self.world, self.variant = World(config(mode, entry, **variant)), variant
        self.scheduled = "schedule" in variant
        self.faults: set[tuple[str, str]] = set()  # whose, and what
        self.shut = False  # the lock itself said that it is locked, and nothing opened it since
        self.granted = False  # the last thing that the camera did was to open
        self.bare: dict[str, float] = {}  # who was last seen without a mask, and when (monotonic)
        self.ids: set[str] = set()
        self.measured = LockState.UNKNOWN
        self.due: tuple[LockAction, float] | None = None  # the command under way, and since when
        self.fixed: str | None = None  # the safe state that the lock must be in: lock or unlock
        self.stood: LockAction | None = None  # the safe state that it was in when the hub or the broker went
        self.lost = False  # it has just gone, or come back
        self.owed: float | None = None  # until when the lock may be elsewhere after that (monotonic)
        self.emergency = False
        self.kept_out: float | None = (
            None  # since when a lock that could be told says that it is locked in one (monotonic)
        )
        self.hand: tuple[LockAction, float] | None = None  # a person's will, and until when (monotonic)
        self.obeyed: list[Inbound] = []

    def play(self, step: Step) -> None:
        world = self.world
        mode_before = world.mode
        do: Callable[..., list[Outcome]] = getattr(self, f"_{step[0]}")
        outcomes = do(*step[1:])
        for outcome in outcomes:
            if outcome.command:
                self._sent_in_order(outcome)
        actions = [o.command.action for o in outcomes if o.command]
        self._commands_are_allowed(step, actions, mode_before)
        self._is_safe(actions)
        self._is_released()
        self._shows_what_was_measured()

    # The steps.
    def _verdict(self, who: str, state: str, revision: int, age: float) -> list[Outcome]:
        message = self.world.passage(state, who=who, revision=revision, age=age, node=NODES[who])
        if revision <= max(self.world.stored.get((f"passage-{who}", NODES[who]), {0})):
            return self._harmless(message)  # S1: nothing that is older than what is known
        outcomes = self.world.deliver(message)
        opened = any(outcome.command and outcome.command.action is UNLOCK for outcome in outcomes)
        if opened and self.entry == "controlled":
            self._may_be_let_in(who)
        self.bare.pop(who, None)
        if state in {"no_mask", "incorrect"}:
            self.bare[who] = self.world.mono
        self.granted = opened or self.granted
        return outcomes

    def _late(self, who: str, state: str, revision: int, age: float) -> list[Outcome]:
        return self._harmless(self.world.passage(state, who=who, revision=revision, age=age))

    def _held(self, who: str, state: str, revision: int) -> list[Outcome]:
        return self._harmless(self.world.passage(state, who=who, revision=revision, held=MAX_AGE + 1))

    def _retained(self, who: str, state: str, revision: int) -> list[Outcome]:
        return self._harmless(replace(self.world.passage(state, who=who, revision=revision), retain=True))

    def _foreign(self, who: str, state: str, revision: int) -> list[Outcome]:
        for node, speaks_for in (("stranger", "stranger"), ("cam", "cam-2"), ("cam-2", "cam")):
            self._harmless(self.world.passage(state, who=who, revision=revision, node=node, speaks_for=speaks_for))
        return []

    def _again(self, back: int) -> list[Outcome]:
        """S1: whatever was said before and is said again changes nothing, except that a measurement is one."""
        if back >= len(self.world.sent):
            return []
        message = self.world.sent[-1 - back]
        if message.topic.endswith(("lock/state", "/health", "/availability", "/feedback")):
            return []  # news of how something is, whenever it comes
        if "/set/" in message.topic and message not in self.obeyed:
            return []  # a command that was refused as ahead of time may be in time by now
        return self._harmless(message)

    def _lock(self, action: str, age: float, retained: bool) -> list[Outcome]:
        outcomes, obeyed = self._say("lock", age, retained, action=action)
        if obeyed and not self.emergency:
            self.hand = (LockAction(action), self.world.mono + 30)
        return outcomes

    def _override(self, action: str, age: float, retained: bool) -> list[Outcome]:
        outcomes, obeyed = self._say("override", age, retained, action=action, reason="r", seconds=40)
        if obeyed and not self.emergency:
            self.hand = None if action == "end" else (LockAction(action), self.world.mono + 40)
        return outcomes

    def _emergency(self, active: bool, age: float, retained: bool) -> list[Outcome]:
        outcomes, obeyed = self._say("emergency", age, retained, active=active)
        if obeyed:
            self.emergency, self.hand = active, None if active else self.hand
            assert not active or outcomes[-1].command or self.world.lock is LockState.UNLOCKING or self.cut
        return outcomes

    def _mode(self, mode: str, age: float, retained: bool) -> list[Outcome]:
        outcomes, obeyed = self._say("mode", age, retained, mode=mode)
        assert not obeyed or self.world.mode == mode
        return outcomes

    def _say(self, name: str, age: float, retained: bool, **fields: Any) -> tuple[list[Outcome], bool]:
        message = replace(self.world.said(name, age=age, **fields), retain=retained)
        if retained or age in OLD:
            return self._harmless(message), False
        if message in self.obeyed:
            return self._harmless(message), False
        self.obeyed.append(message)
        return self.world.deliver(message), True

    def _measured(self, word: str, retained: bool) -> list[Outcome]:
        outcomes = self.world.deliver(replace(self.world.measured(word), retain=retained))
        assert not any(outcome.command for outcome in outcomes), "a measurement moved the lock"
        if retained:
            if not self.due and self.measured is not LockState.JAMMED:
                self.measured = LockState(word)
            return outcomes
        self.measured = LockState(word)
        self.shut = word == "LOCKED" or (self.shut and word == "JAMMED")
        if self.due and (word == "JAMMED" or (word == "LOCKED") == (self.due[0] is LOCK)):
            self.due = self.owed = None
        return outcomes

    def _reported(self, word: str, retained: bool) -> list[Outcome]:
        """What a lock says that measures nothing: that it moves, or that it does not know."""
        outcomes = self.world.deliver(replace(self.world.answer(word), retain=retained))
        assert not any(outcome.command for outcome in outcomes), "a report moved the lock"
        if word == "UNKNOWN" and self.measured is not LockState.JAMMED and not (retained and self.due):
            self.measured = LockState.UNKNOWN
        return outcomes

    def _obeyed(self) -> list[Outcome]:
        if self.due is None:
            return []
        return self._measured("LOCKED" if self.due[0] is LOCK else "UNLOCKED", False)

    def _advance(self, seconds: float, step: float = 0.5) -> list[Outcome]:
        # In small steps, so that each command is judged at its own time.
        for _ in range(int(seconds / step)):
            for outcome in self.world.advance(step, at_most=step):
                unanswered = None
                if self.due and self.world.mono - self.due[1] >= WITHIN:
                    unanswered = self.due[0]
                    self._nobody_answers(again=outcome.command is not None)
                if outcome.command:
                    again = unanswered is outcome.command.action
                    self._sent_in_order(outcome)
                    kind = "retry" if again else "advance"
                    self._commands_are_allowed((kind,), [outcome.command.action], self.world.mode)
                self._is_safe([outcome.command.action] if outcome.command else [])
                self._is_released()
            self._shows_what_was_measured()
        return []

    def _nobody_answers(self, *, again: bool) -> None:
        silent = self.variant.get("reports_only_changes") and not again
        if not (silent and self.due and STANDS.get(self.measured) is self.due[0]):
            self.measured = LockState.JAMMED
        self.due = None

    def _jump(self, seconds: float) -> list[Outcome]:
        outcome = self.world.jump(seconds)
        assert self.scheduled or outcome.command is None, "setting the clock moved the lock"
        return [outcome]

    def _restart(self) -> list[Outcome]:
        assert self.world.restart().command is None, "S7: a start moved the lock"
        self._lose_hold()
        self.faults = {fault for fault in self.faults if fault[0] != "hub"}
        if self.hand:  # time for the lock to be measured
            self.hand = (self.hand[0], max(self.hand[1], self.world.mono + GRACE))
        return []

    def _blind(self, node: str, what: str) -> list[Outcome]:
        self.faults = {fault for fault in self.faults if fault[0] != node or (fault[1] == "node") != (what == "node")}
        self.faults.add((node, what))
        match what:
            case "node":
                outcomes = self.world.availability("offline", node)
            case "camera":
                outcomes = self.world.board(node, camera="lost")
            case _:
                outcomes = self.world.board(node, detector="failed")
        self._ends_a_grant(outcomes)
        return outcomes

    def _mended(self, node: str) -> list[Outcome]:
        outcomes = []
        for kinds, tell in (({"camera", "detector"}, self.world.board), ({"node"}, self.world.availability)):
            self.faults -= {(node, kind) for kind in kinds}
            outcomes += tell("online", node) if "node" in kinds else tell(node)  # type: ignore[operator]
        return outcomes

    def _site(self, what: str, broken: bool) -> list[Outcome]:
        was_cut = self.cut
        if what == "broker" and broken and not was_cut:
            self._lose_hold()
        (self.faults.add if broken else self.faults.discard)(("hub", what))
        outcome = self.world.site_fault(what, "It is broken" if broken else None)
        if was_cut and not self.cut:
            assert outcome.command is None, "S7: the return of the broker moved the lock"
        if broken:
            self._ends_a_grant([outcome])
        return [outcome]

    def _lose_hold(self) -> None:
        """The hub, or the broker, is gone: no answer comes any more, and nothing is known of the lock (S6)."""
        if self.owed is None:
            known = not self.due and self.measured is not LockState.JAMMED
            self.stood = LockAction(self.fixed) if self.fixed and known else None
        self.due, self.measured = None, LockState.UNKNOWN
        self.fixed, self.lost, self.owed = None, True, self.world.mono + GRACE

    def _leaf(self, contact: str) -> list[Outcome]:
        outcomes = self.world.leaf(contact)
        assert not any(outcome.command for outcome in outcomes), "a measurement moved the lock"
        return outcomes

    # What is known without looking into the policy.
    @property
    def cut(self) -> bool:
        return ("hub", "broker") in self.faults

    @property
    def entry(self) -> str:
        return self.world.entry.value

    @property
    def safe(self) -> str | None:
        """The safe state that the faults call for, by the words of the configuration."""
        blind = {who for who, _ in self.faults} - {"hub"}
        few = 2 - len(blind) < self.variant.get("nodes_needed", 1)
        told = {"homeassistant": "keep"} | self.variant.get("safe", {})
        asked = {told.get(what, "rest") for who, what in self.faults if who == "hub" or few}
        return next((word for word in ("lock", "unlock", "rest", "keep") if word in asked), None)

    # The promises.
    def _is_safe(self, actions: list[LockAction]) -> None:
        """S3: in hard, where nobody holds the entry and commands get out, the lock goes to its safe state and stays.

        After a start and after the broker's return there is a moment for the lock to be measured; and where it went
        before, it is not told again (S7).
        """
        if self.hand and self.world.mono >= self.hand[1]:
            self.hand = None
        free = self.world.mode == "hard" and not self.emergency and not self.hand and not self.cut
        before, self.fixed = self.fixed, self.safe if free and self.safe in {"lock", "unlock"} else None
        if self.cut:
            self.owed = self.world.mono + GRACE
            return
        new, self.lost = self.fixed != before and not self.lost, False
        over = self.owed is not None and self.world.mono >= self.owed
        going = self.due[0] if self.due else STANDS.get(self.measured)
        self.owed = None if over or going == self.fixed else self.owed
        if self.fixed is None:
            return
        want = LockAction(self.fixed)
        assert all(action is want for action in actions[-1:]), "S3: taken out of its safe state"
        assert not new or going is want, "S3: not brought to its safe state"
        assert not over or want in {going, self.stood}, "S3: not brought to its safe state after a start or a cut"

    def _is_released(self) -> None:
        """S5: in an emergency no lock that can be told stays locked, whatever shut it."""
        shut = self.emergency and not self.cut and self.due is None and self.measured is LockState.LOCKED and self.shut
        since = self.world.mono if self.kept_out is None else self.kept_out
        self.kept_out = since if shut else None
        assert not shut or self.world.mono - since <= GRACE, "S5: locked in an emergency"

    def _ends_a_grant(self, outcomes: list[Outcome]) -> None:
        command = next((outcome.command for outcome in reversed(outcomes) if outcome.command), None)
        if self.world.mode != "hard" or self.emergency or self.hand or self.cut or self.safe == "keep":
            return
        going = command.action if command else self.due[0] if self.due else STANDS.get(self.measured)
        if self.safe == "rest" and self.granted and self.entry == "controlled":
            assert going is LOCK, "S3: a grant outlived a fault"

    def _may_be_let_in(self, who: str) -> None:
        assert self.safe is None, "S8: let in by a door that is in its safe state"
        assert NODES[who] not in {node for node, _ in self.faults}, "S8: let in by a camera that does not see"
        if self.variant.get("group") != "each":
            window = self.variant.get("group_window", 5.0)
            near = [other for other, when in self.bare.items() if other != who and self.world.mono - when <= window]
            assert not near, "let in while somebody bare was near"

    def _harmless(self, message: Inbound) -> list[Outcome]:
        """S1: nothing is moved, shown or told otherwise than before."""
        before, commands = self.world.look(), len(self.world.commands)
        outcomes = self.world.deliver(message)
        assert self.world.look() == before
        assert len(self.world.commands) == commands
        assert not any(decided.tell for outcome in outcomes for decided in outcome.decided)
        return outcomes

    def _sent_in_order(self, outcome: Outcome) -> None:
        command = outcome.command
        assert command is not None
        assert command.id not in self.ids, "S2: an id was used twice"
        assert timedelta() < command.expires_at - self.world.wall <= timedelta(seconds=5), "S2: it must expire"
        told = driver_for(self.world.setup.doors[0].lock, root="maskgate", door="front").command(command)  # type: ignore[arg-type]
        assert (told.topic, told.retain) == ("lock/set", False), "S4: only the entry's own lock, never retained (S1)"
        assert told.payload in {b"LOCK", b"UNLOCK"}, "S4: only these two words"
        self.ids.add(command.id)
        self.shut = self.shut and command.action is LOCK
        self.due = (command.action, self.world.mono)
        self.granted, self.stood = self.granted and command.action is UNLOCK, None

    def _commands_are_allowed(self, step: Step, actions: list[LockAction], mode_before: str) -> None:
        if self.hand and self.world.mono >= self.hand[1]:
            self.hand = None
        if self.emergency:
            assert LOCK not in actions, "S5: locked during an emergency"
        elif self.hand:
            assert all(action is self.hand[0] for action in actions), "S5: against a person's hand"
        if step[0] == "verdict":
            assert not actions or self.world.mode == "hard", "soft and off never touch the lock"
            if step[2] == "uncertain":
                allowed = [LOCK] if self.variant.get("uncertain") == "deny" else []
                assert set(actions) <= set(allowed), "S8: uncertain moved the lock"
            if step[2] in {"no_mask", "incorrect"}:
                assert UNLOCK not in actions, "S8: a violation opened the entry"
        someone = self.emergency or self.hand or self.safe == "unlock"
        if step[0] in {"advance", "mended", "jump", "site"} and self.entry == "controlled" and not someone:
            assert UNLOCK not in actions, "S8: no verdict, and yet it opened a controlled entry"
        # What a person wants is done again in every mode; a schedule may have left `hard` with this very step.
        if step[0] == "advance" and "hard" not in {self.world.mode, mode_before} and not someone:
            assert not actions or self.scheduled, "soft and off never touch the lock"
        if step[0] == "retry":
            assert self.world.mode == "hard" or someone, "told again though nobody minds any more"

    def _shows_what_was_measured(self) -> None:
        """S6."""
        shown = self.world.lock
        if self.due:
            assert shown is (LockState.LOCKING if self.due[0] is LOCK else LockState.UNLOCKING)
        else:
            assert shown is self.measured

    def closing(self) -> None:
        """What must hold in the end, whatever came before."""
        world = self.world
        assert from_document(json.loads(to_json(world.state))) == world.state
        if world.mode == "hard" and self.entry == "controlled" and not self.emergency:
            # No grant outlives its time, whatever was done to the clock.
            self._advance(GRANT + 41, 2.0)
            still = self.world.mode == "hard" and self.entry == "controlled"  # by the schedule
            if world.commands and still and self.safe != "unlock" and not self.cut:
                assert world.commands[-1].action is LOCK or world.lock is LockState.LOCKED or self.shut


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("ERROR")


@pytest.mark.parametrize("entry", ["open", "controlled"])
@pytest.mark.parametrize("mode", ["soft", "hard"])
def test_promises_of_a_door(mode: str, entry: str) -> None:
    @settings(max_examples=SEQUENCES // 4, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.sampled_from(VARIANTS), st.lists(steps, min_size=1, max_size=16))
    @example(NODES_TO_SAFETY, [("blind", "cam", "node"), ("advance", 31.0), ("site", "database", True)])
    @example(NODES_TO_SAFETY, [("blind", "cam", "node"), ("advance", 31.0), ("restart",)])
    @example(
        NODES_TO_SAFETY,
        [("blind", "cam", "node"), ("obeyed",), ("measured", "UNLOCKED", False), ("blind", "cam", "node")],
    )
    @example(NODES_TO_SAFETY, [("site", "broker", True), ("blind", "cam", "node"), ("site", "broker", False)])
    @example(SITE_TO_SAFETY, [("site", "database", True), ("obeyed",), ("restart",)])
    @example({}, [*RELEASED, ("measured", "LOCKED", False), LATER])
    @example({}, [*RELEASED, ("site", "broker", True), ("measured", "LOCKED", False), ("site", "broker", False), LATER])
    @example(VARIANTS[-1], [("advance", 31.0), ("lock", "unlock", 0.0, False)])
    def run(variant: dict[str, Any], sequence: list[Step]) -> None:
        observer = Observer(mode, entry, **variant)
        for step in sequence:
            observer.play(step)
        observer.closing()

    run()

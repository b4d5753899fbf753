"""A small world around one door, and an observer that knows the promises but not the policy.

Everything enters as messages do, through the intake; the observer sees messages, commands and documents only.
"""

import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.config import HubConfig
from hub.doors import apply
from hub.inputs import AsideInput, BirthIn, FaultIn
from hub.intake import Intake
from hub.policy import (
    FaultKind,
    LockCommand,
    Machine,
    Outcome,
    Rules,
    clock_set,
    display,
    door_state,
    from_document,
    initial,
    start,
    tick,
    to_json,
)
from maskgate.messages import (
    Acknowledge,
    Contact,
    Emergency,
    Entry,
    Feedback,
    LockAction,
    LockState,
    Message,
    Mode,
    NodeHealth,
    Override,
    Passage,
    SetLock,
    SetMode,
    ShowMessage,
    VerdictReason,
    encode,
)  # fmt: skip
from maskgate.mqtt import Inbound
from maskgate.states import MaskState

MAX_AGE, GRANT, DENY, WITHIN = 5.0, 5.0, 10.0, 3.0
UNLOCKS, LOCKS = LockAction.UNLOCK, LockAction.LOCK
SETTLED = {LockState.LOCKED, LockState.UNLOCKED}


def config(
    mode: str = "hard", entry: str = "controlled", *, attempts: int = 1, reports_only_changes: bool = False,
    **policy: Any,
) -> HubConfig:  # fmt: skip
    lock = {
        "command_topic": "lock/set", "feedback_topic": "lock/state", "feedback_within": WITHIN, "attempts": attempts,
        "reports_only_changes": reports_only_changes,
    }  # fmt: skip
    rule = {"mode": mode, "entry": entry, "max_age": MAX_AGE, "grant_hold": GRANT, "deny_hold": DENY, **policy}
    door = {"id": "front", "name": "Front", "nodes": ["cam", "cam-2"], "lock": lock, "policy": rule}
    return HubConfig.model_validate({"doors": [door]})


@dataclass
class World:
    """The door, its clock and what left it."""

    setup: HubConfig
    wall: datetime = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
    mono: float = 0.0
    commands: list[LockCommand] = field(default_factory=list)
    sent: list[Inbound] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.intake, self.numbers = Intake(self.setup), itertools.count()
        self.rules = Rules.of(self.setup, self.setup.doors[0], lambda _now: f"id-{next(self.numbers):08}")
        self.state: Machine = initial(self.rules, self.wall)
        self.stored: dict[tuple[str, str], set[int]] = {}

    # What the engine does.
    def take(self, outcome: Outcome) -> Outcome:
        self.state = outcome.state
        if outcome.command:
            self.commands.append(outcome.command)
        return outcome

    def advance(self, seconds: float, *, at_most: float = 0.5) -> list[Outcome]:
        """Let time pass, with a tick each half second (or `at_most`), as the engine ticks at its deadlines."""
        outcomes, left = [], seconds
        while left > 0:
            step = min(at_most, left)
            left -= step
            self.mono += step
            self.wall += timedelta(seconds=step)
            outcomes.append(self.take(tick(self.rules, self.state, self.wall)))
        return outcomes

    def jump(self, seconds: float) -> Outcome:
        self.wall += timedelta(seconds=seconds)
        self.take(clock_set(self.state, timedelta(seconds=seconds)))
        return self.take(tick(self.rules, self.state, self.wall))

    def restart(self) -> Outcome:
        self.state = from_document(json.loads(to_json(self.state)))
        return self.take(start(self.rules, self.state, self.wall))

    def deliver(self, message: Inbound) -> list[Outcome]:
        self.sent.append(message)
        outcomes = []
        for item in self.intake.read(message, self.wall):
            newest = 0
            if isinstance(item, AsideInput | BirthIn):
                continue
            if hasattr(item, "passage"):
                revisions = self.stored.setdefault((item.passage.passage, item.passage.node), set())
                if item.passage.revision in revisions:
                    continue  # the store folds it, see the engine
                newest = max(revisions, default=0)
                revisions.add(item.passage.revision)
            outcomes.append(self.take(apply(self.rules, self.state, item, self.wall, newest_stored=newest)))
        return outcomes

    # What the world says.
    def passage(
        self, state: str = "mask", *, who: str = "a", revision: int = 1, age: float = 0.0, held: float = 0.0,
        node: str = "cam", speaks_for: str | None = None, faces: int = 1,
    ) -> Inbound:  # fmt: skip
        seen = self.wall - timedelta(seconds=age)
        payload = Passage(
            passage=f"passage-{who}", revision=revision, node=speaks_for or node, seen_from=seen, seen_to=seen,
            published_at=seen + timedelta(seconds=held), state=MaskState(state), confidence=0.9, frames=5,
            faces_in_view=faces, model="m", reason=VerdictReason.AGREED,
        )  # fmt: skip
        return self._inbound(f"maskgate/node/{node}/passage", payload)

    def said(self, name: str, *, age: float = 0.0, **fields: Any) -> Inbound:
        models = {
            "lock": SetLock, "mode": SetMode, "message": ShowMessage, "acknowledge": Acknowledge,
            "override": Override, "emergency": Emergency,
        }  # fmt: skip
        sent_at = self.wall - timedelta(seconds=age)
        return self._inbound(f"maskgate/door/front/set/{name}", models[name](sent_at=sent_at, **fields))

    def measured(self, word: str) -> Inbound:
        return Inbound("lock/state", word.encode(), False, (1, 1, 1))

    def answer(self, word: str, command: str | None = None) -> Inbound:
        return self._inbound("maskgate/door/front/feedback", Feedback(lock=LockState(word), command=command))

    def _inbound(self, topic: str, message: Message) -> Inbound:
        return Inbound(topic, encode(message), False, (1, 1, 1))

    def board(self, node: str = "cam", *, camera: str = "ok", detector: str = "ok") -> list[Outcome]:
        """What a camera board says of itself, and what follows."""
        payload = NodeHealth.model_validate(
            {
                "node": node, "at": self.wall, "version": "1", "camera": camera, "detector": detector, "model": "m",
                "fps": 5, "memory_mb": 1, "outbox": 0,
            }
        )  # fmt: skip
        return self.deliver(self._inbound(f"maskgate/node/{node}/health", payload))

    def availability(self, word: str, node: str = "cam") -> list[Outcome]:
        return self.deliver(Inbound(f"maskgate/node/{node}/availability", word.encode(), False, (1, 1, 1)))

    def leaf(self, contact: str) -> list[Outcome]:
        return self.deliver(self._inbound("maskgate/door/front/feedback", Feedback(contact=Contact(contact))))

    def site_fault(self, kind: str, text: str | None) -> Outcome:
        return self.take(apply(self.rules, self.state, FaultIn("front", {FaultKind(kind): text}), self.wall))

    # What people see.
    @property
    def shown(self) -> str:
        return display(self.rules, self.state, self.wall).kind.value

    @property
    def lock(self) -> LockState:
        return door_state(self.rules, self.state, self.wall).lock

    @property
    def entry(self) -> Entry:
        return door_state(self.rules, self.state, self.wall).entry

    @property
    def mode(self) -> Mode:
        return door_state(self.rules, self.state, self.wall).mode

    def look(self) -> tuple[Any, ...]:
        """Everything that people see of the door, except its counters."""
        hide = {"at", "counters", "counting_since"}
        return (
            door_state(self.rules, self.state, self.wall).model_dump(exclude=hide),
            display(self.rules, self.state, self.wall).model_dump(exclude=hide),
        )

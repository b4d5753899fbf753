"""What the demo's line does, told in plain words and kept for the summary. No I/O: messages in, sentences out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from statistics import median

from maskgate.messages import (
    Availability,
    CameraState,
    Decision,
    Display,
    DisplayKind,
    DoorState,
    HubHealth,
    LockState,
    NodeHealth,
    Passage,
    decode,
)
from maskgate.messages.base import M
from maskgate.states import DecisionKind, MaskState, percent
from maskgate.topics import (
    DEFAULT_DISCOVERY,
    DEFAULT_ROOT,
    DISCOVERY,
    DOOR_DECISION,
    DOOR_DISPLAY,
    DOOR_STATE,
    HUB_HEALTH,
    NODE_AVAILABILITY,
    NODE_HEALTH,
    NODE_PASSAGE,
    Topic,
)

_STATES = {
    MaskState.MASK: "a mask, worn correctly",
    MaskState.INCORRECT: "a mask that leaves nose or mouth bare",
    MaskState.NO_MASK: "no mask",
    MaskState.UNCERTAIN: "something that cannot be told for certain",
}
_DECISIONS = {DecisionKind.GRANT: "let in", DecisionKind.DENY: "refused", DecisionKind.OBSERVE: "noted"}
_MOVING = {LockState.LOCKING, LockState.UNLOCKING}


@dataclass
class Story:
    """Feed it every message of the site, each mail and each command that the lock obeyed."""

    #: What the clip must lead to; nothing is known of other sources.
    expected: tuple[DecisionKind, ...] = ()
    passages: dict[tuple[str, int], Passage] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    locks: list[LockState] = field(default_factory=list)
    displays: list[DisplayKind] = field(default_factory=list)
    commands: list[tuple[str, datetime]] = field(default_factory=list)
    discovered: set[str] = field(default_factory=set)
    mails: int = 0
    node: Availability | None = None
    camera: CameraState | None = None
    hub: HubHealth | None = None

    def message(self, topic: str, payload: bytes) -> Iterator[str]:
        """Take one message; yield what a person would say of it."""
        if _is(NODE_AVAILABILITY, topic):
            yield from self._board(Availability(payload.decode()))
        elif DISCOVERY.match(DEFAULT_DISCOVERY, topic):
            if payload and topic not in self.discovered:
                self.discovered.add(topic)
                yield f"Home Assistant is told of a device: {topic.split('/')[-2]}."
        elif passage := _read(NODE_PASSAGE, topic, payload, Passage):
            yield from self._passage(passage)
        elif decision := _read(DOOR_DECISION, topic, payload, Decision):
            if decision.id not in self.decisions:
                self.decisions[decision.id] = decision
                yield f"The hub decides: {_DECISIONS[decision.decision]}. {decision.text}"
        elif state := _read(DOOR_STATE, topic, payload, DoorState):
            yield from self._door(state)
        elif display := _read(DOOR_DISPLAY, topic, payload, Display):
            if not self.displays or self.displays[-1] is not display.kind:
                self.displays.append(display.kind)
                yield f"The display shows: {display.title}" + (f" - {display.text}" if display.text else "")
        elif board := _read(NODE_HEALTH, topic, payload, NodeHealth):
            self.camera = board.camera
        elif health := _read(HUB_HEALTH, topic, payload, HubHealth):
            self.hub = health

    def mail(self, to: str, subject: str) -> str:
        """Take one mail."""
        self.mails += 1
        return f"A mail reaches {to}: {subject}"

    def command(self, action: str, at: datetime) -> str:
        """Take one command that the lock obeyed, at the moment it arrived there."""
        self.commands.append((action, at))
        return f"The lock is told to {action}."

    def _board(self, word: Availability) -> Iterator[str]:
        if word is not self.node:
            self.node = word
            yield f"The camera board is {word}."

    def _passage(self, passage: Passage) -> Iterator[str]:
        key = (passage.passage, passage.revision)
        if key not in self.passages:
            self.passages[key] = passage
            again = "sees a change: now " if passage.revision > 1 else "sees a person with "
            yield (
                f"The camera {again}{_STATES[passage.state]}"
                f" ({percent(passage.confidence)} sure after {passage.frames} frames)."
            )

    def _door(self, state: DoorState) -> Iterator[str]:
        if self.locks and self.locks[-1] is state.lock:
            return
        if state.lock is not LockState.UNKNOWN or self.locks:
            self.locks.append(state.lock)
            measured = "is moving" if state.lock in _MOVING else "measures"
            yield f"The lock {measured}: {state.lock.lower()}."

    @property
    def waiting_for(self) -> str | None:
        """What has not settled yet after the camera has stopped, or None."""
        last = max((decision.at for decision in self.decisions.values()), default=None)
        undecided = set(self.passages) - {(d.passage, d.revision) for d in self.decisions.values()}
        if self.node is not Availability.STOPPED:
            return "the camera"
        if undecided:
            return "decisions"
        if self.locks and self.locks[-1] is not LockState.LOCKED:
            return "the lock"
        if self.displays and self.displays[-1] is not DisplayKind.IDLE:
            return "the display"
        if self.hub is None or (last and self.hub.at <= last) or self.hub.outbox or self.hub.notices_waiting:
            return "what the hub still has to send"
        return None

    def faults(self) -> list[str]:
        """Say what did not work, a sentence each; empty when the line worked."""
        kinds = [decision.decision for decision in self.decisions.values()]
        checks = (
            (bool(self.passages), "the camera saw nobody"),
            *((kind in kinds, f"nobody was {_DECISIONS[kind]}") for kind in self.expected),
            (self.waiting_for is None, f"waited in vain for {self.waiting_for}"),
            (bool(self.locks) and LockState.JAMMED not in self.locks, "the lock was never measured, or jammed"),
            (DecisionKind.GRANT not in kinds or LockState.UNLOCKED in self.locks, "a grant did not open the lock"),
            (DecisionKind.DENY not in kinds or self.mails > 0, "a refusal sent no mail"),
            (bool(self.discovered), "nothing was announced to Home Assistant"),
        )
        return [said for worked, said in checks if not worked]

    def summary(self, seconds: float) -> dict[str, object]:
        """Return the one JSON object that `ONCE=1` prints; latencies are medians in ms, null without a sample."""
        return {
            "passages": [passage.state for passage in self.passages.values()],
            "decisions": [decision.decision for decision in self.decisions.values() if decision.passage],
            "lock": list(self.locks),
            "mails": self.mails,
            "display": list(self.displays),
            "discovery": len(self.discovered),
            "seconds": round(seconds, 1),
            "latency_ms": {"frame_to_decision": self._to_decision_ms(), "frame_to_lock": self._to_lock_ms()},
        }

    def _to_decision_ms(self) -> float | None:
        """From the frame that settled the verdict to the hub's decision."""
        spans = [(d.at - d.seen_to).total_seconds() * 1000 for d in self.decisions.values() if d.seen_to]
        return round(median(spans), 1) if spans else None

    def _to_lock_ms(self) -> float | None:
        """From that frame to the first command, if any, that reached the lock before the next decision."""
        spans = []
        decisions = sorted(self.decisions.values(), key=lambda decision: decision.at)
        for decision, later in zip_longest(decisions, decisions[1:]):
            if decision.seen_to is None or decision.decision is DecisionKind.OBSERVE:
                continue
            wanted = "unlock" if decision.decision is DecisionKind.GRANT else "lock"
            for action, at in self.commands:
                if action == wanted and decision.at <= at and (later is None or at < later.at):
                    spans.append((at - decision.seen_to).total_seconds() * 1000)
                    break
        return round(median(spans), 1) if spans else None


def _is(kind: Topic, topic: str) -> bool:
    return kind.match(DEFAULT_ROOT, topic) is not None


def _read(kind: Topic, topic: str, payload: bytes, model: type[M]) -> M | None:
    return decode(payload, model) if _is(kind, topic) else None

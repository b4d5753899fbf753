"""What comes in, read and checked. Plain data; `hub.intake` makes it, `hub.batch` takes it."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime

from hub.policy import AnyCommand, FaultKind
from maskgate.messages import Availability, Decision, DoorState, Feedback, NodeHealth, NodeWish, Passage, PassageRef


@dataclass(frozen=True, slots=True)
class PassageIn:
    """A verdict from a node that watches `door`; or, with `by`, what a person has the door try."""

    door: str
    passage: Passage
    received_at: datetime
    by: str | None = None


@dataclass(frozen=True, slots=True)
class CommandIn:
    """A person's command; `mark` is its fingerprint (see `hub.policy.command`), `by` who it was, where known."""

    door: str
    command: AnyCommand
    mark: str
    by: str | None = None


@dataclass(frozen=True, slots=True)
class FeedbackIn:
    """A measurement at a door."""

    door: str
    feedback: Feedback
    retained: bool


@dataclass(frozen=True, slots=True)
class NodeIn:
    """What a node says of itself: one of the two."""

    door: str
    node: str
    availability: Availability | None = None
    health: NodeHealth | None = None


@dataclass(frozen=True, slots=True)
class FaultIn:
    """Something that the door needs, and that is no node, does not work (a text), or works again (None)."""

    door: str
    found: Mapping[FaultKind, str | None]


@dataclass(frozen=True, slots=True)
class BirthIn:
    """Home Assistant has started."""


@dataclass(frozen=True, slots=True)
class EvidenceIn:
    """A picture of a passage, from a node that watches `door`."""

    door: str
    node: str
    passage: str
    jpeg: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class AckIn:
    """A verdict that was put aside: its node may let go of it."""

    node: str
    ref: PassageRef


@dataclass(frozen=True, slots=True)
class AskIn:
    """A person asks something of a node; `mark` is the message's fingerprint."""

    node: str
    wish: NodeWish
    mark: str


@dataclass(frozen=True, slots=True)
class RefusedIn:
    """A message that was refused and is kept as a sample of its kind."""

    at: datetime
    sender: str
    kind: str
    topic: str
    reason: str
    payload: bytes


DoorInput = PassageIn | CommandIn | FeedbackIn | NodeIn | FaultIn
AsideInput = EvidenceIn | AckIn | AskIn | RefusedIn
Input = DoorInput | AsideInput | BirthIn


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an input that somebody waits for; on disk."""

    obeyed: bool  # False: it had grown too old
    state: DoorState
    decisions: tuple[Decision, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """An input from a page instead of a message: the same way, answered after the commit."""

    item: CommandIn | PassageIn
    answer: "Future[Answer]" = field(default_factory=Future)

"""What a node says, and what it is told."""

from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from maskgate.ids import EventId, Slug
from maskgate.messages.base import Command, Message, Timestamp
from maskgate.states import MaskState

#: The greatest number that every database keeps in an integer.
MOST = 2**31 - 1


class Availability(StrEnum):
    """The whole payload of an availability topic, as plain text."""

    ONLINE = "online"
    OFFLINE = "offline"  # the broker says it, by the will
    STOPPED = "stopped"  # an orderly stop is not a failure


class VerdictReason(StrEnum):
    """Why the node spoke."""

    AGREED = "agreed"  # enough frames agree
    CHANGED = "changed"  # the person put the mask on or took it off: a revision
    UNDECIDED = "undecided"  # time went by and the frames do not agree
    LEFT = "left"  # the person went before the frames agreed


class Passage(Message):
    """One verdict about one passage. The same passage again with a higher revision replaces it."""

    passage: EventId
    revision: int = Field(ge=1, le=MOST)
    node: Slug
    seen_from: Timestamp = Field(description="First frame with this face.")
    seen_to: Timestamp = Field(description="The frame that settled this verdict.")
    published_at: Timestamp = Field(description="When this copy was handed to the broker, by the node's clock.")
    state: MaskState
    confidence: float = Field(ge=0, le=1)
    frames: int = Field(ge=1, le=MOST, description="Frames behind the verdict.")
    faces_in_view: int = Field(ge=0, le=MOST, description="Faces in the frame that settled it.")
    model: str = Field(max_length=200)
    reason: VerdictReason

    @model_validator(mode="after")
    def _times_in_order(self) -> Self:
        if not self.seen_from <= self.seen_to <= self.published_at:
            raise ValueError("times must run seen_from <= seen_to <= published_at")
        return self


class CameraState(StrEnum):
    """What the node has of its picture."""

    OK = "ok"
    DEGRADED = "degraded"  # pictures come, but nothing can be judged by them
    LOST = "lost"


class CameraTrouble(StrEnum):
    """Why a camera is degraded."""

    BLACK = "black"
    DARK = "dark"
    BRIGHT = "bright"
    COVERED = "covered"  # nothing sharp anywhere: a hand, tape, fog, lost focus
    FROZEN = "frozen"  # the same picture again and again


class Latency(BaseModel):
    """Milliseconds over the last minute: half of all took no longer than `p50`, 95 of 100 no longer than `p95`."""

    model_config = ConfigDict(frozen=True)

    p50: float = Field(ge=0)
    p95: float = Field(ge=0)


class Dropped(BaseModel):
    """How much a bounded queue let go of since the program started."""

    model_config = ConfigDict(frozen=True)

    telemetry: int = Field(default=0, ge=0)
    verdicts: int = Field(default=0, ge=0)


class NodeHealth(Message):
    """How a node is; retained, every 10 s and on change."""

    node: Slug
    at: Timestamp
    version: str
    camera: CameraState
    camera_trouble: CameraTrouble | None = Field(default=None, description="Why the camera is `degraded`.")
    detector: Literal["ok", "failed"]
    model: str
    fps: float = Field(ge=0)
    latency_ms: Latency | None = Field(default=None, description="From a frame's capture to its faces.")
    stages: dict[str, Latency] = Field(default={}, description="The parts of that, by name.")
    temperature_c: float | None = None
    memory_mb: float = Field(ge=0)
    outbox: int = Field(ge=0, description="Verdicts that the hub has not acknowledged yet.")
    storage: Literal["disk", "memory"] = Field(
        default="disk", description="Where a new verdict waits; memory while the disk is full or fails."
    )
    dropped: Dropped = Dropped()
    enabled: bool = Field(default=True, description="Whether it looks; false while it rests by command.")
    people: int | None = Field(default=None, ge=0, le=MOST, description="Living faces before the camera now.")
    hardware: str = Field(default="cpu", max_length=60, description="What the models run on.")
    restarts: int = Field(default=0, ge=0, description="Parts that were stuck and began anew, since the start.")
    faults: tuple[str, ...] = Field(default=(), description="Parts that stay stuck although they began anew.")


class NodePulse(Message):
    """The thread that tells has had another turn; sent about once a second, and by nothing else."""

    at: Timestamp


class PassageRef(BaseModel):
    """One stored verdict."""

    model_config = ConfigDict(frozen=True)

    passage: EventId
    revision: int = Field(ge=1)


class Ack(Message):
    """Verdicts that are safely on the hub's disk: the node's outbox lets go of exactly these (M1)."""

    stored: tuple[PassageRef, ...]


class NodeCommand(Command):
    """A command to a node: acted on once per id, never after `expires_at`, never when retained (S1, S2)."""

    id: EventId
    expires_at: Timestamp


class SetEnable(NodeCommand):
    """Look, or rest."""

    enabled: bool


class NodeWish(StrEnum):
    """What people may ask of a node."""

    ENABLE = "enable"
    REST = "rest"
    IDENTIFY = "identify"
    RESTART = "restart"
    SNAPSHOT = "snapshot"


class AskNode(Command):
    """A person asks something of a node. The hub hears it and commands the node; refused when retained or old (S1)."""

    wish: NodeWish


class LogLevel(StrEnum):
    """How much a node writes into its log."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class SetLogLevel(NodeCommand):
    """Write more or less into the log, until the next start."""

    level: LogLevel


class SetRelay(NodeCommand):
    """Move the relay on the board."""

    action: Literal["lock", "unlock"]

"""`node.yaml`: who the board is, the broker, the picture, the models, what counts as a verdict, the outbox."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from maskgate.config import MqttSettings, Secret, Section
from maskgate.ids import Slug
from maskgate.messages import LockAction


def _short_source(value: Any) -> Any:
    """`source: 0` and `source: {env: CAMERA}` say the address alone."""
    if isinstance(value, (int, str)) or (
        isinstance(value, dict) and len(value) == 1 and value.keys() & {"env", "file"}
    ):
        return {"address": value}
    return value


def _address_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class SourceSettings(Section):
    """Where the picture comes from."""

    # Camera addresses often hold a password, so it is kept as one: never shown, `{env: ...}` and `{file: ...}` work.
    address: Annotated[Secret, BeforeValidator(_address_text)] = Field(
        title="Address",
        description="Camera number or device file, csi or csi:1, rtsp:// or http:// address (MJPEG or single pictures),"
        " video file, or folder of pictures.",
    )
    loop: bool = Field(default=False, title="Loop", description="Play a file or folder again and again.")
    fps: float | None = Field(
        default=None,
        gt=0,
        le=240,
        title="Pictures per second",
        description="Asked of a camera; of a file only where it does not know.",
    )
    width: int | None = Field(default=None, ge=64, le=8192, title="Width", description="Asked of a camera.")
    height: int | None = Field(default=None, ge=64, le=8192, title="Height", description="Asked of a camera.")


class ModelSettings(Section):
    """The models and how they run."""

    folder: Path | None = Field(default=None, title="Folder", description="The package's own when left out.")
    threads: int = Field(default=1, ge=1, le=64, title="Threads", description="Of the processor.")
    edge_tpu: bool = Field(default=True, title="Edge TPU", description="Use one where it is there.")


#: From this score on, a face is taken for one. On the val split: nine of ten faces of 32 px and more are found,
#: one picture in seven shows a false one, and those rarely last.
FACE_SCORE = 0.6


class TrackingSettings(Section):
    """How one face is followed from frame to frame."""

    begin_score: float = Field(
        default=FACE_SCORE, gt=0, lt=1, title="Score to begin", description="A face this sure may begin a track."
    )
    continue_score: float = Field(
        default=0.3, gt=0, lt=1, title="Score to continue", description="A face this sure may continue a track."
    )
    lost_s: float = Field(default=1.0, gt=0, le=30, title="Lost after", description="Seconds unseen that end a track.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.continue_score > self.begin_score:
            raise ValueError("continue_score must not be above begin_score")
        return self


class VerdictSettings(Section):
    """When the frames of one person make a verdict."""

    min_face_px: int = Field(
        default=32, ge=8, le=4096, title="Smallest face", description="Pixels of the shorter side; smaller ones are"
        " followed but are no evidence.",
    )  # fmt: skip
    min_face_share: float = Field(
        default=0.0, ge=0, lt=1, title="Smallest face, as a share", description="Of the picture's shorter side."
    )
    min_score: float = Field(
        default=FACE_SCORE, gt=0, lt=1, title="Least score", description="A face less sure than this is no evidence."
    )
    frames: int = Field(default=5, ge=2, le=100, title="Frames", description="A verdict rests on at least so many.")
    window: int = Field(default=8, ge=2, le=200, title="Window", description="The last so many frames are weighed.")
    window_s: float = Field(
        default=2.0, gt=0, le=60, title="Window in time", description="Seconds; older is forgotten."
    )
    agreement: float = Field(
        default=0.8, gt=0.5, le=1, title="Agreement", description="Share of the window, by weight, for one state."
    )
    probability: float = Field(
        default=0.6, gt=0.34, lt=1, title="Probability", description="Mean over the window of that state."
    )
    settle_s: float = Field(
        default=0.2, ge=0, le=10, title="Settle", description="Seconds that frames must span before the first verdict."
    )
    sure: float = Field(
        default=0.85, gt=0.34, lt=1, title="Sure", description="A first verdict less probable than this must hold, too."
    )
    hold_s: float = Field(
        default=1.2, ge=0, le=30, title="Hold",
        description="Seconds that frames must go on to agree to revise a verdict: longer than a hand touches a face.",
    )  # fmt: skip
    undecided_s: float = Field(
        default=3.0, gt=0, le=60, title="Undecided after", description="Seconds without agreement: `uncertain`."
    )
    same_person_s: float = Field(
        default=2.0, ge=0, le=60, title="Same person within",
        description="Seconds; a face lost and found again at the same place is the same passage.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.window < self.frames:
            raise ValueError("window must be at least as large as frames")
        return self


class OutboxSettings(Section):
    """Verdicts on disk until they are safely elsewhere."""

    path: Path = Field(default=Path("var/node-outbox.db"), title="File", description="SQLite.")
    limit: int = Field(
        default=10_000,
        ge=10,
        le=1_000_000,
        title="Limit",
        description="Verdicts of less than 1 KB; the oldest go first.",
    )
    keep_days: float = Field(
        default=30, ge=0.01, le=3650, title="Kept for", description="Days; older ones go unheard, and are counted."
    )
    window: int = Field(default=20, ge=1, le=1000, title="Window", description="Sent and not yet acknowledged.")
    ack_within: float = Field(
        default=10, gt=0, le=600, title="Acknowledged within", description="Seconds, then all is sent again."
    )
    release: Literal["hub", "broker"] = Field(
        default="hub", title="Released by", description="hub: its disk has it. broker: for sites without a hub."
    )


class EvidenceSettings(Section):
    """Pictures leave the board only where this says so. They are never written to its disk."""

    pictures: Literal["none", "violations", "all"] = Field(
        default="none", title="Pictures", description="Which verdicts are sent with a picture."
    )
    snapshot: bool = Field(default=False, title="Snapshot", description="Whether the hub may ask for a picture.")
    faces: Literal["hidden", "shown"] = Field(
        default="hidden", title="Faces", description="hidden: nobody can be known by them. shown: a second opt-in."
    )
    width: int = Field(default=640, ge=64, le=1920, title="Width", description="Pixels at most.")
    quality: int = Field(default=75, ge=5, le=95, title="Quality", description="Of the JPEG.")
    waiting: int = Field(
        default=8, ge=1, le=100, title="Waiting", description="Pictures in memory; the oldest go first."
    )


Pin = Annotated[int, Field(ge=0, le=53)]


class RelaySettings(Section):
    """A relay on the board's own pins."""

    pin: Pin = Field(title="Pin", description="GPIO number (BCM).")
    active_high: bool = Field(default=True, title="Active high", description="Whether a high pin powers the relay.")
    energised: LockAction = Field(
        default=LockAction.UNLOCK, title="Energised", description="What the powered relay does to the lock."
    )
    power_on: LockAction | None = Field(
        default=None, title="At power-on", description="Where it is from the start on; without power when left out."
    )
    safe: LockAction = Field(default=LockAction.LOCK, title="Safe", description="Where it goes when the hub is gone.")
    alone: Literal["safe", "policy"] = Field(
        default="safe",
        title="Without a hub",
        description="safe: stay there. policy: follow the hub's last known one.",
    )
    door: Slug | None = Field(default=None, title="Door", description="Whose policy and emergency it follows alone.")
    hold: float = Field(default=5, gt=0, le=300, title="Hold", description="Seconds of a grant or a denial alone.")
    lost_for: float = Field(
        default=2, gt=0, le=60, title="Lost for", description="Seconds without a connection that make the hub gone."
    )
    silent_for: float = Field(
        default=25, ge=12, le=600, title="Silent for", description="Seconds without a word; the hub speaks every 10 s."
    )

    @property
    def first(self) -> LockAction:
        """Where the relay is from the program's start on."""
        unpowered = LockAction.LOCK if self.energised is LockAction.UNLOCK else LockAction.UNLOCK
        return self.power_on or unpowered

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.alone == "policy" and self.door is None:
            raise ValueError("alone: policy needs the door whose policy it is; add door")
        return self


class NodeConfig(Section):
    """The whole of `node.yaml`."""

    id: Slug
    mqtt: MqttSettings = MqttSettings()
    source: Annotated[SourceSettings, BeforeValidator(_short_source)]
    models: ModelSettings = ModelSettings()
    tracking: TrackingSettings = TrackingSettings()
    verdict: VerdictSettings = VerdictSettings()
    outbox: OutboxSettings = OutboxSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    relay: RelaySettings | None = None
    lamp: Pin | None = Field(default=None, title="Lamp", description="GPIO number of a lamp that `identify` blinks.")
    health_every: float = Field(default=10, gt=0, le=60, title="Health every", description="Seconds.")

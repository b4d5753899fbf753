"""`node.yaml`: who the board is, the broker, the picture, the models, what counts as a verdict, the outbox."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from mask_node.config_seeing import SeeingSettings, TrackingSettings, VerdictSettings
from maskgate.config import DatabaseFile, MqttSettings, Secret, Section
from maskgate.ids import RESERVED, Slug
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


class OutboxSettings(Section):
    """Verdicts on disk until they are safely elsewhere."""

    path: DatabaseFile = Field(default=Path("var/node-outbox.db"), title="File", description="SQLite.")
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
        default=3.5, ge=3, le=600, title="Silent for", description="Seconds without the hub's pulse that make it gone."
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


def _own_name(value: str) -> str:
    if value in RESERVED:
        raise ValueError(
            f"belongs to the {value}, and the broker lets nobody else use it; name the place, like front-door"
        )
    return value


class NodeConfig(Section):
    """The whole of `node.yaml`."""

    id: Annotated[Slug, AfterValidator(_own_name)]
    mqtt: MqttSettings = MqttSettings()
    source: Annotated[SourceSettings, BeforeValidator(_short_source)]
    models: ModelSettings = ModelSettings()
    seeing: SeeingSettings = SeeingSettings()
    tracking: TrackingSettings = TrackingSettings()
    verdict: VerdictSettings = VerdictSettings()
    outbox: OutboxSettings = OutboxSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    relay: RelaySettings | None = None
    lamp: Pin | None = Field(default=None, title="Lamp", description="GPIO number of a lamp that `identify` blinks.")
    health_every: float = Field(default=10, gt=0, le=60, title="Health every", description="Seconds.")

"""The protocol of all sources."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from mask_node.vision.types import Frame
from maskgate.messages import CameraState

#: The start of a file's own time: what it shows has no date.
FILE_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SourceError(Exception):
    """A source that cannot be used; the text is one sentence that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Captured:
    """A picture and its place in time.

    frame: (H, W, 3) BGR, 0..255, upright. index: 0-based, of the pictures that the source delivered, skipped ones
    counted. at: for records, aware. seconds: only ever growing, of the machine's clock or, of a file read as fast
    as it can be, of its own time. captured: the machine's monotonic clock when the picture was had, for latency.
    """

    frame: Frame
    index: int
    at: datetime
    seconds: float
    captured: float


class Source(Protocol):
    """Something to read pictures from. Log once when it is lost and once when it is back."""

    @property
    def ended(self) -> bool:
        """Whether no picture will ever come again."""
        ...

    @property
    def state(self) -> CameraState:
        """Whether pictures come."""
        ...

    def read(self, timeout: float) -> Captured | None:
        """Return the newest picture not read yet, waiting for it up to `timeout` seconds.

        None when none came in time, or at the end (`ended`). Raises `SourceError` for a file that breaks off.
        """
        ...

    def close(self) -> None:
        """Let go of the device or file. A `read` in another thread returns None soon."""
        ...


def file_time(index: int, fps: float) -> datetime:
    """Return the moment of a picture in a file's own time."""
    return FILE_EPOCH + timedelta(seconds=index / fps)

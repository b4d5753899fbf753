"""A camera on the network: RTSP, or MJPEG over HTTP, through FFmpeg."""

from urllib.parse import urlsplit

from mask_node.sources.base import SourceError
from mask_node.sources.live import Live
from mask_node.sources.opencv import cv2
from maskgate.clock import Clock

OPEN_MS, READ_MS = 5000, 5000


def without_secrets(address: str) -> str:
    """Return the address as it may be shown: no user, no password, no query."""
    parts = urlsplit(address)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"


class NetworkCamera(Live):
    """A stream at an address."""

    def __init__(self, address: str, *, patient: bool, clock: Clock) -> None:
        self._address = address
        super().__init__(without_secrets(address), patient=patient, clock=clock)

    def _open(self) -> "cv2.VideoCapture":
        limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_MS]
        capture = cv2.VideoCapture(self._address, cv2.CAP_FFMPEG, limits)
        if not capture.isOpened():
            capture.release()
            raise SourceError(
                f"no picture comes from {self._name}; check the address, the password and that the camera is on"
            )
        return capture

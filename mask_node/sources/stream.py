"""A camera that streams over the network through FFmpeg: RTSP, and what else an address may lead to."""

from mask_node.sources.address import without_secrets
from mask_node.sources.base import SourceError
from mask_node.sources.live import Feed, Live
from mask_node.sources.opencv import CaptureFeed, cv2
from maskgate.clock import Clock

OPEN_MS, READ_MS = 5000, 5000


def open_stream(address: str) -> Feed:
    """Open an address with FFmpeg; raises `SourceError`."""
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_MS]
    capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, limits)
    if not capture.isOpened():
        capture.release()
        raise SourceError(
            f"no picture comes from {without_secrets(address)}; check the address, the password and that the camera"
            " is on"
        )
    return CaptureFeed(capture)


class StreamCamera(Live):
    """A stream at an address; RTSP over TCP, as OpenCV asks FFmpeg for unless OPENCV_FFMPEG_CAPTURE_OPTIONS is set."""

    def __init__(self, address: str, *, patient: bool, clock: Clock) -> None:
        self._address = address
        super().__init__(without_secrets(address), patient=patient, clock=clock)

    def _open(self) -> Feed:
        return open_stream(self._address)

"""A camera on this machine (USB, V4L2), by its number or its device file."""

import sys
from pathlib import Path

from mask_node.sources.base import SourceError
from mask_node.sources.live import Feed, Live
from mask_node.sources.opencv import CaptureFeed, cv2
from maskgate.clock import Clock


class Camera(Live):
    """One of the machine's cameras, in the size and rate asked for where it can.

    device: its number, or a path such as `/dev/v4l/by-id/...`, which stays the same when cameras are plugged anew.
    """

    def __init__(
        self,
        device: int | Path,
        *,
        width: int | None = None,
        height: int | None = None,
        fps: float | None = None,
        patient: bool,
        clock: Clock,
    ) -> None:
        self._device = device
        wanted = ((cv2.CAP_PROP_FRAME_WIDTH, width), (cv2.CAP_PROP_FRAME_HEIGHT, height), (cv2.CAP_PROP_FPS, fps))
        self._wanted = [(what, value) for what, value in wanted if value is not None]
        super().__init__(str(device), patient=patient, clock=clock)

    def _open(self) -> Feed:
        driver = cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY
        # A link by id leads to the real device file, which is what OpenCV's driver knows.
        device = str(self._device.resolve()) if isinstance(self._device, Path) else self._device
        capture = cv2.VideoCapture(device, driver)
        if not capture.isOpened():
            capture.release()
            raise SourceError(
                f"there is no camera {self._device}, or another program holds it; check the plug and `ls /dev/video*`"
            )
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        for what, value in self._wanted:
            capture.set(what, value)
        return CaptureFeed(capture)

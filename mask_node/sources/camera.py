"""A camera on this machine, by its number."""

import sys

from mask_node.sources.base import SourceError
from mask_node.sources.live import Live
from mask_node.sources.opencv import cv2
from maskgate.clock import Clock


class Camera(Live):
    """Number `index` of the machine's cameras, in the size asked for where it can."""

    def __init__(self, index: int, *, width: int | None, height: int | None, patient: bool, clock: Clock) -> None:
        self._number, self._width, self._height = index, width, height
        super().__init__(str(index), patient=patient, clock=clock)

    def _open(self) -> "cv2.VideoCapture":
        driver = cv2.CAP_V4L2 if sys.platform == "linux" else cv2.CAP_ANY
        capture = cv2.VideoCapture(self._number, driver)
        if not capture.isOpened():
            capture.release()
            raise SourceError(
                f"there is no camera {self._number}, or another program holds it; check the plug and `ls /dev/video*`"
            )
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        for what, value in ((cv2.CAP_PROP_FRAME_WIDTH, self._width), (cv2.CAP_PROP_FRAME_HEIGHT, self._height)):
            if value is not None:
                capture.set(what, value)
        return capture

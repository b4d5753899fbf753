"""A Raspberry Pi's own camera on the CSI port, through Picamera2, which comes with the system, not from an index."""

from typing import Any

import numpy as np

from mask_node.sources.base import SourceError
from mask_node.sources.live import Feed, Live
from mask_node.vision.types import Frame
from maskgate.clock import Clock

#: When nobody says: what the detector makes use of, and the sensor's full view.
WIDTH, HEIGHT = 640, 480


class CsiCamera(Live):
    """Number `index` of the CSI cameras."""

    def __init__(
        self,
        index: int,
        *,
        width: int | None = None,
        height: int | None = None,
        fps: float | None = None,
        patient: bool,
        clock: Clock,
    ) -> None:
        self._index, self._size, self._fps = index, (width or WIDTH, height or HEIGHT), fps
        super().__init__(f"csi:{index}", patient=patient, clock=clock)

    def _open(self) -> Feed:
        try:
            from picamera2 import Picamera2
        except ImportError as error:
            raise SourceError(
                "a CSI camera needs Picamera2; install python3-picamera2 on Raspberry Pi OS and make the virtual"
                " environment with --system-site-packages"
            ) from error
        try:
            camera = Picamera2(self._index)
        except (IndexError, RuntimeError) as error:  # what it raises without a camera, and with a busy one
            raise SourceError(
                f"there is no CSI camera {self._index}, or another program holds it; check the ribbon cable and"
                " `rpicam-hello --list-cameras`"
            ) from error
        try:
            rate = {"FrameRate": self._fps} if self._fps else {}
            # What libcamera calls RGB888 lies in memory as B, G, R. Without a queue the next picture is a fresh one.
            wanted = {"size": self._size, "format": "RGB888"}
            camera.configure(camera.create_video_configuration(main=wanted, controls=rate, queue=False))
            camera.start()
        except Exception:
            camera.close()
            raise
        return _CsiFeed(camera)


class _CsiFeed:
    def __init__(self, camera: Any) -> None:
        self._camera = camera

    def next(self) -> Frame | None:
        return np.asarray(self._camera.capture_array("main"), np.uint8)

    def close(self) -> None:
        self._camera.stop()
        self._camera.close()

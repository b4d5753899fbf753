"""A video file."""

from pathlib import Path

import numpy as np

from mask_node.sources.base import SourceError
from mask_node.sources.opencv import cv2, known_rate, name_for_opencv
from mask_node.sources.recorded import Recorded
from mask_node.vision.types import Frame
from maskgate.clock import Clock


class VideoFile(Recorded):
    """Every frame until the decoder has no more: what the container says of their number is not believed.

    Frames come upright: OpenCV turns them by the file's rotation mark.
    """

    def __init__(self, path: Path, *, fps: float | None, pace: bool, loop: bool, clock: Clock) -> None:
        self._path = path
        self._capture = self._open()
        super().__init__(fps=known_rate(self._capture, fps), pace=pace, loop=loop, clock=clock)

    def _open(self) -> "cv2.VideoCapture":
        try:
            name = name_for_opencv(self._path)
        except UnicodeEncodeError as error:
            raise SourceError(f"{self._path} cannot be opened, its name is no UTF-8; rename it") from error
        capture = cv2.VideoCapture(name, cv2.CAP_FFMPEG)
        if not capture.isOpened():
            capture.release()
            raise SourceError(f"{self._path} is no video that can be read; try to play it, or convert it to MP4")
        capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        return capture

    def _grab(self) -> bool:
        return bool(self._capture.grab())

    def _retrieve(self) -> Frame | None:
        ok, frame = self._capture.retrieve()
        return np.asarray(frame, np.uint8) if ok else None

    def _rewind(self) -> None:
        # Seeking to the start fails in some containers; opening again does not.
        self._capture.release()
        self._capture = self._open()

    def _release(self) -> None:
        self._capture.release()

    def _nothing_in_it(self) -> str:
        return f"{self._path} holds no picture that can be read; try to play it, or convert it to MP4"

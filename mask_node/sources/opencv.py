"""OpenCV's capture with its own chatter silenced: our errors say it once and in words."""

import os
from pathlib import Path
from typing import Any

# Read by OpenCV when it first opens something: -8 is FFmpeg's AV_LOG_QUIET, and a V4L2 camera that is stuck is
# waited for 3 s a picture, not 10.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "3")

import cv2
import numpy as np

from mask_node.vision.types import Frame

__all__ = ["CaptureFeed", "cv2", "decode_picture", "known_rate", "name_for_opencv", "read_picture"]


def silence(opencv: Any) -> None:
    """Turn its log off where this OpenCV has the switch: 5 moved it, and 32-bit boards have 4 (see `tflite`)."""
    log = getattr(opencv.utils, "logging", None)
    if log is not None:
        log.setLogLevel(log.LOG_LEVEL_SILENT)
    else:
        opencv.setLogLevel(0)


silence(cv2)

#: What a file is played at that does not know its rate.
USUAL_FPS = 25.0


class CaptureFeed:
    """An open `cv2.VideoCapture` as a `Feed`."""

    def __init__(self, capture: "cv2.VideoCapture") -> None:
        self._capture = capture

    def next(self) -> Frame | None:
        """See `Feed.next`."""
        ok, frame = self._capture.read()
        return np.asarray(frame, np.uint8) if ok else None

    def close(self) -> None:
        """See `Feed.close`."""
        self._capture.release()


def known_rate(capture: "cv2.VideoCapture", wanted: float | None) -> float:
    """Return the pictures per second of a source: as wanted, else as it says, else the usual 25."""
    told = float(capture.get(cv2.CAP_PROP_FPS))
    return wanted or (told if 1 <= told <= 240 else USUAL_FPS)


def name_for_opencv(path: Path) -> str:
    """Return a file's name as OpenCV and FFmpeg take it; raises `UnicodeEncodeError` for one that is no UTF-8.

    That one would end the process. FFmpeg takes what stands before a colon for a protocol, but not in a whole path.
    """
    name = str(path.absolute())
    name.encode()
    return name


def read_picture(path: Path) -> Frame | None:
    """Return a picture file as (H, W, 3) BGR, upright; None when it is none or cannot be read."""
    try:
        return decode_picture(path.read_bytes())
    except OSError:
        return None


def decode_picture(content: bytes) -> Frame | None:
    """Return an encoded picture as (H, W, 3) BGR, upright; None when it is none or broken."""
    try:
        picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    except cv2.error:
        return None
    return None if picture is None else np.asarray(picture, np.uint8)

"""Show what the node sees: in a window where there is a display, or into a video file."""

import os
import sys
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from mask_node.looking import Looker
from mask_node.sight.draw import draw
from mask_node.sources import Captured
from mask_node.sources.opencv import name_for_opencv
from mask_node.vision.types import Frame

WINDOW = "maskgate"
#: What a file plays at when the source does not know its rate.
USUAL_FPS = 25.0


class ShowError(Exception):
    """Nothing can be shown; the text is one sentence that says why and what to do."""


class Screen(Protocol):
    """Where pictures go."""

    def put(self, picture: Frame) -> bool:
        """Show a picture; False when nobody wants to see more."""
        ...

    def close(self) -> None:
        """Finish."""
        ...


class VideoScreen:
    """A video file, MP4. The first picture fixes its size."""

    def __init__(self, path: Path, fps: float = USUAL_FPS) -> None:
        self._path, self._fps = path, fps
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)

    def put(self, picture: Frame) -> bool:
        """See `Screen.put`. Raises `ShowError` when the file cannot be written."""
        if self._writer is None:
            self._size = (picture.shape[1], picture.shape[0])
            try:
                name = name_for_opencv(self._path)
            except UnicodeEncodeError as error:
                raise ShowError(f"{self._path} cannot be written, its name is no UTF-8; name another") from error
            self._writer = cv2.VideoWriter(name, cv2.VideoWriter.fourcc(*"mp4v"), self._fps, self._size)
            if not self._writer.isOpened():
                raise ShowError(f"{self._path} cannot be written; name a file like seen.mp4 in a folder of yours")
        if (picture.shape[1], picture.shape[0]) != self._size:
            picture = np.asarray(cv2.resize(picture, self._size), np.uint8)
        self._writer.write(picture)
        return True

    def close(self) -> None:
        """See `Screen.close`."""
        if self._writer is not None:
            self._writer.release()


class WindowScreen:
    """A window on this machine's display; `q` or Escape closes it."""

    def __init__(self) -> None:
        """Raises `ShowError` where there is no display, or OpenCV cannot make windows (its headless package)."""
        if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
            raise ShowError("there is no display here; write a video instead, with --out seen.mp4")
        try:
            cv2.namedWindow(WINDOW, cv2.WINDOW_NORMAL)
        except cv2.error as error:
            raise ShowError(
                "the installed OpenCV makes no windows; install opencv-python in place of opencv-python-headless, or"
                " write a video with --out seen.mp4"
            ) from error

    def put(self, picture: Frame) -> bool:
        """See `Screen.put`."""
        cv2.imshow(WINDOW, picture)
        return cv2.waitKey(1) & 0xFF not in {ord("q"), 27}

    def close(self) -> None:
        """See `Screen.close`."""
        cv2.destroyAllWindows()


def open_screen(out: Path | None, fps: float | None) -> Screen:
    """A video file where one is named, else a window. Raises `ShowError`."""
    return WindowScreen() if out is None else VideoScreen(out, fps or USUAL_FPS)


def drawn(looker: Looker, picture: Captured) -> Frame:
    """The picture with what the looker made of it."""
    view = looker.view
    return draw(picture.frame, view.tracks, told=looker.told(), signs=view.signs, ms=view.ms, trouble=view.trouble)

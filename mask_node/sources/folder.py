"""A folder of pictures, in the order of their names."""

import re
from pathlib import Path

from mask_node.sources.base import SourceError
from mask_node.sources.opencv import read_picture
from mask_node.sources.recorded import Recorded
from mask_node.vision.types import Frame
from maskgate.clock import Clock

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm"})
#: Pictures per second when nobody says.
USUAL_FPS = 10.0


def _by_number(path: Path) -> list[tuple[int, int, str]]:
    """A key that puts `9.jpg` before `10.jpg`."""
    parts = re.split(r"(\d+)", path.name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]


class PictureFolder(Recorded):
    """The pictures of one folder as they were one after another in front of a camera."""

    def __init__(self, path: Path, *, fps: float | None, pace: bool, loop: bool, clock: Clock) -> None:
        try:
            names = [entry for entry in path.iterdir() if entry.suffix.lower() in PICTURES]
        except OSError as error:
            raise SourceError(f"{path} cannot be read ({error.strerror}); check the folder's permissions") from error
        if not names:
            raise SourceError(f"{path} holds no pictures; put files like .jpg or .png into it, or name another folder")
        self._path, self._pictures, self._at = path, sorted(names, key=_by_number), -1
        super().__init__(fps=fps or USUAL_FPS, pace=pace, loop=loop, clock=clock)

    def _grab(self) -> bool:
        if self._at + 1 >= len(self._pictures):
            return False
        self._at += 1
        return True

    def _retrieve(self) -> Frame | None:
        frame = read_picture(self._pictures[self._at])
        if frame is None:
            raise SourceError(f"{self._pictures[self._at]} is no picture that can be read; remove or replace it")
        return frame

    def _rewind(self) -> None:
        self._at = -1

    def _release(self) -> None:
        pass

    def _nothing_in_it(self) -> str:
        return f"{self._path} holds no pictures; put files like .jpg or .png into it"

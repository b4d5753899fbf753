"""Evidence pictures, only where the site opted in: faces hidden, kept in memory until they are sent (P7, P8)."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from mask_node.config import EvidenceSettings
from mask_node.sight.region import put_back
from mask_node.vision.types import Box, Face, Frame
from maskgate.states import VIOLATIONS, MaskState

log = logging.getLogger(__name__)

#: A face's box grows by this share of its size on every side: hair, ears and chin say who it is, too.
MARGIN = 0.35
#: A face becomes so many squares on each side. Fewer show no colour of a mask, more show features.
SQUARES = 4
#: A face that this part of its score is left of must be covered again.
STILL_A_FACE = 0.2
#: A whole picture whose faces cannot be hidden one by one becomes so many squares wide.
COARSE = 16
MOST_BYTES = 256 * 1024

Find = Callable[[Frame], list[Face]]


def is_wanted(settings: EvidenceSettings, state: MaskState) -> bool:
    """Whether the site wants a picture of a verdict."""
    return settings.pictures == "all" or (settings.pictures == "violations" and state in VIOLATIONS)


def hidden(frame: Frame, find: Find) -> Frame:
    """Return a copy of (H, W, 3) BGR in which `find` finds no face any more, nor is likely to see who it was.

    find: gives all faces down to a low score. Faces are looked for in parts of the picture, too, so that small ones
    are found. What is still taken for a face afterwards is covered, in the end all of it.
    """
    picture = frame.copy()
    for x, y, part in _parts(frame):
        for face in put_back(find(part), x, y):
            _pixelate(picture, face.box)
    for _ in range(3):
        left = [
            face for x, y, part in _parts(picture) for face in put_back(find(part), x, y) if face.score >= STILL_A_FACE
        ]
        if not left:
            return picture
        for face in left:
            _cover(picture, face.box)
    log.warning("faces in an evidence picture cannot be hidden one by one; the whole picture is made coarse")
    small = cv2.resize(frame, (COARSE, max(1, COARSE * frame.shape[0] // frame.shape[1])), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, frame.shape[1::-1], interpolation=cv2.INTER_NEAREST), np.uint8)


def evidence(frame: Frame, settings: EvidenceSettings, find: Find) -> bytes:
    """Return what may leave the board of a (H, W, 3) BGR frame, as JPEG of at most `MOST_BYTES`."""
    shown = settings.faces == "shown"
    picture = _smaller(frame if shown else hidden(frame, find), settings.width)
    if not shown and picture.shape != frame.shape:
        picture = hidden(picture, find)  # in another size, something else may look like a face
    for quality in (settings.quality, 60, 40, 20, 5):
        _, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, min(quality, settings.quality)])
        if content.size <= MOST_BYTES:
            break
    return content.tobytes()


def _smaller(frame: Frame, width: int) -> Frame:
    scale = min(1.0, width / frame.shape[1])
    if scale == 1:
        return frame
    return np.asarray(cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG that is to be sent, named by its passage or by the command that asked for it."""

    name: str
    content: bytes


class Pictures:
    """The last few that were not sent yet, in memory only. Any thread may call; a full one drops its oldest."""

    def __init__(self, most: int) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Picture] = deque()
        self._most = most
        self.dropped = 0

    @property
    def waiting(self) -> bool:
        """Whether there is one to be sent."""
        return bool(self._waiting)

    def put(self, picture: Picture) -> None:
        """Keep one until it is sent."""
        with self._lock:
            self._waiting.append(picture)
            if len(self._waiting) > self._most:
                self._waiting.popleft()
                self.dropped += 1

    def send(self, publish: Callable[[Picture], bool]) -> None:
        """Hand all to `publish`, the oldest first, until it returns False."""
        while True:
            with self._lock:
                if not self._waiting:
                    return
                first = self._waiting[0]
            if not publish(first):
                return
            with self._lock:
                if self._waiting and self._waiting[0] is first:
                    self._waiting.popleft()


def _parts(frame: Frame) -> Iterator[tuple[int, int, Frame]]:
    """Yield the whole, and of a large picture nine parts that overlap by half, with their places in pixels."""
    yield 0, 0, frame
    height, width = frame.shape[0] // 2, frame.shape[1] // 2
    if min(height, width) < 160:
        return
    for y in (0, height // 2, height):
        for x in (0, width // 2, width):
            yield x, y, frame[y : y + height, x : x + width]


def _region(picture: Frame, box: Box) -> Frame:
    """Return the part of the picture around a box, as a view; never empty."""
    x, y, w, h = box
    left, top = max(0, int(x - MARGIN * w)), max(0, int(y - MARGIN * h))
    right, bottom = int(np.ceil(x + w + MARGIN * w)), int(np.ceil(y + h + MARGIN * h))
    left, top = min(left, picture.shape[1] - 1), min(top, picture.shape[0] - 1)
    return picture[top : max(bottom, top + 1), left : max(right, left + 1)]


def _pixelate(picture: Frame, box: Box) -> None:
    region = _region(picture, box)
    small = cv2.resize(region, (SQUARES, SQUARES), interpolation=cv2.INTER_AREA)
    region[:] = cv2.resize(small, region.shape[1::-1], interpolation=cv2.INTER_NEAREST)


def _cover(picture: Frame, box: Box) -> None:
    region = _region(picture, box)
    region[:] = region.mean(axis=(0, 1)).astype(np.uint8)

"""Open a picture once: is it whole, do its boxes fit, what does it look like."""

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from training.prepare.fingerprint import Fingerprint, fingerprint
from training.prepare.records import Box, Found, LeftOut, Reason

#: A box that lies outside by more than this share of its area was drawn for another picture or size.
OUTSIDE = 0.5


@dataclass(frozen=True, slots=True)
class Opened:
    """A sound picture. boxes: as found, in pixels, cut at the picture's edge. clipped: how many were cut.

    turned: whether the orientation in the file's EXIF counts (annotation tools that do not know it see it unturned).
    """

    found: Found
    width: int
    height: int
    boxes: tuple[Box, ...]
    clipped: int
    turned: bool
    sha256: str
    print: Fingerprint


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture of a set that is kept apart: all that is needed to know it again."""

    path: Path
    sha256: str
    print: Fingerprint


def examine(found: Found, *, empty_is_fine: bool) -> Opened | LeftOut:
    """The opened picture, or why it cannot be used. empty_is_fine: a picture without a face is background."""

    def bad(reason: Reason, detail: str = "") -> LeftOut:
        return LeftOut(found.name, reason, detail, found.path)

    if found.label is None and not found.faces and not empty_is_fine:
        return bad(Reason.NO_FACE)
    data = found.path.read_bytes()
    if fault := file_fault(data):
        return bad(fault)
    turned = True
    picture = decode(data, turned=turned)
    if picture is None:
        return bad(Reason.UNREADABLE)
    height, width = picture.shape[:2]
    if found.size and found.size != (width, height):
        turned = False
        unturned = decode(data, turned=False)
        if unturned is None or (unturned.shape[1], unturned.shape[0]) != found.size:
            return bad(Reason.SIZE_DIFFERS, f"{found.size[0]}x{found.size[1]} stated, {width}x{height} is")
        picture, (width, height) = unturned, found.size
    boxes, clipped = [], 0
    for face in found.faces:
        across, down = (width, height) if found.shares else (1, 1)
        x, y, w, h = face.box
        box = (x * across, y * down, w * across, h * down)
        if fault := box_fault(box, width, height):
            return bad(fault, f"{face.name} at {' '.join(f'{value:g}' for value in box)} in {width}x{height}")
        boxes.append(cut(box, width, height))
        clipped += boxes[-1] != box
    sha256 = hashlib.sha256(data).hexdigest()
    return Opened(found, width, height, tuple(boxes), clipped, turned, sha256, fingerprint(picture))


def see(path: Path) -> Seen | None:
    """What is needed to know the picture again, or None if it cannot be read."""
    data = path.read_bytes()
    picture = decode(data, turned=True)
    return None if picture is None else Seen(path, hashlib.sha256(data).hexdigest(), fingerprint(picture))


def decode(data: bytes, *, turned: bool, grey: bool = False) -> NDArray[np.uint8] | None:
    """The picture (H, W, 3) BGR, or (H, W) if `grey`; None if it is none."""
    flags = cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR
    if not turned:
        flags |= cv2.IMREAD_IGNORE_ORIENTATION
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        return None
    return None if picture is None else np.asarray(picture, np.uint8)


def file_fault(data: bytes) -> Reason | None:
    """Whether the file is empty or ends too early. Decoders fill up what is missing with grey and say nothing."""
    if not data:
        return Reason.EMPTY_FILE
    whole = True
    if data.startswith(b"\xff\xd8"):  # JPEG: an end after the last start of a scan (a preview inside has its own)
        whole = data.rfind(b"\xff\xd9") > data.rfind(b"\xff\xda")
    elif data.startswith(b"\x89PNG"):
        whole = b"IEND\xaeB`\x82" in data[-4096:]
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        whole = len(data) >= int.from_bytes(data[4:8], "little") + 8
    return None if whole else Reason.TRUNCATED


def box_fault(box: Box, width: int, height: int) -> Reason | None:
    """Whether the box has no area or lies mostly outside a picture of this size."""
    _, _, w, h = box
    if not all(math.isfinite(value) for value in box) or w <= 0 or h <= 0:
        return Reason.BOX_EMPTY
    _, _, inner_w, inner_h = cut(box, width, height)
    return Reason.BOX_OUTSIDE if inner_w * inner_h < (1 - OUTSIDE) * w * h else None


def cut(box: Box, width: int, height: int) -> Box:
    """The part of the box inside the picture; without area where there is none."""
    x, y, w, h = box
    if x >= 0 and y >= 0 and x + w <= width and y + h <= height:
        return box  # to the last bit: adding and taking away again would round
    left, top = min(max(x, 0.0), width), min(max(y, 0.0), height)
    return left, top, max(min(x + w, width) - left, 0.0), max(min(y + h, height) - top, 0.0)

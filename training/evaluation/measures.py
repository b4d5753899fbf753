"""What a rule of a slice can measure around a box. Pure."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.evaluation.matching import Floats, Ints

Picture = NDArray[np.uint8]

#: The surround is this many times the box, about its centre.
SURROUND = 2.0
#: Sharpness is measured at this side, so that a large soft face and a small sharp one can be told apart.
SHARPNESS_SIDE = 48


@dataclass(frozen=True, slots=True)
class Measures:
    """Of N boxes in one picture.

    luminance, contrast: (N,) of the surround, 0..255: its mean, and the distance of its 5th and 95th percentile.
    sharpness: (N,) mean absolute Laplacian over standard deviation inside the box, NaN below 48 px.
    cloth: (N, 4) of the middle of the box's lower half: median hue 0..180, saturation and value 0..255, and the
    standard deviation of value.
    """

    luminance: Floats
    contrast: Floats
    sharpness: Floats
    cloth: Floats


def measure(picture: Picture, boxes: NDArray[np.floating]) -> Measures:
    """The measures of (N, 4) boxes x, y, w, h in pixels of a (H, W, 3) BGR picture."""
    grey = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    rows = [(*_surround(grey, box), _sharpness(grey, box), *_cloth(picture, box)) for box in boxes]
    table = np.array(rows, np.float64).reshape(-1, 7)
    return Measures(table[:, 0], table[:, 1], table[:, 2], table[:, 3:])


def _cut(picture: Picture, x1: float, y1: float, x2: float, y2: float) -> Picture:
    """The part between two corners that lies inside the picture; one pixel at least."""
    height, width = picture.shape[:2]
    left, top = min(max(0, round(x1)), width - 1), min(max(0, round(y1)), height - 1)
    return picture[top : max(top + 1, round(y2)), left : max(left + 1, round(x2))]


def _surround(grey: Picture, box: Floats) -> tuple[float, float]:
    x, y, w, h = (float(v) for v in box)
    dx, dy = w * (SURROUND - 1) / 2, h * (SURROUND - 1) / 2
    part = _cut(grey, x - dx, y - dy, x + w + dx, y + h + dy)
    low, high = np.percentile(part, (5, 95))
    return float(part.mean()), float(high - low)


def _sharpness(grey: Picture, box: Floats) -> float:
    x, y, w, h = (float(v) for v in box)
    if max(w, h) < SHARPNESS_SIDE:
        return float("nan")
    part = _cut(grey, x, y, x + w, y + h)
    scale = SHARPNESS_SIDE / max(part.shape)
    small = cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    spread = max(float(small.std()), 1.0)
    return float(np.abs(cv2.Laplacian(small, cv2.CV_32F)).mean()) / spread


def _cloth(picture: Picture, box: Floats) -> tuple[float, float, float, float]:
    """Where a worn mask lies: the middle half of the width, 55 to 85 % of the height."""
    x, y, w, h = (float(v) for v in box)
    part = cv2.cvtColor(_cut(picture, x + w * 0.25, y + h * 0.55, x + w * 0.75, y + h * 0.85), cv2.COLOR_BGR2HSV)
    hue, saturation, value = (part[..., n] for n in range(3))
    return float(np.median(hue)), float(np.median(saturation)), float(np.median(value)), float(value.std())


def joined(parts: list[Measures], rows: tuple[Ints, Ints]) -> Measures:
    """The measures of chosen boxes: rows are picture and index of each."""
    at = list(zip(rows[0].tolist(), rows[1].tolist(), strict=True))

    def column(name: str, width: int) -> Floats:
        values = np.array([getattr(parts[p], name)[i] for p, i in at], np.float64)
        return values.reshape(-1, width) if width > 1 else values

    return Measures(column("luminance", 1), column("contrast", 1), column("sharpness", 1), column("cloth", 4))

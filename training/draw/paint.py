"""Lay a drawn thing over a picture as a camera would have seen it: in its light, as sharp and as noisy as the rest."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from mask_node.vision.geometry import PAD_GREY
from training.augment import NOISE, Picture, Rng
from training.draw.frame import Array, Frame
from training.draw.points import OUTLINE

Plane = NDArray[np.float32]
Colour = NDArray[np.float32]
Area = tuple[int, int, int, int]

#: Side of the coarse grid that holds the light of a face.
_GRID = 16
#: Where the skin's colour is read (u, v): cheeks, or what a mask leaves bare.
CHEEKS = tuple((u, v) for u in (-0.36, -0.28, 0.28, 0.36) for v in (0.25, 0.38))
BROW = ((-0.2, -0.22), (0.0, -0.25), (0.2, -0.22), (-0.12, -0.15), (0.12, -0.15), (0.0, 0.0), (0.0, -0.1))
#: Fine detail over coarse detail of a face, and the blur in pixels (standard deviation) that it tells of. Measured on
#: 92 large faces that were shrunk 1 to 6 times and grown again.
SHARPNESS = ((0.14, 0.19, 0.21, 0.245, 0.3, 0.37, 0.64), (3.4, 2.8, 2.0, 1.5, 1.05, 0.8, 0.5))


@dataclass(slots=True)
class Canvas:
    """A picture that is drawn on, and what its light and lens are like. `picture` is changed by `lay`.

    level: brightness of white cloth, 0.2..1.1.
    cast: (3,) colour of the light, near 1. blur: standard deviation in pixels that brings sharp drawings to the
    picture's sharpness. noise: standard deviation of its grain in grey levels. skin: (3,) median colour of the
    cheeks, or of the brow where the face is `worn`: already wears a mask.
    """

    picture: Picture
    frame: Frame
    rng: Rng
    worn: bool = False
    level: float = field(init=False)
    cast: Colour = field(init=False)
    blur: float = field(init=False)
    noise: float = field(init=False)
    skin: Colour = field(init=False)
    within: Area = field(init=False)
    _spread: Plane = field(init=False)
    _face: Area = field(init=False)

    def __post_init__(self) -> None:
        self.within = framed(self.picture)
        left, top, right, bottom = self.area(self.frame.points.astype(np.float64), 0.0)
        face = self.picture[top:bottom, left:right]
        grey = np.asarray(cv2.cvtColor(face, cv2.COLOR_BGR2GRAY), np.uint8)
        skin = self.frame.at(np.array(BROW if self.worn else CHEEKS))
        x = np.clip(skin[:, 0].astype(int), self.within[0], self.within[2] - 1)
        y = np.clip(skin[:, 1].astype(int), self.within[1], self.within[3] - 1)
        self.skin = np.median(self.picture[y, x], axis=0).astype(np.float32)
        self._measure_light(grey, (left, top, right, bottom))
        self._measure_lens(grey)

    def _measure_light(self, grey: Picture, area: Area) -> None:
        left, top = area[:2]
        inside = np.zeros(grey.shape, np.uint8)
        outline = self.frame.points[list(OUTLINE)] - (left, top)
        cv2.fillPoly(inside, [np.round(outline).astype(np.int32)], 255)
        weight = cv2.resize(inside, (_GRID, _GRID), interpolation=cv2.INTER_AREA).astype(np.float32) / 255 + 1e-3
        coarse = cv2.resize(grey, (_GRID, _GRID), interpolation=cv2.INTER_AREA).astype(np.float32)
        low = cv2.GaussianBlur(coarse * weight, (0, 0), 3.0) / cv2.GaussianBlur(weight, (0, 0), 3.0)
        mean = float((coarse * weight).sum() / weight.sum())
        spread = np.clip(low / max(mean, 1.0), 0.45, 1.5).astype(np.float32)
        self._spread, self._face = spread, area
        bright = float(np.percentile(grey[::3, ::3], 95))
        self.level = float(np.clip(0.45 * bright / 215 + 0.55 * mean / 135, 0.15, 1.04))
        means = self.picture[::4, ::4].reshape(-1, 3).mean(axis=0) + 8
        self.cast = np.clip((means / means.mean()) ** 0.35, 0.8, 1.25).astype(np.float32)

    def _measure_lens(self, grey: Picture) -> None:
        fine = grey.astype(np.float32)
        once = cv2.GaussianBlur(fine, (0, 0), 0.8)
        size = (max(1, grey.shape[1] // 2), max(1, grey.shape[0] // 2))
        half = cv2.GaussianBlur(cv2.resize(once, size, interpolation=cv2.INTER_AREA), (0, 0), 1.0)
        detail, rough = np.abs(fine - once), np.abs(half - cv2.GaussianBlur(half, (0, 0), 2.0))
        self.blur = float(np.interp(_strongest(detail) / max(_strongest(rough), 0.5), *SHARPNESS))
        # In the calm half of the face what is left of fine detail is grain.
        self.noise = float(np.clip(1.6 * np.median(detail[::2, ::2]), 0.0, 12.0))

    def light(self, area: Area) -> Plane:
        """(h, w) low-pass brightness of the face over its mean, near 1; beyond the face its edge's goes on."""
        left, top, right, bottom = self._face
        x, y = _GRID / (right - left), _GRID / (bottom - top)
        from_area = np.array([[x, 0, (area[0] + 0.5 - left) * x - 0.5], [0, y, (area[1] + 0.5 - top) * y - 0.5]])
        size = (area[2] - area[0], area[3] - area[1])
        way = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(self._spread, from_area, size, flags=way, borderMode=cv2.BORDER_REPLICATE))

    def area(self, points: Array, air: float) -> Area:
        """Whole pixels (left, top, right, bottom) around (K, 2) points and `air` pixels more, within the picture."""
        low, high = np.floor(points.min(axis=0) - air), np.ceil(points.max(axis=0) + air)
        a, b, c, d = self.within
        left, top = int(np.clip(low[0], a, c - 1)), int(np.clip(low[1], b, d - 1))
        return left, top, int(np.clip(high[0], left + 1, c)), int(np.clip(high[1], top + 1, d))

    def lay(self, area: Area, colour: Plane, alpha: Plane, *, shadow: float = 0.0) -> None:
        """Blend (h, w, 3) `colour` over `area` where (h, w) `alpha` (0..1) says; a soft `shadow` (0..1) around it."""
        left, top, right, bottom = area
        below = self.picture[top:bottom, left:right].astype(np.float32)
        alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), self.blur), np.float32)
        if self.blur > 0.8:
            colour = np.asarray(cv2.GaussianBlur(colour, (0, 0), self.blur), np.float32)
        if shadow:
            wide = cv2.GaussianBlur(alpha, (0, 0), max(0.6, 0.035 * self.frame.unit))
            below *= (1 - shadow * wide)[:, :, None]
        if self.noise > 0.6:
            soft = cv2.GaussianBlur(grain(colour.shape, self.rng), (0, 0), max(0.3, 0.5 * self.blur))
            colour = colour + soft * np.float32(self.noise)
        below += alpha[:, :, None] * (colour - below)
        self.picture[top:bottom, left:right] = np.clip(below, 0, 255).astype(np.uint8)


def grain(shape: tuple[int, ...], rng: Rng) -> Plane:
    """Normals of `shape` (values about -3..3), out of a bank because drawing them costs more than all else."""
    size = int(np.prod(shape))
    at = int(rng.integers(0, NOISE.size - size)) if size < NOISE.size else 0
    return np.asarray(np.resize(NOISE[at : at + size], shape), np.float32)


def _strongest(plane: Plane) -> float:
    """The mean of the upper tenth."""
    count = max(1, plane.size // 10)
    return float(np.partition(plane, -count, axis=None)[-count:].mean())


def framed(picture: Picture) -> Area:
    """left, top, right, bottom of what is picture and not the grey around it."""
    real = picture != PAD_GREY
    rows = np.flatnonzero(real.reshape(len(real), -1).any(axis=1))
    columns = np.flatnonzero(real.any(axis=0).any(axis=1))
    if not rows.size:
        return 0, 0, picture.shape[1], picture.shape[0]
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def fill(shapes: list[Array], area: Area) -> Plane:
    """(h, w) coverage 0..1 of the union of (K, 2) polygons, of `area` only."""
    alpha = np.zeros((area[3] - area[1], area[2] - area[0]), np.uint8)
    for shape in shapes:
        corners = np.round((shape - area[:2]) * 16 - 8).astype(np.int32)
        cv2.fillPoly(alpha, [corners], 255, lineType=cv2.LINE_AA, shift=4)
    return np.asarray(alpha / np.float32(255), np.float32)

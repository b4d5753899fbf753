"""A face's own coordinates: those of the mean face, bent onto this one whatever its pose.

u runs from the middle of the face to the picture's right, v from the eyes (0) down to the chin (1). Drawings are made
in u, v and carried to pixels by a thin-plate spline through the face's points, so that they turn and bend as it does.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.draw.points import LEFT_EAR, MEAN, RIGHT_EAR, TIP, Points

Array = NDArray[np.float64]

#: Smoothing of the spline: without it a point found slightly wrong bends everything around it.
_STIFFNESS = 0.01
#: Outside the points the spline runs wild; there what the whole face does (an affine map) takes over by this margin.
_MARGIN = 0.35


def _kernel(a: Array, b: Array) -> Array:
    square = ((a[:, None] - b[None]) ** 2).sum(axis=2)
    return np.asarray(0.5 * square * np.log(square + 1e-12), np.float64)


def _spline_matrix() -> Array:
    """(N + 3, N) matrix from a face's points to the spline's weights; the mean face is all it depends on."""
    count = len(MEAN)
    plane = np.column_stack([np.ones(count), MEAN])
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _kernel(MEAN, MEAN) + _STIFFNESS * np.eye(count)
    system[:count, count:], system[count:, :count] = plane, plane.T
    return np.asarray(np.linalg.inv(system)[:, :count], np.float64)


def _powers(x: NDArray[np.floating], y: NDArray[np.floating]) -> list[NDArray[np.floating]]:
    """The ten terms of a cubic in two variables."""
    return [np.ones_like(x), x, y, x * x, x * y, y * y, x * x * x, x * x * y, x * y * y, y * y * y]


_SPLINE = _spline_matrix()
_PLANE = np.linalg.pinv(np.column_stack([np.ones(len(MEAN)), MEAN]))
_LOW, _HIGH = MEAN.min(axis=0), MEAN.max(axis=0)


@dataclass(frozen=True, slots=True)
class Frame:
    """Maps between u, v and pixels for one face. unit: pixels from the eyes to the chin. yaw: -1..1, 0 is frontal."""

    points: Points
    unit: float
    yaw: float
    _spline: Array
    _plane: Array
    _back: Array
    _origin: Array

    @classmethod
    def of(cls, points: Points) -> "Frame":
        """The frame of (N, 2) points in pixels."""
        places = points.astype(np.float64)
        plane = _PLANE @ places
        unit = max(4.0, float(np.linalg.norm(plane[2])))
        origin = plane[0] + 0.5 * plane[2]
        # The way back is a cubic fitted to the points: smooth, cheap for many pixels, near enough for cloth.
        x, y = ((places - origin) / unit).T
        terms = np.column_stack(_powers(x, y))
        ridge = np.diag([0.0, 1e-3, 1e-3, *[0.05] * 3, *[0.3] * 4])
        back = np.linalg.solve(terms.T @ terms + ridge, terms.T @ MEAN)
        left, right, tip = places[LEFT_EAR], places[RIGHT_EAR], places[TIP]
        across = right - left
        width = max(float(across @ across), 1.0)
        yaw = float(np.clip(((tip - (left + right) / 2) @ across) / width * 2, -1, 1))
        return cls(points, unit, yaw, _SPLINE @ places, plane, back, origin)

    def at(self, uv: Array) -> Array:
        """(K, 2) pixels of (K, 2) u, v."""
        uv = np.asarray(uv, np.float64).reshape(-1, 2)
        ones = np.ones((len(uv), 1))
        flat = np.concatenate([ones, uv], axis=1) @ self._plane
        bent = np.concatenate([_kernel(uv, MEAN), ones, uv], axis=1) @ self._spline
        beyond = np.maximum(_LOW - uv, uv - _HIGH).max(axis=1, keepdims=True)
        share = np.clip(1 - beyond / _MARGIN, 0, 1)
        return np.asarray(share * bent + (1 - share) * flat, np.float64)

    def uv_of(self, area: tuple[int, int, int, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Both coordinates, u and v, each (h, w) float32, of the pixels of `area` (left, top, right, bottom)."""
        left, top, right, bottom = area
        x = ((np.arange(left, right) + 0.5 - self._origin[0]) / self.unit).astype(np.float32)[None, :]
        y = ((np.arange(top, bottom) + 0.5 - self._origin[1]) / self.unit).astype(np.float32)[:, None]
        maps = []
        for c in self._back.T.astype(np.float32):
            rows = c[0] + y * (c[2] + y * (c[5] + y * c[9]))
            first = c[1] + y * (c[4] + y * c[8])
            second = c[3] + y * c[7]
            maps.append(np.asarray(rows + x * (first + x * (second + x * c[6])), np.float32))
        return maps[0], maps[1]

    @property
    def sideways(self) -> Array:
        """The direction of u in the picture, length 1."""
        across = (self.points[RIGHT_EAR] - self.points[LEFT_EAR]).astype(np.float64)
        return np.asarray(across / max(float(np.linalg.norm(across)), 1e-6), np.float64)


def smooth(corners: Array, steps: int = 5) -> Array:
    """A closed curve through (K, 2) corners: (K * steps, 2) points of a Catmull-Rom spline."""
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    a, b, c, d = (np.roll(corners, shift, axis=0)[:, None] for shift in (1, 0, -1, -2))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.asarray(curve.reshape(-1, 2), np.float64)

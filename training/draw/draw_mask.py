"""Draw a mask on a bare face, worn rightly or in one of the ways in which people wear it wrongly.

All shapes are in the face's own coordinates (see `frame`), where the nose's tip lies at v = 0.38, its base at 0.42,
the mouth at 0.59 and the chin at 1.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from training.augment import Rng
from training.draw.cloth import choose_make, dyed, relief
from training.draw.frame import Array, Frame, smooth
from training.draw.paint import Canvas, fill
from training.draw.points import MEAN, TIP
from training.draw.straps import draw_straps

#: How a mask is worn: v of the upper edge at the middle, and of the lower edge; (low, high) of each.
WORN: dict[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "right": ((0.08, 0.25), (1.0, 1.08)),
    "under_nose": ((0.45, 0.53), (1.0, 1.1)),
    "chin": ((0.72, 0.92), (1.1, 1.3)),
    "eyes": ((-0.36, -0.2), (0.2, 0.36)),
    "forehead": ((-0.8, -0.6), (-0.3, -0.14)),
}


@dataclass(frozen=True, slots=True)
class Shape:
    """A mask in u, v. outline: (K, 2). top, bottom: v of its edges at the middle. half: half its width.

    corners: (4, 2) where the loops begin. middle: u of its middle.
    """

    outline: Array
    top: float
    bottom: float
    half: float
    corners: Array
    middle: float = 0.0


def draw_mask(canvas: Canvas, how: str) -> None:
    """Draw a mask on `canvas`, worn as `how` says: a key of `WORN`."""
    rng = canvas.rng
    make = choose_make(rng)
    shape = outline_of(how, make, rng)
    if rng.random() < 0.85:
        draw_straps(canvas, shape.corners, how)
    lay_cloth(canvas, shape, make, tent=how in ("right", "under_nose"))


def outline_of(how: str, make: str, rng: Rng) -> Shape:
    """The outline of a mask of this make, worn so; its edges by `WORN`, but for jitter and tilt."""
    (low, high), bottoms = WORN[how]
    top, bottom = float(rng.uniform(low, high)), float(rng.uniform(*bottoms))
    height = bottom - top
    half = float(rng.uniform(0.5, 0.62))
    if how in ("right", "under_nose"):
        # From the nose the upper edge falls to the cheeks; under the nose it hangs across them.
        fall = rng.uniform(0.14, 0.26) if how == "right" else rng.uniform(-0.02, 0.1)
        bend = rng.uniform(1.0, 1.7) if make == "surgical" else rng.uniform(0.7, 1.3)  # of the edge beside the nose
        side = top + fall
        right = [
            *[(half * x, top + fall * (1 - (1 - x) ** bend)) for x in (0.15, 0.35, 0.6, 0.8)], (half, side),
            (half - rng.uniform(-0.01, 0.05), side + 0.55 * (bottom - 0.2 - side)),
            (rng.uniform(0.38, 0.5), bottom - rng.uniform(0.16, 0.26)), (0.2, bottom - 0.05),
        ]  # fmt: skip
        corners = [(half, side), (0.46, bottom - 0.24)]
    else:
        sag = rng.uniform(-0.05, 0.08) if how == "chin" else rng.uniform(-0.04, 0.04)
        half = half * float(rng.uniform(0.72, 1.0)) if how == "chin" else half
        low_half = half * rng.uniform(0.6, 0.95)
        right = [
            (0.2, top - 0.2 * sag), (half * 0.8, top - sag), (half, top - sag + 0.12 * height),
            (low_half, bottom - 0.25 * height), (low_half * 0.6, bottom - 0.06 * height),
        ]  # fmt: skip
        corners = [(half, top - sag + 0.1 * height), (low_half, bottom - 0.3 * height)]
    outline = [(0.0, top), *right, (0.0, bottom), *[(-u, v) for u, v in reversed(right)]]
    both = np.array(outline)
    both[1:] += rng.normal(0, 0.007, (len(outline) - 1, 2))
    tilt, shift = rng.normal(0, 0.05), rng.normal(0, 0.025)
    both[:, 1] += tilt * both[:, 0]
    both[:, 0] += shift
    loops = np.array([*corners, *[(-u, v) for u, v in corners]])
    return Shape(smooth(both, 4), top, bottom, half, loops)


def lay_cloth(canvas: Canvas, shape: Shape, make: str, *, tent: bool) -> None:
    """Fill `shape` with cloth in the face's light. tent: stretched from its upper edge to the chin, in profile too."""
    frame, rng = canvas.frame, canvas.rng
    line = frame.at(shape.outline)
    shapes = [line]
    if tent:
        shapes.append(tented(frame, shape))
    every = np.concatenate(shapes)
    area = canvas.area(every, 3 + 0.06 * frame.unit)
    u, v = frame.uv_of(area)
    s = np.clip((u - np.float32(shape.middle)) / np.float32(shape.half), -1.2, 1.2)
    t = np.clip((v - np.float32(shape.top)) / np.float32(shape.bottom - shape.top), -0.1, 1.1)
    light = canvas.light(area)
    colour = dyed(make, s, t, rng) * (relief(make, s, t, rng) * light * np.float32(canvas.level))[:, :, None]
    canvas.lay(area, colour * canvas.cast, fill(shapes, area), shadow=float(rng.uniform(0.15, 0.45)))


def tented(frame: Frame, shape: Shape) -> Array:
    """(K, 2) pixels of the hull over the face's middle line and the lower cheeks: cloth spans, it does not hug."""
    middle = np.array([(0.0, v) for v in np.linspace(shape.top, shape.bottom, 8)])
    cheeks = shape.outline[shape.outline[:, 1] > (shape.top + shape.bottom) / 2]
    points = frame.at(np.concatenate([middle, cheeks]))
    if shape.top < MEAN[TIP, 1]:  # and it stands off the nose, which shows in profile
        tip = frame.points[TIP].astype(np.float64)
        points = np.vstack([points, tip, tip + 0.05 * frame.unit * frame.yaw * frame.sideways])
    return np.asarray(cv2.convexHull(points.astype(np.float32))[:, 0], np.float64)

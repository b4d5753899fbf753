"""Masks that hang from an ear, and scarves and neck tubes."""

import numpy as np

from training.draw.cloth import choose_make
from training.draw.draw_mask import Shape, lay_cloth
from training.draw.frame import smooth
from training.draw.paint import Canvas
from training.draw.straps import EARS, strokes

#: v of a scarf's upper edge at the middle of the face: over the nose, or under it but over the mouth.
SCARF_TOP = {"scarf_up": (0.12, 0.28), "scarf_low": (0.46, 0.6)}


def draw_hanging(canvas: Canvas) -> None:
    """A mask that hangs from the ear that the camera sees better; nose and mouth stay bare."""
    rng = canvas.rng
    side = -np.sign(canvas.frame.yaw) if abs(canvas.frame.yaw) > 0.1 else rng.choice((-1, 1))
    half, height = float(rng.uniform(0.1, 0.24)), float(rng.uniform(0.45, 0.75))
    middle, top = float(rng.uniform(0.6, 0.74)), float(rng.uniform(0.24, 0.42))
    bottom = top + height
    lean = rng.uniform(-0.12, 0.12)
    corners = np.array([
        (middle - half, top), (middle, top - 0.02), (middle + half, top + 0.03), (middle + half + lean, bottom - 0.04),
        (middle + lean, bottom), (middle - half + lean, bottom - 0.03),
    ])  # fmt: skip
    corners += rng.normal(0, 0.02, corners.shape)
    loops = [np.array([EARS[0], corners[0]]), np.array([EARS[1], corners[2]])]
    flip = np.array([side, 1.0])
    strokes(canvas, [line * flip for line in loops], np.full(3, rng.uniform(150, 245)), float(rng.uniform(0.01, 0.02)))
    shape = Shape(smooth(corners * flip, 4), top, bottom, half * 1.1, loops[0], middle * float(side))
    lay_cloth(canvas, shape, choose_make(rng), tent=False)


def draw_scarf(canvas: Canvas, how: str) -> None:
    """A scarf or neck tube pulled up; how: a key of `SCARF_TOP`. It covers chin and neck as well."""
    rng = canvas.rng
    top = float(rng.uniform(*SCARF_TOP[how]))
    bottom, half = float(rng.uniform(1.35, 1.7)), float(rng.uniform(0.66, 0.78))
    fall = float(rng.uniform(0.05, 0.2))
    right = [
        (0.2, top + 0.2 * fall), (0.45, top + 0.7 * fall), (half - 0.02, top + fall), (half, 0.85),
        (half * rng.uniform(0.8, 1.15), 1.2), (half * 0.9, bottom),
    ]  # fmt: skip
    outline = np.array([(0.0, top), *right, *[(-u, v) for u, v in reversed(right)]])
    outline[1:] += rng.normal(0, 0.015, (len(outline) - 1, 2))
    shape = Shape(smooth(outline, 4), top, bottom, half, outline[:4])
    lay_cloth(canvas, shape, "scarf", tent=True)

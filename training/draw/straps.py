"""Ear loops and the mask that hangs from one ear."""

import cv2
import numpy as np

from training.draw.frame import Array
from training.draw.paint import Canvas

#: u, v of the ears' upper and lower roots.
EARS = np.array([(0.67, 0.06), (0.66, 0.26)])

#: A head turned by more than this (see `Frame.yaw`) hides the ear of the far side.
HIDDEN = 0.3


def draw_straps(canvas: Canvas, corners: Array, how: str) -> None:
    """Two loops from the mask's corners (4, 2: right upper and lower, left upper and lower; u, v) to the ears."""
    rng = canvas.rng
    bright = rng.uniform(190, 245) if rng.random() < 0.75 else rng.uniform(25, 90)
    thick = float(rng.uniform(0.01, 0.022))
    lines = []
    for side, pair in ((1, corners[:2]), (-1, corners[2:])):
        if side * canvas.frame.yaw > HIDDEN:
            continue
        for root, corner in zip(EARS * (side, 1), pair, strict=True):
            end = root + rng.normal(0, 0.015, 2)
            bow = (corner + end) / 2 + (0, 0.04 if how == "chin" else rng.uniform(-0.03, 0.03))
            lines.append(np.array([corner * (0.96, 1), bow, end]))
    if lines:
        strokes(canvas, lines, np.full(3, bright), thick)


def strokes(canvas: Canvas, lines: list[Array], colour: Array, thick: float) -> None:
    """Rounded strokes along lines of u, v (each (K, 2)); colour: BGR in white light; thick: as a share of the unit."""
    paths = [canvas.frame.at(line) for line in lines]
    width = max(1.0, thick * canvas.frame.unit)
    area = canvas.area(np.concatenate(paths), width + 3)
    alpha = np.zeros((area[3] - area[1], area[2] - area[0]), np.uint8)
    for path in paths:
        corners = np.round((path - area[:2]) * 16 - 8).astype(np.int32)
        cv2.polylines(
            alpha, [corners], isClosed=False, color=255, thickness=round(width), lineType=cv2.LINE_AA, shift=4
        )
    light = canvas.light(area)[:, :, None] * np.float32(canvas.level)
    lit = (colour.astype(np.float32) * canvas.cast)[None, None] * light
    share = np.float32(min(1.0, thick * canvas.frame.unit) * 0.85 / 255)
    canvas.lay(area, np.asarray(lit, np.float32), alpha.astype(np.float32) * share, shadow=0.15)

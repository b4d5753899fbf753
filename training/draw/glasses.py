"""Sunglasses and spectacles: they say nothing about the mask below them."""

import numpy as np

from training.draw.frame import smooth
from training.draw.paint import Canvas, fill
from training.draw.straps import strokes

#: Share of dark glasses among all that are drawn.
DARK_SHARE = 0.65


def draw_glasses(canvas: Canvas) -> None:
    """Glasses over both eyes, dark or clear."""
    rng, frame = canvas.rng, canvas.frame
    wide, high = rng.uniform(0.2, 0.26), rng.uniform(0.12, 0.2)
    square = rng.uniform(0.7, 1.0)
    turns = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    ring = np.stack([np.sign(np.cos(turns)) * np.abs(np.cos(turns)) ** square * wide,
                     np.sign(np.sin(turns)) * np.abs(np.sin(turns)) ** square * high], axis=1)  # fmt: skip
    centre, drop = float(rng.uniform(0.28, 0.31)), float(rng.uniform(0.03, 0.09))
    lenses = [smooth(ring + np.array([side * centre, drop]), 3) for side in (-1, 1)]
    colour = rng.uniform(10, 50) + rng.uniform(-8, 8, 3) if rng.random() < 0.85 else rng.uniform(20, 200, 3)
    dark = rng.random() < DARK_SHARE
    if dark:
        shapes = [frame.at(lens) for lens in lenses]
        area = canvas.area(np.concatenate(shapes), 4)
        u, v = frame.uv_of(area)
        tint = (rng.uniform(8, 50) + rng.uniform(-8, 8, 3)).astype(np.float32)
        sheen = np.clip(rng.uniform(-0.2, 0.9) - (v - drop) / np.float32(high) * rng.uniform(0, 0.8) + 0.2 * u, 0, 2)
        glass = tint + sheen[:, :, None] * np.float32(rng.uniform(5, 60))
        lit = np.asarray(glass * np.float32(canvas.level), np.float32)
        canvas.lay(area, lit, fill(shapes, area) * np.float32(rng.uniform(0.75, 1.0)), shadow=0.2)
    thick = float(rng.uniform(0.01, 0.04))
    edge = centre - wide
    lines = [np.vstack([lens, lens[:1]]) for lens in lenses]
    lines.append(np.array([(-edge, drop - 0.02), (0, drop - 0.04), (edge, drop - 0.02)]))
    lines += [np.array([(s * (centre + wide), drop - 0.02), (s * 0.66, drop + 0.02)]) for s in (-1, 1)
              if s * frame.yaw < 0.2]  # fmt: skip
    strokes(canvas, lines, np.asarray(colour, np.float64), thick)

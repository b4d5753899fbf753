"""A beard on a bare face: dark and textured where a mask would be, and no mask."""

import cv2
import numpy as np

from training.draw.frame import smooth
from training.draw.paint import Canvas, fill, grain

#: BGR of hair: black, dark brown, brown, fair, ginger, grey, white.
HAIR = ((22, 22, 24), (28, 36, 48), (42, 60, 84), (80, 115, 150), (45, 80, 140), (115, 115, 115), (195, 198, 200))


def draw_beard(canvas: Canvas) -> None:
    """From stubble to a full beard, with or without moustache; lips mostly stay bare."""
    rng, frame = canvas.rng, canvas.frame
    full = rng.random() < 0.65
    low = float(rng.uniform(1.0, 1.32)) if full else float(rng.uniform(0.98, 1.08))
    inner = float(rng.uniform(0.3, 0.42))
    side = (
        [(0.64, 0.2), (0.62, 0.5), (0.5, 0.82), (0.26, low - 0.04)] if full else [(0.27, 0.6), (0.3, 0.85), (0.2, low)]
    )
    back = [(inner, 0.55), (0.52, 0.42), (0.6, 0.2)] if full else [(0.24, 0.58)]
    lip = rng.uniform(0.7, 0.76)
    right = [(0.0, low), *[(u, v) for u, v in reversed(side)], *reversed(back), (0.22, lip - 0.06), (0.0, lip)]
    zone = np.array([*right, *[(-u, v) for u, v in reversed(right[1:-1])]])
    shapes = [frame.at(smooth(zone + rng.normal(0, 0.01, zone.shape), 3))]
    if rng.random() < 0.8:
        above = np.array([(0, 0.46), (0.15, 0.46), (0.3, 0.56), (0.31, 0.7), (0.24, 0.62), (0.12, 0.54), (0, 0.535)])
        shapes.append(frame.at(np.vstack([above, above[::-1] * (-1, 1)])))
    air = 0.12 * frame.unit
    area = canvas.area(np.concatenate(shapes), air + 3)
    soften = max(0.5, frame.unit * float(rng.uniform(0.015, 0.05)))
    soft = np.asarray(cv2.GaussianBlur(fill(shapes, area), (0, 0), soften), np.float32)
    fine = max(0.4, 0.008 * frame.unit)
    hairs = np.asarray(cv2.GaussianBlur(grain(soft.shape, rng), (0, 0), sigmaX=fine, sigmaY=2.5 * fine), np.float32)
    hairs = hairs / max(float(hairs.std()), 1e-3)
    dense = float(rng.uniform(0.4, 1.2))
    alpha = np.clip(soft * (dense + 0.13 * hairs * soft), 0, 0.97).astype(np.float32)
    base = np.array(HAIR[int(rng.choice(len(HAIR), p=(0.3, 0.24, 0.14, 0.06, 0.08, 0.12, 0.06)))], np.float32)
    light = canvas.light(area) * np.float32(canvas.level)
    colour = np.clip(base + hairs[:, :, None] * (4 + 0.09 * base), 4, 250) * canvas.cast * light[:, :, None]
    canvas.lay(area, np.asarray(colour, np.float32), alpha)

"""Draw a mask on a bare face, worn rightly or not: labelled faces with a wrongly worn mask are rare.

Places are shares of a box that frames a frontal face from the forehead to the chin, as the manifest's grown boxes do.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from mask_node.vision.geometry import PAD_GREY
from training.augment import Picture, Rng

#: Height of the mask's upper edge at the nose, by how it is worn: (low, high) as shares of the box's height.
UPPER_EDGE = {"right": (0.42, 0.52), "under_nose": (0.66, 0.72), "chin": (0.82, 0.92)}
#: Colours of cloth in BGR: surgical blue, white, black, grey, green, pink, navy.
CLOTHS = (
    (225, 195, 150),
    (240, 240, 238),
    (35, 33, 32),
    (140, 140, 140),
    (170, 200, 150),
    (190, 170, 230),
    (90, 50, 30),
)


def draw_mask(picture: Picture, box: NDArray[np.float32], how: str, rng: Rng) -> Picture:
    """A copy of (H, W, 3) `picture` with a mask on the face in `box` (x, y, w, h). how: a key of `UPPER_EDGE`."""
    x, y, w, h = (float(v) for v in box)
    top = float(rng.uniform(*UPPER_EDGE[how]))
    bottom = float(rng.uniform(1.06, 1.14) if how == "chin" else rng.uniform(0.94, 1.02))
    outline = np.array(_outline(top, bottom, rng)) * (w, h) + (x, y)
    height, width = picture.shape[:2]
    alpha = np.zeros((height, width), np.float32)
    cv2.fillPoly(alpha, [np.round(outline * 8).astype(np.int32)], 1.0, lineType=cv2.LINE_AA, shift=3)
    inside = (picture != PAD_GREY).any(axis=2)  # never on what surrounds the picture
    alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), max(0.4, w * 0.012)) * inside, np.float32)
    cloth = _cloth((height, width), (x, y + top * h, w, (bottom - top) * h), rng)
    out = picture.astype(np.float32)
    _straps(out, outline, (x, y, w, h), rng)
    # Some of the face's own light and shade shows on the cloth.
    light = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (0, 0), max(1.0, w * 0.06)).astype(np.float32)
    level = float(light[alpha > 0.5].mean()) if (alpha > 0.5).any() else 128.0
    shade = np.clip(light / max(level, 1.0), 0.55, 1.3) * np.clip(level / 140, 0.45, 1.15)
    out += alpha[:, :, None] * (cloth * shade[:, :, None] - out)
    return np.clip(out, 0, 255).astype(np.uint8)


def _outline(top: float, bottom: float, rng: Rng) -> list[tuple[float, float]]:
    """Corner points in shares of the box, clockwise from the upper left."""
    side, low = rng.uniform(0.02, 0.14), rng.uniform(0.2, 0.32)
    drop = rng.uniform(0.02, 0.1)  # the upper edge falls from the nose to the cheeks
    middle = rng.uniform(0.47, 0.53)
    fall = 0.55 * (bottom - top)
    return [
        (side, top + drop), (middle - 0.17, top + 0.3 * drop), (middle, top), (middle + 0.17, top + 0.3 * drop),
        (1 - side, top + drop), (1 - side - 0.03, top + fall), (1 - low, bottom - 0.05), (middle, bottom),
        (low, bottom - 0.05), (side + 0.03, top + fall),
    ]  # fmt: skip


def _cloth(shape: tuple[int, int], area: tuple[float, float, float, float], rng: Rng) -> NDArray[np.float32]:
    """(H, W, 3) cloth with folds across `area` (x, y, w, h)."""
    colour = np.array(CLOTHS[int(rng.integers(len(CLOTHS)))], np.float32) + rng.uniform(-14, 14, 3)
    rows = (np.arange(shape[0], dtype=np.float32) - area[1]) / max(area[3], 1.0)
    columns = (np.arange(shape[1], dtype=np.float32) - area[0] - area[2] / 2) / max(area[2], 1.0)
    folds = 1 - rng.uniform(0, 0.16) * np.maximum(0, np.sin(rows * 2 * np.pi * rng.integers(2, 5))) ** 4
    bulge = 1.06 - rng.uniform(0.1, 0.6) * columns**2
    cloth = np.clip(colour, 5, 250)[None, None] * folds[:, None, None] * bulge[None, :, None]
    return np.asarray(cloth, np.float32)


def _straps(
    out: NDArray[np.float32], outline: NDArray[np.float64], box: tuple[float, float, float, float], rng: Rng
) -> None:
    """Two ear loops, from the upper corners to the ears. Changes `out`."""
    if rng.random() < 0.3:
        return
    x, y, w, h = box
    colour = [float(v) for v in np.full(3, rng.uniform(150, 245))]
    thick = max(1, round(w * 0.012))
    for corner, ear in ((outline[0], x - 0.02 * w), (outline[4], x + 1.02 * w)):
        end = (round(ear), round(y + h * float(rng.uniform(0.38, 0.5))))
        cv2.line(out, (round(corner[0]), round(corner[1])), end, colour, thick, cv2.LINE_AA)

"""What is taken for a face and is none: hands at work, a mask that lies there or is held, where no face is."""

import numpy as np
from numpy.typing import NDArray

from training.augment import Picture, Rng
from training.draw.draw_mask import draw_mask
from training.draw.frame import Frame
from training.draw.hands import draw_hand
from training.draw.paint import Canvas
from training.draw.points import points_in_box

#: Ends of the range of skin colours (BGR), dark and light.
SKIN: tuple[NDArray[np.float32], NDArray[np.float32]] = (
    np.array((45, 60, 90), np.float32),
    np.array((175, 195, 235), np.float32),
)
#: Shares of pictures with a mask, and of those with hands; most have both.
MASK_SHARE, HANDS_SHARE = 0.6, 0.8
MOST_HANDS = 3


def draw_nobody(picture: Picture, rng: Rng) -> Picture:
    """A copy of (H, W, 3) uint8 BGR `picture`, which shows no face, with a mask or hands of any size in any place."""
    out = picture.copy()
    skin = SKIN[0] + (SKIN[1] - SKIN[0]) * np.float32(rng.random())
    if rng.random() < MASK_SHARE:
        draw_mask(_anywhere(out, rng, skin), "right")
    if rng.random() < HANDS_SHARE:
        for _ in range(int(rng.integers(1, MOST_HANDS + 1))):
            draw_hand(_anywhere(out, rng, skin))
    return out


def _anywhere(picture: Picture, rng: Rng, skin: NDArray[np.float32]) -> Canvas:
    """A canvas on `picture` about a face that is not there, turned at random. It changes `picture`."""
    height, width = picture.shape[:2]
    side = min(height, width) * float(np.exp(rng.uniform(np.log(0.3), np.log(1.1))))
    w, h = side * float(rng.uniform(0.7, 1.0)), side
    middle = rng.uniform((0.25 * width, 0.25 * height), (0.75 * width, 0.75 * height))
    points = points_in_box(np.array([middle[0] - w / 2, middle[1] - h / 2, w, h], np.float32))
    angle = float(rng.uniform(-np.pi, np.pi))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    canvas = Canvas(picture, Frame.of(np.asarray((points - middle) @ turn + middle, np.float32)), rng)
    canvas.skin = skin
    return canvas

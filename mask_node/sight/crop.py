"""A face's own small picture, for all that is judged of it."""

import cv2
import numpy as np

from mask_node.vision.types import Box, Frame

#: Side of the picture: about what the second stage sees of a face.
SIDE = 96


def face_picture(frame: Frame, box: Box, side: int = SIDE) -> Frame | None:
    """Return the (side, side, 3) picture of a box (x, y, w, h in pixels), stretched; None where nothing is inside."""
    x, y, w, h = (round(value) for value in box)
    part = frame[max(0, y) : max(0, y + h), max(0, x) : max(0, x + w)]
    if min(part.shape[:2]) < 2:
        return None
    return np.asarray(cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA), np.uint8)

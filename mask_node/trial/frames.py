"""Pictures with a given number of faces, as a camera at a door gives them."""

from pathlib import Path

import cv2
import numpy as np

from mask_node.sources.opencv import read_picture
from mask_node.vision.types import Frame

#: What a camera gives.
WIDTH, HEIGHT = 640, 480
#: Pixels, of a face's picture in it.
FACE_HEIGHT = 220
#: As many fit.
MOST_FACES = 6


class FaceError(Exception):
    """There is no face to show; the text says what to do."""


def frame_with(face: Frame, count: int) -> Frame:
    """Return a (480, 640, 3) wall with a portrait, BGR, put onto it `count` times, 0 to 6."""
    wall = np.linspace(150, 190, WIDTH, dtype=np.float32)
    frame = np.broadcast_to(wall[None, :, None], (HEIGHT, WIDTH, 3)).astype(np.uint8, order="C")
    width = min(WIDTH // 3 - 8, round(face.shape[1] * FACE_HEIGHT / face.shape[0]))
    small = cv2.resize(face, (width, FACE_HEIGHT), interpolation=cv2.INTER_AREA)
    for number in range(min(count, MOST_FACES)):
        top, left = 12 + (number % 2) * (FACE_HEIGHT + 12), 4 + (number // 2) * (WIDTH // 3)
        frame[top : top + FACE_HEIGHT, left : left + width] = small
    return frame


def portrait(path: Path | None) -> Frame:
    """Return the portrait in a file, or scikit-image's astronaut (NASA, public domain). Raises `FaceError`."""
    if path is not None:
        picture = read_picture(path)
        if picture is None:
            raise FaceError(f"{path} is no picture that can be read; name a portrait")
        return picture
    try:
        from skimage.data import astronaut
    except ImportError:
        raise FaceError("there is no face to look at; name a portrait with --face, or install scikit-image") from None
    return np.ascontiguousarray(astronaut()[0:270, 100:350, ::-1])  # type: ignore[no-untyped-call]

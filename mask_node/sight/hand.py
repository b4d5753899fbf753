"""Whether what covers a mouth may be a hand. Pure.

The models see that a mouth is covered more surely than by what. A hand has the colour of the face it belongs to, a
mask seldom has; colours are compared in YCrCb, whose brightness (shadow) is left out.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from mask_node.vision.types import Frame

#: Parts of a face's box, as left, top, right, bottom shares: brow and eyes, and mouth and chin.
BROW, MOUTH = (0.25, 0.22, 0.75, 0.42), (0.30, 0.62, 0.70, 0.88)
#: With less colour than this in the brow (infrared, dusk), colours tell nothing.
LEAST_COLOUR = 6.0


def likeness(face: Frame) -> float | None:
    """Return how far the mouth's colour is from the brow's: 0 the same, 1 as far as grey is; may be more.

    face: (S, S, 3) BGR, the face's box. None where the picture has too little colour to tell.
    """
    brow, mouth = _colour(face, BROW), _colour(face, MOUTH)
    depth = float(np.hypot(*(brow - 128)))
    return float(np.hypot(*(brow - mouth))) / depth if depth >= LEAST_COLOUR else None


def _colour(face: Frame, part: tuple[float, float, float, float]) -> NDArray[np.float32]:
    """The median Cr and Cb of a part."""
    side = face.shape[0]
    left, top, right, bottom = (int(share * side) for share in part)
    colours = cv2.cvtColor(face[top:bottom, left:right], cv2.COLOR_BGR2YCrCb)[..., 1:]
    return np.asarray(np.median(colours.reshape(-1, 2), axis=0), np.float32)

"""A picture made small enough to judge it as a whole in a tenth of a millisecond."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mask_node.vision.types import Frame

Grey = NDArray[np.uint8]

#: Width and height of the two.
SAMPLES, CELLS = (160, 120), (40, 30)


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """Two small grey pictures of one, 0..255.

    samples: (120, 160), single pixels of the picture, so that its noise stays in it: what is the same here is the
    same picture. cells: (30, 40), means of 16 samples each, so that most of the noise is gone.
    """

    samples: Grey
    cells: Grey


def thumbnail(frame: Frame) -> Thumbnail:
    """Return the thumbnail of a (H, W, 3) BGR picture of any size; proportions are not kept."""
    few = cv2.resize(frame, SAMPLES, interpolation=cv2.INTER_NEAREST)
    return from_grey(np.asarray(cv2.cvtColor(few, cv2.COLOR_BGR2GRAY), np.uint8))


def from_grey(samples: Grey) -> Thumbnail:
    """Return the thumbnail of (120, 160) samples."""
    return Thumbnail(samples, np.asarray(cv2.resize(samples, CELLS, interpolation=cv2.INTER_AREA), np.uint8))

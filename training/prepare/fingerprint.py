"""What a picture looks like in 256 bits, so that copies are found though they were scaled, recompressed or mirrored.

The perceptual hash known as pHash: the low frequencies of the cosine transform, each above or below their median. It is
written out here because OpenCV has the transform and a library for it would bring Pillow, PyWavelets and SciPy into
training; and because the mirrored picture's hash falls out of the same transform.
"""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

#: Bits that differ at most between two pictures of one photo. 256 bits; strangers differ in 128 give or take 20.
#: Looked at by eye on pairs from real sets, see docs/training.md.
NEAR = 56

_SIDE = 16
_REDUCED = 64
#: Below this spread of the reduced grey picture (of 255) there is nothing to compare but noise.
_FLAT = 2.0


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """bits and mirrored: (4,) uint64 each. flat: a picture of one shade, which resembles no other."""

    bits: Words
    mirrored: Words
    flat: bool


def fingerprint(picture: NDArray[np.uint8]) -> Fingerprint:
    """The fingerprint of a picture (H, W, 3) BGR or (H, W) grey, of any size."""
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    reduced = np.asarray(cv2.resize(grey, (_REDUCED, _REDUCED), interpolation=cv2.INTER_AREA), np.float32)
    # The first row and column hold brightness and its slope; pHash leaves only the mean out, so does this.
    low = np.asarray(cv2.dct(reduced), np.float32)[:_SIDE, :_SIDE]
    signs = np.where(np.arange(_SIDE) % 2, -1, 1)  # mirroring turns the odd cosines over
    return Fingerprint(_bits(low), _bits(low * signs), bool(reduced.std() < _FLAT))


def _bits(low: NDArray[Any]) -> Words:
    middle = np.median(low.ravel()[1:])
    return np.packbits((low > middle).ravel()).view(np.uint64)


def distances(one: Words, many: Words) -> NDArray[np.int64]:
    """How many bits differ, (N,), between the words of one (4,) and of many (N, 4); 0 to 256."""
    return np.asarray(np.bitwise_count(one ^ many).sum(axis=1), np.int64)

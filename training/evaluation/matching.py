"""Which find is which face, by COCO's rules at IoU 0.5 (Lin et al. 2014, arXiv:1405.0312). Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data import LabelledPicture

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Ints = NDArray[np.int64]

#: A face counts as found by what is at least this sure; figures about faces found leave out the rest.
FOUND_CONFIDENCE = 0.3
MATCH_IOU = 0.5


@dataclass(frozen=True, slots=True)
class Predictions:
    """Faces of one picture.

    boxes: (N, 4) x, y, w, h in its pixels. states: (N,) index into `MODEL_STATES`. confidences: (N,) 0..1.
    probabilities: (N, 3) of the states, each row sums to 1.
    """

    boxes: Floats
    states: Ints
    confidences: Floats
    probabilities: Floats


def widths(boxes: NDArray[np.floating]) -> Floats:
    """(N,) the widths, in pixels, of (N, 4) boxes: by them faces are called small or large.

    By width, because the figures that the reference data come with are: heights depend on how much of the hair a
    labeller takes in.
    """
    return np.asarray(boxes[:, 2], np.float64)


def overlap(a: Floats, b: Floats, crowd: Flags) -> Floats:
    """(N, M) IoU of boxes; for crowd ground truth the share of the detection that lies inside, as COCO has it."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, :2] + a[:, None, 2:], b[None, :, :2] + b[None, :, 2:])
    common = np.prod(np.clip(high - low, 0, None), axis=2)
    mine = np.prod(a[:, 2:], axis=1)[:, None]
    union = np.where(crowd[None], mine, mine + np.prod(b[:, 2:], axis=1)[None] - common)
    return np.asarray(common / np.maximum(union, 1e-9), np.float64)


def match(found: Floats, truth: Floats, ignore: Flags, crowd: Flags) -> tuple[Flags, Flags]:
    """Which detections (N,), surest first, hit a face, and which landed on an ignored one.

    Each takes the free face it overlaps most; a counted face is preferred to an ignored one, and crowds take many.
    """
    hit, skip = np.zeros(len(found), np.bool_), np.zeros(len(found), np.bool_)
    if not len(truth):
        return hit, skip
    overlaps = overlap(found, truth, crowd)
    free = np.ones(len(truth), np.bool_)
    for index in np.flatnonzero(overlaps.max(axis=1, initial=0) >= MATCH_IOU):
        for kind in (~ignore, ignore):
            values = np.where(kind & (free | crowd), overlaps[index], -1.0)
            best = int(values.argmax())
            if values[best] >= MATCH_IOU:
                free[best] = False
                (skip if ignore[best] else hit)[index] = True
                break
    return hit, skip


def paired(label: LabelledPicture, found: Predictions, least: float = FOUND_CONFIDENCE) -> Ints:
    """(M,) the find that each labelled face got, whatever its state, or -1.

    Finds of confidence `least` and more choose, surest first, the free face they overlap most; ignored faces are
    chosen as well, so that a find on one is not taken for its neighbour.
    """
    out = np.full(len(label.boxes), -1, np.int64)
    sure = np.flatnonzero(found.confidences >= least)
    sure = sure[np.argsort(-found.confidences[sure], kind="stable")]
    if not len(sure) or not len(out):
        return out
    overlaps = overlap(found.boxes[sure], label.boxes.astype(np.float64), np.zeros(len(out), np.bool_))
    for row, find in zip(overlaps, sure, strict=True):
        values = np.where(out < 0, row, -1.0)
        best = int(values.argmax())
        if values[best] >= MATCH_IOU:
            out[best] = find
    return out

"""Average precision, by COCO's rules (Lin et al. 2014, arXiv:1405.0312), for any weighting of the pictures. Pure.

The mean of the precision envelope at 101 recalls, of one detection per face, its likeliest state. `iscrowd` faces are
ignored: a detection on one counts neither for nor against. Faces outside a slice are ignored too, and so are unmatched
detections outside it: what COCO does with its area ranges, done with any property of a box.

Matching is done once per slice and class. A weighting then only re-weighs what each picture gave, so that hundreds of
resamples of the pictures cost a fraction of a second; a picture drawn twice counts as two.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.data import LabelledPicture
from training.evaluation.matching import Flags, Floats, Ints, Predictions, match, widths

RECALLS = np.linspace(0.0, 1.0, 101)
#: A box narrower than this is a small face, one of `LARGE_SIDE` and more a large one; pixels.
SMALL_SIDE, LARGE_SIDE = 40.0, 96.0

#: Class of each state index for the two ways of counting.
THREE_STATES = (0, 1, 2)
COMPLIANCE = (0, 1, 1)


@dataclass(frozen=True, slots=True)
class Within:
    """What of one picture belongs to a slice. truth: (M,) of its labelled faces. found: (N,) of its detections."""

    truth: Flags
    found: Flags


@dataclass(frozen=True, slots=True)
class Ranked:
    """The detections of one class in all pictures, surest first.

    pictures: (D,) index of the picture. confidences: (D,) 0..1. right: (D,). positives: (P,) faces of each picture.
    """

    pictures: Ints
    confidences: Floats
    right: Flags
    positives: Ints


def by_size(label: LabelledPicture, found: Predictions, least: float, below: float = np.inf) -> Within:
    """Faces whose box is `least` pixels wide or more and less than `below`."""
    sides = (widths(label.boxes), widths(found.boxes))
    return Within(*((side >= least) & (side < below) for side in sides))


def ranked(
    truth: Sequence[LabelledPicture],
    predictions: Sequence[Predictions],
    classes: Sequence[int],
    number: int,
    within: Sequence[Within] | None = None,
) -> Ranked:
    """Match the detections of class `number`, classes numbered as `classes` maps states. All sequences are parallel."""
    mapping = np.array(classes)
    pictures, scores, right = [], [], []
    positives = np.zeros(len(truth), np.int64)
    for index, (label, found) in enumerate(zip(truth, predictions, strict=True)):
        mine = mapping[label.states] == number
        crowd = label.ignore[mine]
        ignore = crowd.copy() if within is None else crowd | ~within[index].truth[mine]
        chosen = np.flatnonzero(mapping[found.states] == number)
        chosen = chosen[np.argsort(-found.confidences[chosen], kind="stable")]
        hit, skip = match(found.boxes[chosen], label.boxes[mine].astype(np.float64), ignore, crowd)
        if within is not None:
            skip |= ~hit & ~within[index].found[chosen]
        pictures.append(np.full(int((~skip).sum()), index, np.int64))
        scores.append(found.confidences[chosen][~skip])
        right.append(hit[~skip])
        positives[index] = (~ignore).sum()
    if not pictures:
        return Ranked(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.bool_), positives)
    confidences = np.concatenate(scores)
    order = np.argsort(-confidences, kind="stable")
    return Ranked(np.concatenate(pictures)[order], confidences[order], np.concatenate(right)[order], positives)


def precision_recall(found: Ranked, weights: Floats) -> tuple[Floats, Floats]:
    """(B, D) recall and precision envelope down to each detection, for (B, P) weights of the pictures."""
    shares = weights[:, found.pictures]
    hits = np.cumsum(shares * found.right, axis=1)
    seen = np.cumsum(shares, axis=1)
    recall = hits / np.maximum(weights @ found.positives, 1e-12)[:, None]
    precision = hits / np.maximum(seen, 1e-12)
    return recall, np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]


def weighted_precision(found: Ranked, weights: Floats) -> Floats:
    """(B,) 101-point interpolated average precision for (B, P) weights of the pictures; NaN without positives."""
    recall, envelope = precision_recall(found, weights)
    envelope = np.concatenate([envelope, np.zeros((len(weights), 1))], axis=1)
    at = np.array([np.searchsorted(row, RECALLS, side="left") for row in recall]).reshape(len(weights), len(RECALLS))
    value = np.take_along_axis(envelope, at, axis=1).mean(axis=1)
    return np.where(weights @ found.positives > 0, value, np.nan)


def average_precision(scores: Floats, right: Flags, positives: int) -> float:
    """The same of one list. scores, right: (N,) parallel, any order. NaN without positives."""
    order = np.argsort(-scores, kind="stable")
    found = Ranked(np.zeros(len(order), np.int64), scores[order], right[order], np.array([positives]))
    return float(weighted_precision(found, np.ones((1, 1)))[0])

"""One row per labelled face: what it is, and what the detector made of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.data import LabelledPicture
from training.evaluation.matching import FOUND_CONFIDENCE, Flags, Floats, Ints, Predictions, paired, widths


@dataclass(frozen=True, slots=True)
class FaceTable:
    """Parallel columns of F counted faces (ignored ones are left out).

    picture, index: which picture, and which of its labels. label: true state. size: width in pixels.
    find: index of the detection, -1 where the face was not found; then state is -1, the rest NaN.
    state: likeliest state. probabilities: (F, 3). confidence: 0..1. pictures: how many pictures there are.
    """

    picture: Ints
    index: Ints
    label: Ints
    size: Floats
    find: Ints
    state: Ints
    probabilities: Floats
    confidence: Floats
    pictures: int

    @property
    def found(self) -> Flags:
        """(F,) which were found at all, in whatever state."""
        return self.find >= 0

    @property
    def certainty(self) -> Floats:
        """(F,) probability of the likeliest state."""
        return np.asarray(self.probabilities.max(axis=1, initial=0.0), np.float64)

    def per_picture(self, values: Floats | Flags) -> Floats:
        """(P,) sums of (F,) values over the faces of each picture."""
        return np.asarray(np.bincount(self.picture, values.astype(np.float64), self.pictures), np.float64)


def face_table(
    truth: Sequence[LabelledPicture], predictions: Sequence[Predictions], least: float = FOUND_CONFIDENCE
) -> FaceTable:
    """Match each picture once; finds below confidence `least` are none.

    The sequences are parallel; raises ValueError if they are not.
    """
    counted = [np.flatnonzero(~label.ignore) for label in truth]
    finds = [paired(label, seen, least)[rows] for label, seen, rows in zip(truth, predictions, counted, strict=True)]
    picture = np.repeat(np.arange(len(truth)), [len(rows) for rows in counted])
    index, find = _whole(counted), _whole(finds)
    # All detections in one list; a face's row in it is where its picture's begin and the find there.
    begin = np.cumsum([0, *(len(seen.states) for seen in predictions)])[picture]
    got = find >= 0
    rows = (begin + find)[got]
    state = np.full(len(find), -1, np.int64)
    probabilities, confidence = np.full((len(find), 3), np.nan), np.full(len(find), np.nan)
    if len(rows):
        state[got] = np.concatenate([seen.states for seen in predictions])[rows]
        probabilities[got] = np.concatenate([seen.probabilities for seen in predictions])[rows]
        confidence[got] = np.concatenate([seen.confidences for seen in predictions])[rows]
    label = _whole([label.states[rows] for label, rows in zip(truth, counted, strict=True)])
    sides = [widths(label.boxes[rows]) for label, rows in zip(truth, counted, strict=True)]
    size = np.concatenate([np.zeros(0), *sides])
    return FaceTable(picture, index, label, size, find, state, probabilities, confidence, len(truth))


def _whole(parts: Sequence[Ints]) -> Ints:
    return np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int64)

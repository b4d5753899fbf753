"""How much quantising changed: the int8 pair's faces beside the float pair's, picture by picture. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.evaluation.matching import FOUND_CONFIDENCE, MATCH_IOU, Predictions, overlap


@dataclass(frozen=True, slots=True)
class Agreement:
    """Shares 0..1 of the faces that either finds with confidence 0.3 or more; NaN where neither finds any.

    paired: both have it, at IoU 0.5. same_state: of those, both say the same. overlap: of those, mean IoU.
    confidence_gap, probability_gap: of those, mean distance of confidence, and of the states' probabilities.
    """

    faces: int
    paired: float
    same_state: float
    overlap: float
    confidence_gap: float
    probability_gap: float


def agreement(first: Sequence[Predictions], second: Sequence[Predictions]) -> Agreement:
    """The two sequences are of the same pictures; a face that only one finds surely may be paired with a weak find."""
    rows: list[tuple[float, float, float, float]] = []
    faces = 0
    for a, b in zip(first, second, strict=True):
        pairs = _pairs(a, b)
        sure_a, sure_b = a.confidences >= FOUND_CONFIDENCE, b.confidences >= FOUND_CONFIDENCE
        counted = [(i, j, iou) for i, j, iou in pairs if sure_a[i] or sure_b[j]]
        both = sum(int(sure_a[i] and sure_b[j]) for i, j, _ in counted)
        faces += int(sure_a.sum()) + int(sure_b.sum()) - both
        rows += [
            (
                float(a.states[i] == b.states[j]),
                iou,
                abs(float(a.confidences[i] - b.confidences[j])),
                float(np.abs(a.probabilities[i] - b.probabilities[j]).mean()),
            )
            for i, j, iou in counted
        ]
    paired = len(rows) / faces if faces else float("nan")
    means = np.array(rows).mean(axis=0).tolist() if rows else [float("nan")] * 4
    return Agreement(faces, paired, *means)


def _pairs(a: Predictions, b: Predictions) -> list[tuple[int, int, float]]:
    """Index in each, and IoU, of boxes that take one another, the best overlap first."""
    if not len(a.boxes) or not len(b.boxes):
        return []
    overlaps = overlap(a.boxes, b.boxes, np.zeros(len(b.boxes), np.bool_))
    out = []
    while overlaps.max() >= MATCH_IOU:
        i, j = np.unravel_index(int(overlaps.argmax()), overlaps.shape)
        out.append((int(i), int(j), float(overlaps[i, j])))
        overlaps[i, :] = overlaps[:, j] = -1.0
    return out

"""The points of the charts: precision and recall, ROC, reliability, risk and coverage, recall by size. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from maskgate.states import MODEL_STATES
from training.data import LabelledPicture
from training.evaluation.faces import FaceTable
from training.evaluation.figures import MASK, share
from training.evaluation.intervals import Estimate, Statistic, estimate
from training.evaluation.matching import Flags, Floats, Predictions
from training.evaluation.precision import RECALLS, THREE_STATES, precision_recall, ranked
from training.evaluation.uncertain import BINS, bin_of, risk_coverage

Points = list[tuple[float, float]]

#: Bounds of the bins of size, in pixels of the width.
SIZE_BOUNDS = (14, 20, 28, 40, 56, 80, 112, 160, 320, 1e9)
#: Curves are thinned to about this many points.
_POINTS = 200


@dataclass(frozen=True, slots=True)
class SizeBin:
    """Faces of `least` px and more, below `below`: how many, and the share found."""

    least: float
    below: float
    faces: int
    recall: Estimate


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Mean certainty and share right of the found faces in one bin of certainty."""

    certainty: float
    right: float
    faces: int


@dataclass(frozen=True, slots=True)
class Curves:
    """Points of lines, and bins.

    precision_recall: by state, at 101 recalls. roc: by question, false and true positive rate. risk_coverage: share
    answered and error among those.
    """

    precision_recall: dict[str, Points]
    roc: dict[str, Points]
    reliability: list[ReliabilityBin]
    risk_coverage: Points
    recall_by_size: list[SizeBin]


def curves(
    truth: Sequence[LabelledPicture], predictions: Sequence[Predictions], table: FaceTable, draws: Floats
) -> Curves:
    """All points of one split. draws: (B, P) resamples for the intervals of recall."""
    ones = np.ones((1, table.pictures))
    by_state = {}
    for number, state in enumerate(MODEL_STATES):
        found = ranked(truth, predictions, THREE_STATES, number)
        if not found.positives.sum():
            continue
        recall, envelope = precision_recall(found, ones)
        at = np.searchsorted(recall[0], RECALLS, side="left")
        by_state[state.value] = _points(RECALLS, np.append(envelope[0], 0.0)[np.minimum(at, len(envelope[0]))])
    covered, risk, _ = risk_coverage(table, ones)
    return Curves(by_state, rocs(table), reliability(table), _points(covered[0], risk[0]), by_size(table, draws))


def _points(x: Floats, y: Floats) -> Points:
    if not len(x):
        return []
    chosen = np.unique(np.linspace(0, len(x) - 1, min(len(x), _POINTS)).round().astype(int))
    return [(round(float(x[i]), 5), round(float(y[i]), 5)) for i in chosen]


def questions(table: FaceTable) -> dict[str, tuple[Floats, Flags]]:
    """Score and truth of each found face for "is it a violation" and for each state against the others."""
    found = table.found
    label, p = table.label[found], table.probabilities[found]
    out = {"violation": (1 - p[:, MASK], label != MASK)}
    for number, state in enumerate(MODEL_STATES):
        out[state.value] = (p[:, number], label == number)
    return out


def rocs(table: FaceTable) -> dict[str, Points]:
    """Receiver operating characteristic of each question that has both answers."""
    out = {}
    for name, (score, true) in questions(table).items():
        if not true.any() or true.all():
            continue
        order = np.argsort(-score, kind="stable")
        # Equal scores are one step: no threshold parts them.
        last = np.append(np.flatnonzero(np.diff(score[order])), len(order) - 1)
        hits, misses = np.cumsum(true[order])[last], np.cumsum(~true[order])[last]
        x, y = np.append(0, misses / misses[-1]), np.append(0, hits / hits[-1])
        out[name] = _points(x, y)
    return out


def roc_area(table: FaceTable) -> Statistic:
    """Area under the ROC of "is it a violation": how often a violation looks more like one than a masked face does."""
    score, true = questions(table)["violation"]
    order = np.argsort(-score, kind="stable")
    picture, true = table.picture[table.found][order], true[order]
    values, group = np.unique(-score[order], return_inverse=True)

    def statistic(weights: Floats) -> Floats:
        shares = weights[:, picture]
        positive, negative = (np.zeros((len(weights), len(values))) for _ in range(2))
        for row in range(len(weights)):
            positive[row] = np.bincount(group, shares[row] * true, len(values))
            negative[row] = np.bincount(group, shares[row] * ~true, len(values))
        # Pairs in the right order count one, ties a half.
        before = np.cumsum(positive, axis=1) - positive / 2
        pairs = positive.sum(axis=1) * negative.sum(axis=1)
        return np.where(pairs > 0, (before * negative).sum(axis=1) / np.maximum(pairs, 1e-12), np.nan)

    return statistic


def reliability(table: FaceTable) -> list[ReliabilityBin]:
    """What the state's certainty said and what was true, in ten equal bins; empty ones left out."""
    certainty, right = table.certainty[table.found], (table.state == table.label)[table.found]
    bins = bin_of(certainty)
    return [
        ReliabilityBin(float(certainty[bins == b].mean()), float(right[bins == b].mean()), int((bins == b).sum()))
        for b in range(BINS)
        if (bins == b).any()
    ]


def by_size(table: FaceTable, draws: Floats) -> list[SizeBin]:
    """Recall, in whatever state, by size."""
    out = []
    for least, below in pairwise(SIZE_BOUNDS):
        among = (table.size >= least) & (table.size < below)
        if among.any():
            out.append(SizeBin(least, below, int(among.sum()), estimate(share(table, table.found, among), draws)))
    return out


def confusion(table: FaceTable) -> list[list[int]]:
    """3 rows of true states, 4 columns: called mask, incorrect, no_mask, not found."""
    called = np.where(table.found, table.state, 3)
    return [[int(((table.label == true) & (called == c)).sum()) for c in range(4)] for true in range(3)]

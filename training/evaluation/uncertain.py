"""Does a certainty mean what it says, and what is left when the least certain faces are called `uncertain`? Pure.

Expected calibration error: Guo et al. 2017, arXiv:1706.04599. Risk and coverage: El-Yaniv and Wiener 2010 (JMLR 11);
the area under their curve is the mean error over all coverages, lower is better. Certainty is the probability of the
likeliest state; an error is a wrong one of the three. Only found faces count.
"""

import numpy as np

from training.evaluation.faces import FaceTable
from training.evaluation.intervals import Statistic
from training.evaluation.matching import Flags, Floats, Ints

#: Equal bins of certainty.
BINS = 10


def bin_of(certainty: Floats) -> Ints:
    """(N,) the bin of each certainty 0..1."""
    return np.minimum((certainty * BINS).astype(np.int64), BINS - 1)


def calibration(table: FaceTable) -> Statistic:
    """Expected calibration error: the mean gap of certainty and share right, bin by bin."""
    found = table.found
    cells = table.picture[found] * BINS + bin_of(table.certainty[found])
    gaps = table.certainty[found] - (table.state == table.label)[found]
    shape = (table.pictures, BINS)
    gap = np.bincount(cells, gaps, minlength=table.pictures * BINS).reshape(shape)
    count = np.bincount(cells, minlength=table.pictures * BINS).reshape(shape)

    def statistic(weights: Floats) -> Floats:
        faces = (weights @ count).sum(axis=1)
        return np.where(faces > 0, np.abs(weights @ gap).sum(axis=1) / np.maximum(faces, 1e-12), np.nan)

    return statistic


def _by_certainty(table: FaceTable) -> tuple[Ints, Flags]:
    """(N,) picture and error of each found face, surest first."""
    rows = np.flatnonzero(table.found)
    rows = rows[np.argsort(-table.certainty[rows], kind="stable")]
    return table.picture[rows], (table.state != table.label)[rows]


def risk_coverage(table: FaceTable, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """(B, N) each: share answered, error among those, and weight, as one face after the other is answered."""
    picture, wrong = _by_certainty(table)
    shares = weights[:, picture]
    so_far = np.cumsum(shares, axis=1)
    risk = np.cumsum(shares * wrong, axis=1) / np.maximum(so_far, 1e-12)
    total = so_far[:, -1:] if so_far.shape[1] else so_far
    return so_far / np.maximum(total, 1e-12), risk, shares


def risk_area(table: FaceTable) -> Statistic:
    """Area under the risk-coverage curve, 0..1."""

    def statistic(weights: Floats) -> Floats:
        _, risk, shares = risk_coverage(table, weights)
        total = shares.sum(axis=1)
        return np.where(total > 0, (risk * shares).sum(axis=1) / np.maximum(total, 1e-12), np.nan)

    return statistic


def risk_at(table: FaceTable, coverage: float) -> Statistic:
    """The error among the surest `coverage` (0..1) of the found faces."""

    def statistic(weights: Floats) -> Floats:
        covered, risk, _ = risk_coverage(table, weights)
        if not covered.shape[1]:
            return np.full(len(weights), np.nan)
        at = np.minimum((covered < coverage - 1e-9).sum(axis=1), covered.shape[1] - 1)
        return np.take_along_axis(risk, at[:, None], axis=1)[:, 0]

    return statistic


def answered(table: FaceTable, most: float) -> Statistic:
    """The largest share of found faces that can be answered with an error of at most `most` (0..1)."""

    def statistic(weights: Floats) -> Floats:
        covered, risk, _ = risk_coverage(table, weights)
        if not covered.shape[1]:
            return np.full(len(weights), np.nan)
        return np.asarray(np.where(risk <= most, covered, 0.0).max(axis=1), np.float64)

    return statistic

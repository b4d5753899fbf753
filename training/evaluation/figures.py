"""The figures of a split by name, each as a statistic of the weights of its pictures. Pure.

All are shares 0..1. `_large` means faces whose box is 40 px wide or more; "found" means by a detection of
confidence 0.3 or more, in whatever state.
"""

from collections.abc import Sequence

import numpy as np

from maskgate.states import MODEL_STATES
from training.data import LabelledPicture
from training.evaluation.faces import FaceTable
from training.evaluation.intervals import Share, Statistic
from training.evaluation.matching import Flags, Floats, Predictions
from training.evaluation.precision import (
    COMPLIANCE,
    LARGE_SIDE,
    SMALL_SIDE,
    THREE_STATES,
    Ranked,
    Within,
    by_size,
    ranked,
    weighted_precision,
)
from training.evaluation.uncertain import answered, calibration, risk_area, risk_at

MASK, INCORRECT, NO_MASK = range(3)
#: Bounds of the three sizes, in pixels of the width.
SIZES = {"small": (0.0, SMALL_SIDE), "medium": (SMALL_SIDE, LARGE_SIDE), "large": (LARGE_SIDE, np.inf)}


def mean(statistics: Sequence[Statistic]) -> Statistic:
    """The mean of those that have a value; NaN if none has: a class without a face has no average precision."""

    def of(weights: Floats) -> Floats:
        parts = np.array([statistic(weights) for statistic in statistics])
        known = ~np.isnan(parts)
        return np.where(
            known.any(axis=0), np.where(known, parts, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1), np.nan
        )

    return of


def share(table: FaceTable, of: Flags, among: Flags) -> Share:
    """The share of the faces `among` that are also `of`; both (F,)."""
    return Share(table.per_picture(of & among), table.per_picture(among))


def precision(found: Ranked) -> Statistic:
    """Average precision of one class."""
    return lambda weights: weighted_precision(found, weights)


def precisions(
    truth: Sequence[LabelledPicture], predictions: Sequence[Predictions], within: Sequence[Within] | None = None
) -> dict[str, Statistic]:
    """`map50` and `compliance50` of a slice, and `ap50_<state>`."""
    states = [precision(ranked(truth, predictions, THREE_STATES, n, within)) for n in range(3)]
    duty = [precision(ranked(truth, predictions, COMPLIANCE, n, within)) for n in range(2)]
    by_state = {f"ap50_{state.value}": states[n] for n, state in enumerate(MODEL_STATES)}
    return {"map50": mean(states), "compliance50": mean(duty), **by_state}


def confusions(table: FaceTable, among: Flags | None = None) -> dict[str, Statistic]:
    """The two errors that matter at a door, and recall, of the faces `among`."""
    chosen = np.ones(len(table.label), np.bool_) if among is None else among
    found = table.found & chosen
    return {
        "recall": share(table, table.found, chosen),
        "violations_called_mask": share(table, table.state == MASK, found & (table.label != MASK)),
        "incorrect_called_mask": share(table, table.state == MASK, found & (table.label == INCORRECT)),
        "masked_called_violation": share(table, table.state != MASK, found & (table.label == MASK)),
        "state_accuracy": share(table, table.state == table.label, found),
    }


def figures(
    truth: Sequence[LabelledPicture], predictions: Sequence[Predictions], table: FaceTable
) -> dict[str, Statistic]:
    """All figures of a split, headline first."""
    near = [by_size(label, found, SMALL_SIDE) for label, found in zip(truth, predictions, strict=True)]
    every, large = precisions(truth, predictions), precisions(truth, predictions, near)
    is_large = table.size >= SMALL_SIDE
    out: dict[str, Statistic] = {}
    for name in every:
        out |= {name: every[name], f"{name}_large": large[name]}
    all_faces, large_faces = confusions(table), confusions(table, is_large)
    for name in all_faces:
        out |= {name: all_faces[name], f"{name}_large": large_faces[name]}
    for number, state in enumerate(MODEL_STATES):
        out[f"recall_{state.value}"] = share(table, table.found, table.label == number)
    for name, (least, below) in SIZES.items():
        out[f"recall_size_{name}"] = share(table, table.found, (table.size >= least) & (table.size < below))
    return out | uncertainty(table)


def uncertainty(table: FaceTable) -> dict[str, Statistic]:
    """Calibration of the state, and what answering `uncertain` below a certainty brings, of the faces found."""
    out: dict[str, Statistic] = {
        "state_calibration_error": calibration(table),
        "state_aurc": risk_area(table),
    }
    for percent in (80, 90, 95):
        out[f"state_error_when_{percent}_answered"] = risk_at(table, percent / 100)
    for percent in (1, 2):
        out[f"answered_at_state_error_{percent}"] = answered(table, percent / 100)
    return out

"""The short form of an evaluation: a dozen figures of one split, without intervals. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from maskgate.states import MODEL_STATES
from training.data import LabelledPicture
from training.evaluation.faces import face_table
from training.evaluation.figures import MASK, figures
from training.evaluation.intervals import point
from training.evaluation.matching import Predictions


@dataclass(frozen=True, slots=True)
class Score:
    """Shares 0..1; NaN where a split holds no such face. `large`: faces whose box is 40 px wide or more."""

    map50: float
    map50_large: float
    compliance50: float
    compliance50_large: float
    ap50: dict[str, float]
    violations_called_mask: float
    masked_called_violation: float
    violations_found: int
    masked_found: int
    pictures: int
    faces: int


def score(truth: Sequence[LabelledPicture], predictions: Sequence[Predictions]) -> Score:
    """All figures of one split. The two sequences are parallel; raises ValueError if they are not."""
    table = face_table(truth, predictions)
    statistics = figures(truth, predictions, table)

    def value(name: str) -> float:
        return point(statistics[name], len(truth))

    return Score(
        map50=value("map50"),
        map50_large=value("map50_large"),
        compliance50=value("compliance50"),
        compliance50_large=value("compliance50_large"),
        ap50={state.value: value(f"ap50_{state.value}") for state in MODEL_STATES},
        violations_called_mask=value("violations_called_mask"),
        masked_called_violation=value("masked_called_violation"),
        violations_found=int((table.found & (table.label != MASK)).sum()),
        masked_found=int((table.found & (table.label == MASK)).sum()),
        pictures=len(truth),
        faces=len(table.label),
    )

"""How much a quantised model's answers differ from the float model's, both run by the node's own runtime."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mask_node.vision.card import Figure
from mask_node.vision.face_detector import sigmoid
from mask_node.vision.runtime import Model
from mask_node.vision.types import Frame

Outputs = Mapping[str, NDArray[np.float32]]

#: Cells of the detector whose state counts: those that the float model takes for the centre of a face.
CELL = 0.3


@dataclass(frozen=True, slots=True)
class Agreement:
    """pictures, answers: how many were compared. states: share of equal states, 0..1 (1 without any answer).

    differences: mean absolute difference of each output, in the output's own unit.
    """

    pictures: int
    answers: int
    states: float
    differences: dict[str, float]

    def figures(self, split: str, command: str) -> list[Figure]:
        """As a card keeps them: `float_agreement`, and `float_difference_<output>`."""
        values = {"float_agreement": self.states}
        values |= {f"float_difference_{name}": value for name, value in self.differences.items()}
        return [Figure(name=n, value=round(v, 4), split=split, command=command) for n, v in values.items()]

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {value:.4f}" for name, value in self.differences.items())
        return f"{self.states:.2%} of {self.answers} states equal on {self.pictures} pictures; mean difference: {parts}"


def agreement(reference: Model, other: Model, pictures: Sequence[Frame]) -> Agreement:
    """Compare two models of one kind on (size, size, C) pictures."""
    equal = answers = 0
    sums: dict[str, float] = {}
    for picture in pictures:
        want, got = reference.run(picture), other.run(picture)
        right = _equal(want, got)
        equal, answers = equal + int(right.sum()), answers + right.size
        for name, value in want.items():
            sums[name] = sums.get(name, 0.0) + float(np.abs(value - got[name]).mean())
    count = max(1, len(pictures))
    return Agreement(
        pictures=len(pictures),
        answers=answers,
        states=equal / answers if answers else 1.0,
        differences={name: total / count for name, total in sums.items()},
    )


def _equal(want: Outputs, got: Outputs) -> NDArray[np.bool_]:
    """Whether each answer is the same: the picture's, or that of every cell with a face."""
    name = "classes" if "classes" in want else "states"
    same = np.atleast_1d(want[name].argmax(axis=-1) == got[name].argmax(axis=-1))
    if "objectness" in want:
        same = same[sigmoid(want["objectness"][..., 0]) >= CELL]
    return np.asarray(same, np.bool_)

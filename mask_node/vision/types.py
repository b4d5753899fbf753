"""What the vision part takes and gives."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from maskgate.states import MODEL_STATES, MaskState

#: (H, W, 3) BGR, 0..255, as OpenCV decodes it.
Frame = NDArray[np.uint8]
#: x, y, w, h in pixels; it may reach beyond the picture.
Box = tuple[float, float, float, float]

#: How much the state's probability counts in the confidence, as an exponent. Chosen on the val split.
STATE_POWER = 0.5
#: Fields of `StateProbabilities` by state.
_PLACES = {state: place for place, state in enumerate(MODEL_STATES)}


@dataclass(frozen=True, slots=True)
class StateProbabilities:
    """How likely each state of one face is, 0..1; they sum to 1."""

    mask: float
    incorrect: float
    no_mask: float

    def of(self, state: MaskState) -> float:
        """The probability of one of the three model states. Raises KeyError for `uncertain`."""
        return (self.mask, self.incorrect, self.no_mask)[_PLACES[state]]

    @property
    def best(self) -> MaskState:
        """The most likely state; of equals the first in `MODEL_STATES`."""
        values = (self.mask, self.incorrect, self.no_mask)
        return MODEL_STATES[values.index(max(values))]


@dataclass(frozen=True, slots=True)
class Face:
    """One face. box: x, y, w, h in pixels of the input picture. score: how surely it is a face, 0..1."""

    box: Box
    score: float
    states: StateProbabilities

    @property
    def state(self) -> MaskState:
        """The most likely state, never `uncertain`."""
        return self.states.best

    @property
    def confidence(self) -> float:
        """How surely it is a face in that state, 0..1: what precision-recall curves are drawn with."""
        return float(self.score * self.states.of(self.state) ** STATE_POWER)


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look at a frame gave: faces, surest first, and milliseconds per stage with their `total`."""

    faces: list[Face]
    ms: dict[str, float]


class Detector(Protocol):
    """Anything that finds faces and their states: one model or several."""

    @property
    def model_id(self) -> str:
        """Names and versions of the models, for events and health."""
        ...

    def detect(self, frame: Frame) -> Sight:
        """All faces of a frame down to a low score; whoever uses them sets the threshold."""
        ...

"""What the last frames of one person say together. Pure.

The rule of now: enough frames, close together in time, of which most agree. A sequential test over calibrated
evidence may take its place behind `judge`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mask_node.config import VerdictSettings
from mask_node.vision.types import Face, StateProbabilities
from maskgate.states import MODEL_STATES, MaskState

#: A face twice as large as the smallest that counts, and more, weighs in full; the smallest weighs half.
FULL_SIZE = 2.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """One frame of one face. at: seconds of the source; weight: above 0, at most 1."""

    at: float
    frame: int
    states: StateProbabilities
    weight: float


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a window of frames agrees on. probability: weighted mean of that state, 0..1; since: its first frame."""

    state: MaskState
    probability: float
    frames: int
    since: float


def weigh(face: Face, smallest: float, min_score: float) -> float:
    """Return how much a face counts, 0 (not at all) to 1, by its size in pixels and its score."""
    side = min(face.box[2], face.box[3])
    if side < smallest or face.score < min_score:
        return 0.0
    return face.score * min(1.0, side / (FULL_SIZE * smallest))


def remember(window: Sequence[Evidence], new: Evidence, settings: VerdictSettings) -> tuple[Evidence, ...]:
    """Return the window with `new` in it and what is too old or too much gone from it.

    It holds the last `window` frames, and of a fast source as many as span `settle_s`.
    """
    row = (*window, new)
    first = max(0, len(row) - settings.window)
    while first and new.at - row[first].at < settings.settle_s:
        first -= 1
    return tuple(e for e in row[first:] if new.at - e.at <= settings.window_s)


def judge(window: Sequence[Evidence], settings: VerdictSettings) -> Opinion | None:
    """Return what the frames of a window agree on; None when they are too few or do not agree."""
    if len(window) < settings.frames:
        return None
    total = sum(e.weight for e in window)
    support = {state: sum(e.weight for e in window if e.states.best is state) for state in MODEL_STATES}
    state = max(MODEL_STATES, key=lambda each: support[each])
    if support[state] < settings.agreement * total:
        return None
    probability = sum(e.weight * e.states.of(state) for e in window) / total
    if probability < settings.probability or sum(e.states.best is state for e in window) < settings.frames:
        return None
    return Opinion(state, min(1.0, probability), len(window), window[0].at)

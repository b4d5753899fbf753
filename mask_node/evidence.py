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
class Look:
    """One frame of one face. at: seconds of the source; weight: how much it counts, 0 (not at all) to 1."""

    at: float
    weight: float = 0.0
    states: StateProbabilities | None = None  # None where nothing counts: unseen, unsure or too small


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a window agrees on. probability: weighted mean of that state, 0..1; frames: those behind it."""

    state: MaskState
    probability: float
    frames: int
    since: float  # the first of them, in seconds of the source


def look(face: Face | None, at: float, smallest: float, min_score: float) -> Look:
    """Return what a face counts, by its size (smallest: pixels of the shorter side) and its score."""
    if face is None or face.score < min_score or min(face.box[2], face.box[3]) < smallest:
        return Look(at)
    size = min(face.box[2], face.box[3]) / (FULL_SIZE * smallest)
    return Look(at, face.score * min(1.0, size), face.states)


def remember(window: Sequence[Look], new: Look, settings: VerdictSettings) -> tuple[Look, ...]:
    """Return the window with `new` in it and what is too old or too much gone from it.

    It holds the last `window` looks, and of a fast source as many as span `settle_s`.
    """
    row = (*window, new)
    first = max(0, len(row) - settings.window)
    while first and new.at - row[first].at < settings.settle_s:
        first -= 1
    return tuple(each for each in row[first:] if new.at - each.at <= settings.window_s)


def solid(window: Sequence[Look], settings: VerdictSettings) -> bool:
    """Whether somebody is there for sure: enough looks count, and no fewer than do not."""
    counted = sum(each.weight > 0 for each in window)
    return counted >= max(settings.frames, len(window) / 2)


def support(window: Sequence[Look], state: MaskState) -> float:
    """Return the weighted mean probability of a state over what counts, 0..1; 0 where nothing counts."""
    total = sum(each.weight for each in window)
    share = sum(each.weight * each.states.of(state) for each in window if each.states)
    return min(1.0, share / total) if total else 0.0


def judge(window: Sequence[Look], settings: VerdictSettings) -> Opinion | None:
    """Return what the looks of a window agree on; None when too few count or they do not agree."""
    if not solid(window, settings):
        return None
    votes = dict.fromkeys(MODEL_STATES, 0.0)
    for each in window:
        if each.states:
            votes[each.states.best] += each.weight
    state = max(MODEL_STATES, key=lambda candidate: votes[candidate])
    agreeing = [each.at for each in window if each.states and each.states.best is state]
    if votes[state] < settings.agreement * sum(votes.values()) or len(agreeing) < settings.frames:
        return None
    probability = support(window, state)
    if probability < settings.probability:
        return None
    return Opinion(state, probability, len(agreeing), agreeing[0])

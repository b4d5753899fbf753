"""What one face in one frame counts, and what the last frames say together. Pure.

Whether they make a verdict is `sprt`'s to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mask_node.config_seeing import VerdictSettings
from mask_node.vision.types import Face, StateProbabilities
from maskgate.states import MaskState

#: A face twice as large as the smallest that counts, and more, weighs in full; the smallest weighs half.
FULL_SIZE = 2.0


@dataclass(frozen=True, slots=True)
class Sign:
    """What the picture says of one track's face.

    alive: it is somebody (see `sight.liveness`); thing: it is a portrait. clear: its state can be judged: the picture
    is well and new, the face is sharp, and no hand is before it.
    """

    alive: bool = True
    thing: bool = False
    clear: bool = True


#: Where nobody looked closer.
GOOD = Sign()


@dataclass(frozen=True, slots=True)
class Look:
    """One frame of one face. at: seconds of the source; weight: how much it counts, 0 (nobody there) to 1."""

    at: float
    weight: float = 0.0
    states: StateProbabilities | None = None  # None where nothing can be judged


def look(face: Face | None, at: float, smallest: float, min_score: float, *, clear: bool = True) -> Look:
    """Return what a face counts, by its size (smallest: pixels of the shorter side) and its score."""
    if face is None or face.score < min_score or min(face.box[2], face.box[3]) < smallest:
        return Look(at)
    size = min(face.box[2], face.box[3]) / (FULL_SIZE * smallest)
    return Look(at, face.score * min(1.0, size), face.states if clear else None)


def remember(window: Sequence[Look], new: Look, settings: VerdictSettings) -> tuple[Look, ...]:
    """Return the looks of the last `window_s`, `new` among them."""
    return tuple(each for each in (*window, new) if new.at - each.at <= settings.window_s)


def solid(window: Sequence[Look], settings: VerdictSettings) -> bool:
    """Whether somebody is there for sure: enough looks count, and no fewer than do not."""
    counted = sum(each.weight > 0 for each in window)
    return counted >= max(settings.frames, len(window) / 2)


def support(window: Sequence[Look], state: MaskState) -> float:
    """Return the weighted mean probability of a state over what can be judged, 0..1; 0 where nothing can."""
    total = sum(each.weight for each in window if each.states)
    share = sum(each.weight * each.states.of(state) for each in window if each.states)
    return min(1.0, share / total) if total else 0.0

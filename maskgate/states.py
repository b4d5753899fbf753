"""The words of the verdict and of the decision, shared by everything that speaks of them."""

import math
from enum import StrEnum


class MaskState(StrEnum):
    """What one face shows. `UNCERTAIN` is an answer of a passage, never a class of a model."""

    MASK = "mask"
    INCORRECT = "incorrect"
    NO_MASK = "no_mask"
    UNCERTAIN = "uncertain"


#: The classes a model tells apart, in the order of its output vector.
MODEL_STATES = (MaskState.MASK, MaskState.INCORRECT, MaskState.NO_MASK)
#: What a mask rule is broken by, unless a door's policy says otherwise.
VIOLATIONS = frozenset({MaskState.NO_MASK, MaskState.INCORRECT})


def percent(share: float) -> str:
    """Return 0.974 as 97%: never 100% for less."""
    return f"{math.floor(share * 100 + 1e-6)}%"


class DecisionKind(StrEnum):
    """What the hub does about a verdict at a door."""

    GRANT = "grant"
    DENY = "deny"
    OBSERVE = "observe"

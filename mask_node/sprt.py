"""Wald's sequential probability ratio test for the three mask states. Pure.

A. Wald, "Sequential Tests of Statistical Hypotheses", Annals of Mathematical Statistics 16 (1945): evidence for one
hypothesis against another is added up as log-likelihood ratios until it passes a bound, log(1 / a) for a rate `a` of
wrong answers. With three hypotheses, one is told when it has passed its bound against each other one (P. Armitage,
"Sequential Analysis with More than Two Alternative Hypotheses", Journal of the Royal Statistical Society B 12, 1950):
then the rate of telling i where j is true is at most a(i, j), whatever the third.

What the models give are probabilities p of each state. Calibrated, and with no state taken for likelier beforehand,
log p_i - log p_j is the log-likelihood ratio of one frame.

Successive frames of a face are alike, and so are their errors. They are taken for a first-order autoregressive row
with correlation r = exp(-dt / tau) between frames dt apart; for Gaussian evidence the log-likelihood ratio of such a
row is exactly l_1 + sum over t of (l_t - r l_(t-1)) / (1 + r) (the likelihoods of the row's innovations). A frame at
once after another like it so counts (1 - r) / (1 + r), and twice as many frames a second tell no more.

After a verdict the test goes on for a change: the told state's lead is held at zero (E. S. Page, "Continuous
Inspection Schemes", Biometrika 41, 1954).
"""

import math
from dataclasses import dataclass, replace

from mask_node.config_seeing import VerdictSettings
from mask_node.vision.types import StateProbabilities
from maskgate.states import MODEL_STATES, MaskState

#: One number for each of `MODEL_STATES`.
Three = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Belief:
    """The evidence so far. sums: of each state, the best at 0, the others below.

    frame, at: log-likelihoods of the last frame and its time in seconds of the source. told: the state that changes
    are now looked for from. since, frames: when the evidence for what leads now began, and its frames.
    """

    sums: Three = (0.0, 0.0, 0.0)
    frame: Three | None = None
    at: float = 0.0
    told: MaskState | None = None
    leader: MaskState | None = None
    since: float = 0.0
    frames: int = 0


def add(before: Belief, states: StateProbabilities, at: float, weight: float, settings: VerdictSettings) -> Belief:
    """Return the evidence with one frame more. weight: how much it counts, 0..1, beside its likeness to the last."""
    frame = _log_likelihoods(states, weight, settings.least_probability)
    if before.frame is None:
        news = frame
    else:
        alike = math.exp(-max(0.0, at - before.at) / settings.correlation_s)
        one, two, three = ((new - alike * old) / (1 + alike) for new, old in zip(frame, before.frame, strict=True))
        news = (one, two, three)
    sums = _bounded(_sum(before.sums, news), before.told, settings)
    leader = max(MODEL_STATES, key=lambda state: sums[MODEL_STATES.index(state)])
    if before.told is not None and sums[MODEL_STATES.index(before.told)] >= max(sums):
        leader = before.told
    same = leader is before.leader
    return replace(
        before,
        sums=sums,
        frame=frame,
        at=at,
        leader=leader,
        since=before.since if same else at,
        frames=before.frames + 1 if same else 1,
    )


def decided(belief: Belief, settings: VerdictSettings) -> MaskState | None:
    """Return the state that has passed its bound against each other one; None while there is none."""
    for i, state in enumerate(MODEL_STATES):
        others = [(other, belief.sums[j]) for j, other in enumerate(MODEL_STATES) if j != i]
        if all(belief.sums[i] - theirs >= bound(state, other, settings) for other, theirs in others):
            return state
    return None


def tell(before: Belief, state: MaskState) -> Belief:
    """Return the evidence after `state` was told: from now on a change from it is looked for."""
    return replace(before, sums=(0.0, 0.0, 0.0), told=state, leader=state)


def bound(told: MaskState, true: MaskState, settings: VerdictSettings) -> float:
    """Return the log-likelihood ratio that is needed to tell one state where another may be true."""
    if told is MaskState.MASK:
        return -math.log(settings.wrong_grant)
    if true is MaskState.MASK:  # two violations can be told, together no more often than the rate says
        return -math.log(settings.wrong_refusal / 2)
    return -math.log(settings.wrong_kind)


def _log_likelihoods(states: StateProbabilities, weight: float, least: float) -> Three:
    one, two, three = (weight * math.log(max(least, states.of(state))) for state in MODEL_STATES)
    return one, two, three


def _sum(one: Three, other: Three) -> Three:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


def _bounded(sums: Three, told: MaskState | None, settings: VerdictSettings) -> Three:
    """Keep old evidence from standing for ever in the way of new.

    Before a verdict no state falls further behind than a verdict needs; after it, none behind the one told.
    """
    if told is not None:
        floor = sums[MODEL_STATES.index(told)]
    else:
        floor = max(sums) + math.log(min(settings.wrong_grant, settings.wrong_refusal / 2, settings.wrong_kind))
    top = max(sums)
    one, two, three = (max(value, floor) - top for value in sums)
    return one, two, three

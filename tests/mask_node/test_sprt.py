"""Wald's test keeps the error rates that it states."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from mask_node.config_seeing import VerdictSettings
from mask_node.sprt import Belief, add, bound, decided, tell
from mask_node.vision.types import StateProbabilities
from maskgate.states import MODEL_STATES, MaskState
from tests.mask_node.fakes import states

M, I, N = MODEL_STATES  # noqa: E741
RULES = VerdictSettings(wrong_grant=0.02, wrong_refusal=0.05, wrong_kind=0.1, least_probability=1e-9)
PEOPLE, FPS = 700, 25.0


def evidence(true: MaskState, rng: np.random.Generator, apart: float, seconds: float) -> NDArray[np.float64]:
    """(people, frames, 3) calibrated probabilities of people in the state `true`.

    Each frame is a point, the states' means `apart` standard deviations from each other; a person's points follow one
    another as a first-order autoregressive row with the rules' correlation time.
    """
    frames, alike = int(seconds * FPS), math.exp(-1 / (FPS * RULES.correlation_s))
    means = np.eye(3) * apart / math.sqrt(2)
    points = rng.normal(size=(PEOPLE, frames, 3))
    for number in range(1, frames):
        points[:, number] = alike * points[:, number - 1] + math.sqrt(1 - alike**2) * points[:, number]
    points += means[MODEL_STATES.index(true)]
    logs = points @ means.T - 0.5 * (means**2).sum(axis=1)
    shares = np.exp(logs - logs.max(axis=2, keepdims=True))
    return np.asarray(shares / shares.sum(axis=2, keepdims=True))


def told(person: NDArray[np.float64], rules: VerdictSettings) -> tuple[MaskState | None, int]:
    belief = Belief()
    for number, shares in enumerate(person.tolist()):
        belief = add(belief, StateProbabilities(*shares), number / FPS, 1.0, rules)
        if (state := decided(belief, rules)) is not None:
            return state, number + 1
    return None, len(person)


@pytest.mark.parametrize("true", MODEL_STATES)
def test_the_stated_error_rates_are_kept(true: MaskState) -> None:
    rng = np.random.default_rng(1945)
    answers = [told(person, RULES)[0] for person in evidence(true, rng, apart=1.5, seconds=4)]
    rates = {state: answers.count(state) / PEOPLE for state in MODEL_STATES}
    margin = 2.6  # standard errors: 1 run of 200 would fail by chance, and this seed does not

    def at_most(share: float, rate: float) -> bool:
        return share <= rate + margin * math.sqrt(rate * (1 - rate) / PEOPLE)

    if true is M:
        assert at_most(rates[I] + rates[N], RULES.wrong_refusal)
    else:
        assert at_most(rates[M], RULES.wrong_grant)
        assert at_most(rates[I if true is N else N], RULES.wrong_kind)
    assert rates[true] > 0.8  # and it does decide
    # That they are kept is due to the discount: frames taken for independent would break them.
    hasty = RULES.model_copy(update={"correlation_s": 1e-9})
    wrong = [told(person, hasty)[0] not in (true, None) for person in evidence(true, rng, apart=1.5, seconds=4)]
    assert sum(wrong) / PEOPLE > 0.15


def test_clear_evidence_decides_in_fewer_frames() -> None:
    rng = np.random.default_rng(0)
    needed = [
        np.mean([told(person, RULES)[1] for person in evidence(M, rng, apart, seconds=4)[:300]]) for apart in (1, 2, 4)
    ]
    assert all(less > more for less, more in pairwise(needed))


sure = st.floats(0.05, 0.95)
rows = st.lists(st.tuples(st.sampled_from(MODEL_STATES), sure, st.floats(0.01, 1), st.floats(0, 1)), max_size=40)


@given(rows)
def test_the_best_state_leads_and_none_falls_without_end(
    row: list[tuple[MaskState, float, float, float]],
) -> None:
    rules, now, belief = VerdictSettings(), 0.0, Belief()
    deepest = max(bound(told, true, rules) for told in MODEL_STATES for true in MODEL_STATES if told is not true)
    for state, certainty, pause, weight in row:
        now += pause
        belief = add(belief, states(state, certainty), now, weight, rules)
        assert max(belief.sums) == 0
        assert min(belief.sums) >= -deepest - 1e-9
        assert belief.leader is not None
        assert belief.sums[MODEL_STATES.index(belief.leader)] == 0
        assert belief.since <= now
        answer = decided(belief, rules)
        assert answer in (None, belief.leader)
        if answer is not None:
            belief = tell(belief, answer)
            assert decided(belief, rules) is None


@given(st.sampled_from(MODEL_STATES), st.floats(0.4, 0.97), st.floats(0.5, 60))
def test_a_row_of_the_same_frames_counts_as_its_length_in_time_says(
    state: MaskState, certainty: float, fps: float
) -> None:
    rules, belief = VerdictSettings(wrong_grant=1e-300, wrong_refusal=1e-300, wrong_kind=1e-300), Belief()
    frames = 20
    for number in range(frames):
        belief = add(belief, states(state, certainty), number / fps, 1.0, rules)
    alike = math.exp(-1 / (fps * rules.correlation_s))
    one = math.log(certainty / max((1 - certainty) / 2, rules.least_probability))
    expected = one * (1 + (frames - 1) * (1 - alike) / (1 + alike))
    assert -min(belief.sums) == pytest.approx(max(0.0, expected), abs=1e-6)


def test_a_told_state_must_be_outweighed_anew() -> None:
    rules = VerdictSettings()
    belief = tell(Belief(), N)
    for number in range(500):  # any amount of what is known already
        belief = add(belief, states(N, 0.97), number / 25, 1.0, rules)
    frames = 0
    while decided(belief, rules) is None:
        belief = add(belief, states(M, 0.97), 20 + frames / 25, 1.0, rules)
        frames += 1
    assert frames < 40
    assert belief.since >= 20
    assert belief.frames == frames

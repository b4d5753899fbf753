"""Resampling pictures: the arithmetic is that of pictures drawn twice, and intervals hold what they should."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.evaluation.made import found, truth
from training.evaluation.faces import face_table
from training.evaluation.figures import figures
from training.evaluation.intervals import Share, estimate, point, resamples

PLACES, SIDES = st.integers(0, 150), st.integers(15, 90)
FACES = st.lists(st.tuples(PLACES, PLACES, SIDES, SIDES, st.integers(0, 2)), max_size=4)
FINDS = st.lists(
    st.tuples(PLACES, PLACES, SIDES, SIDES, st.integers(0, 2), st.floats(0.01, 1), st.floats(0.34, 1)), max_size=5
)


@given(
    st.lists(st.tuples(FACES, FINDS, st.integers(0, 3)), min_size=1, max_size=4).filter(lambda r: any(n for *_, n in r))
)
def test_a_weight_of_two_is_the_picture_twice(rows: list) -> None:
    labels = [truth(*faces) for faces, _, _ in rows]
    seen = [found(*finds) for _, finds, _ in rows]
    counts = [count for *_, count in rows]
    many = [label for label, n in zip(labels, counts, strict=True) for _ in range(n)]
    many_seen = [one for one, n in zip(seen, counts, strict=True) for _ in range(n)]
    weighted = figures(labels, seen, face_table(labels, seen))
    repeated = figures(many, many_seen, face_table(many, many_seen))
    for name, statistic in weighted.items():
        value = float(statistic(np.array([counts], np.float64))[0])
        # The order of equal confidences within a class is a matter of taste, so is that of equal certainties.
        if len({f[5] for _, finds, _ in rows for f in finds}) == sum(len(finds) for _, finds, _ in rows):
            if "answered" in name or name == "state_aurc":
                continue
            assert value == pytest.approx(point(repeated[name], len(many)), nan_ok=True, abs=1e-9), name


def test_resamples_keep_the_number_and_the_seed() -> None:
    draws = resamples(30, 50, seed=3)
    assert draws.shape == (50, 30)
    assert (draws.sum(axis=1) == 30).all()
    assert (draws == resamples(30, 50, seed=3)).all()
    assert (draws != resamples(30, 50, seed=4)).any()


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    # Pictures of one to six faces that share a difficulty; the truth is the expected share over such pictures.
    rng = np.random.default_rng(1)
    held = 0
    for trial in range(200):
        faces = rng.integers(1, 7, 120).astype(float)
        right = rng.binomial(faces.astype(int), rng.beta(4, 2, 120)).astype(float)
        interval = estimate(Share(right, faces), resamples(120, 200, seed=trial))
        held += interval.low <= 4 / 6 <= interval.high
    assert 0.90 <= held / 200 <= 0.99


def test_no_error_seen_is_not_no_error() -> None:
    none = estimate(Share(np.zeros(40), np.ones(40)), resamples(40))
    assert none.value == none.low == 0.0
    # Exact binomial bound of 0 in 40 at 97.5 %.
    assert none.high == pytest.approx(0.0881, abs=1e-3)
    every = estimate(Share(np.ones(40), np.ones(40)), resamples(40))
    assert (every.low, every.high) == pytest.approx((1 - none.high, 1.0))


def test_nothing_to_measure_has_no_value() -> None:
    nothing = estimate(Share(np.zeros(3), np.zeros(3)), resamples(3))
    assert np.isnan([nothing.value, nothing.low, nothing.high]).all()

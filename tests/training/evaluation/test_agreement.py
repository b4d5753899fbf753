"""Two models beside one another."""

import numpy as np
import pytest

from tests.training.evaluation.made import found
from training.evaluation.agreement import agreement


def test_the_same_is_the_same() -> None:
    seen = [found((0, 0, 50, 50, 0, 0.9), (100, 0, 50, 50, 2, 0.5)), found()]
    same = agreement(seen, seen)
    assert (same.faces, same.paired, same.same_state, same.overlap) == (2, 1.0, 1.0, 1.0)
    assert same.confidence_gap == same.probability_gap == 0.0


def test_by_hand() -> None:
    first = [found((0, 0, 100, 100, 0, 0.9), (200, 0, 50, 50, 2, 0.8), (300, 0, 50, 50, 1, 0.29))]
    second = [found((0, 0, 100, 90, 2, 0.7), (300, 0, 50, 50, 1, 0.31), (400, 0, 50, 50, 0, 0.1))]
    made = agreement(first, second)
    # Three faces are sure to either; one of them has no partner, one has a weak one.
    assert made.faces == 3
    assert made.paired == pytest.approx(2 / 3)
    assert made.same_state == pytest.approx(1 / 2)
    assert made.overlap == pytest.approx((0.9 + 1.0) / 2)
    assert made.confidence_gap == pytest.approx((0.2 + 0.02) / 2)


def test_nobody_finds_anything() -> None:
    made = agreement([found()], [found()])
    assert made.faces == 0
    assert np.isnan(made.paired)

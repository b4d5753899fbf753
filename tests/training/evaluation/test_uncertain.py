"""Certainty, and what calling the least certain faces `uncertain` brings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.evaluation.made import found, truth
from training.evaluation.calibrate import calibration_error
from training.evaluation.faces import FaceTable, face_table
from training.evaluation.intervals import point
from training.evaluation.uncertain import answered, calibration, risk_area, risk_at, risk_coverage


def table(*faces: tuple[bool, float]) -> FaceTable:
    """One picture per face: whether its state is right, and how certain."""
    labels = [truth((0, 0, 50, 50, 0)) for _ in faces]
    return face_table(labels, [found((0, 0, 50, 50, 0 if right else 2, 0.9, sure)) for right, sure in faces])


FACES = st.lists(st.tuples(st.booleans(), st.floats(0.35, 1)), min_size=1, max_size=30)


@given(FACES)
def test_all_answered_is_the_plain_error(faces: list) -> None:
    error = 1 - np.mean([right for right, _ in faces])
    assert point(risk_at(table(*faces), 1.0), len(faces)) == pytest.approx(error)


@given(FACES, st.floats(0, 1), st.floats(0, 1))
def test_a_larger_error_allowed_answers_no_fewer(faces: list, one: float, two: float) -> None:
    made = table(*faces)
    low, high = sorted((one, two))
    assert point(answered(made, low), len(faces)) <= point(answered(made, high), len(faces))
    assert point(answered(made, 1.0), len(faces)) == pytest.approx(1.0)


@given(FACES)
def test_coverage_rises_to_one_and_risks_are_shares(faces: list) -> None:
    covered, risk, _ = risk_coverage(table(*faces), np.ones((1, len(faces))))
    assert (np.diff(covered[0]) > 0).all()
    assert covered[0, -1] == pytest.approx(1.0)
    assert ((risk >= 0) & (risk <= 1)).all()


@given(st.lists(st.floats(0.35, 1), min_size=2, max_size=20, unique=True), st.integers(1, 19))
def test_errors_at_the_uncertain_end_cost_least(certainties: list, errors: int) -> None:
    ordered = sorted(certainties)
    count = min(errors, len(ordered) - 1)
    wise = [(n >= count, sure) for n, sure in enumerate(ordered)]
    foolish = [(n < len(ordered) - count, sure) for n, sure in enumerate(ordered)]
    assert point(risk_area(table(*wise)), len(ordered)) <= point(risk_area(table(*foolish)), len(ordered))


@given(FACES)
def test_calibration_error_is_that_of_the_fit(faces: list) -> None:
    made = table(*faces)
    plain = calibration_error(made.probabilities, made.label)
    assert point(calibration(made), len(faces)) == pytest.approx(plain)


def test_by_hand() -> None:
    made = table((True, 0.99), (True, 0.9), (False, 0.8), (True, 0.6))
    assert point(risk_at(made, 0.5), 4) == 0.0
    assert point(risk_at(made, 0.75), 4) == pytest.approx(1 / 3)
    assert point(answered(made, 0.0), 4) == 0.5
    assert point(answered(made, 0.25), 4) == 1.0
    assert point(risk_area(made), 4) == pytest.approx((0 + 0 + 1 / 3 + 1 / 4) / 4)


def test_faces_never_found_are_not_answered() -> None:
    made = face_table([truth((0, 0, 50, 50, 0))], [found()])
    assert np.isnan(point(risk_area(made), 1))
    assert np.isnan(point(risk_at(made, 1.0), 1))
    assert np.isnan(point(calibration(made), 1))

"""One temperature, fitted on probabilities alone."""

import numpy as np
import pytest

from training.data import DataError
from training.evaluation.calibrate import calibration_error, fit_temperature, log_loss, tempered


def sample(temperature: float, count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Labels drawn from probabilities, and those probabilities made too sure (below 1) or too shy (above 1)."""
    rng = np.random.default_rng(0)
    true = tempered(rng.dirichlet((1, 1, 1), count), 1.0)
    labels = np.array([rng.choice(3, p=row) for row in true])
    return tempered(true, temperature), labels


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.0])
def test_the_temperature_that_was_taken_is_given_back(factor: float) -> None:
    probabilities, labels = sample(factor)
    fitted = fit_temperature(probabilities, labels)
    assert fitted.temperature == pytest.approx(1 / factor, rel=0.1)
    assert fitted.loss <= fitted.loss_before + 1e-9
    assert fitted.error < 0.03
    assert fitted.faces == 4000


def test_figures_by_hand() -> None:
    probabilities = np.array([[0.8, 0.1, 0.1], [0.8, 0.1, 0.1]])
    labels = np.array([0, 1])
    assert log_loss(probabilities, labels) == pytest.approx(-(np.log(0.8) + np.log(0.1)) / 2)
    # 80 % sure, half right.
    assert calibration_error(probabilities, labels) == pytest.approx(0.3)


def test_tempering_keeps_the_order() -> None:
    probabilities = np.array([[0.6, 0.3, 0.1]])
    for temperature in (0.5, 2.0):
        out = tempered(probabilities, temperature)
        assert out.sum() == pytest.approx(1)
        assert (np.argsort(out) == np.argsort(probabilities)).all()


def test_without_faces_nothing_is_fitted() -> None:
    with pytest.raises(DataError, match="no face"):
        fit_temperature(np.zeros((0, 3)), np.zeros(0, np.int64))

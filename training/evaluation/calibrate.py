"""Make the state's probabilities mean what they say: one temperature, fitted on the val split.

Guo et al. 2017, arXiv:1706.04599. Dividing logits by a temperature is raising probabilities to 1 / temperature and
dividing by their sum, so that what the node gives is enough to fit it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mask_node.vision.card import Figure, read_card
from mask_node.vision.types import Detector
from training.data import DataError, LabelledPicture
from training.evaluation.faces import face_table
from training.evaluation.look import look
from training.evaluation.matching import Floats, Ints
from training.evaluation.uncertain import bin_of
from training.export.card import record_figures, write_card

#: Temperatures that are tried; 1 is among them.
TEMPERATURES = np.exp(np.linspace(-1.1, 1.1, 221))


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fitted temperature; negative log-likelihood and expected calibration error with it and without."""

    temperature: float
    faces: int
    loss: float
    loss_before: float
    error: float
    error_before: float


def found_faces(detector: Detector, pictures: Sequence[LabelledPicture]) -> tuple[Floats, Ints]:
    """(N, 3) probabilities and (N,) labels of the faces that the detector finds surely."""
    table = face_table(pictures, look(detector, pictures)[0])
    return table.probabilities[table.found], table.label[table.found]


def tempered(probabilities: Floats, temperature: float) -> Floats:
    """(N, 3) probabilities as the temperature makes them."""
    raised = np.power(np.clip(probabilities, 1e-9, 1.0), 1 / temperature)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), np.float64)


def log_loss(probabilities: Floats, labels: Ints) -> float:
    """Mean negative log-likelihood, in nats."""
    return float(-np.log(np.clip(probabilities[np.arange(len(labels)), labels], 1e-9, 1.0)).mean())


def calibration_error(probabilities: Floats, labels: Ints) -> float:
    """Expected calibration error of the likeliest state, in ten equal bins, 0..1."""
    sure = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bins = bin_of(sure)
    gaps = [abs(float(sure[bins == b].mean() - right[bins == b].mean())) * int((bins == b).sum()) for b in set(bins)]
    return float(sum(gaps) / len(labels))


def fit_temperature(probabilities: Floats, labels: Ints) -> Calibration:
    """The temperature of the least log loss. Raises DataError without faces."""
    if not len(labels):
        raise DataError("no face was found to fit a temperature on; the detector must be trained first")
    losses = [log_loss(tempered(probabilities, float(t)), labels) for t in TEMPERATURES]
    best = float(TEMPERATURES[int(np.argmin(losses))])
    return Calibration(
        temperature=best,
        faces=len(labels),
        loss=min(losses),
        loss_before=log_loss(probabilities, labels),
        error=calibration_error(tempered(probabilities, best), labels),
        error_before=calibration_error(probabilities, labels),
    )


def record_temperature(models: Path, fitted: Calibration, split: str) -> None:
    """Multiply the second stage's temperature in its card by the fitted one and keep the figures."""
    card = read_card(models / "mask_state.json")
    temperature = card.calibration.get("state_temperature", 1.0) * fitted.temperature
    command = "maskgate train calibrate"
    figures = [
        Figure(name="state_log_loss", value=round(fitted.loss, 4), split=split, command=command),
        Figure(name="state_calibration_error", value=round(fitted.error, 4), split=split, command=command),
    ]
    new = record_figures(card, figures)
    write_card(new.model_copy(update={"calibration": {"state_temperature": round(temperature, 3)}}), models)

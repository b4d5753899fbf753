"""Predictions to be judged: from a detector, or from what `maskgate node detect --json` printed."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from statistics import median
from typing import Any

import numpy as np

from mask_node.vision.types import Detector, Face
from maskgate.states import MODEL_STATES
from training.data import STATE_INDEX, DataError, LabelledPicture
from training.evaluation.matching import Predictions


def look(detector: Detector, pictures: Sequence[LabelledPicture]) -> tuple[list[Predictions], float]:
    """The detector's faces of every picture and the median milliseconds of one, decoded picture to faces."""
    out, times = [], []
    for label in pictures:
        sight = detector.detect(label.read())
        times.append(sight.ms["total"])
        out.append(as_predictions(sight.faces))
    return out, median(times) if times else float("nan")


def as_predictions(faces: Sequence[Face]) -> Predictions:
    """What a detector gave for one picture, as arrays."""
    return Predictions(
        boxes=np.array([face.box for face in faces], np.float64).reshape(-1, 4),
        states=np.array([STATE_INDEX[face.state.value] for face in faces], np.int64),
        confidences=np.array([face.confidence for face in faces], np.float64),
        probabilities=np.array(
            [[face.states.of(state) for state in MODEL_STATES] for face in faces], np.float64
        ).reshape(-1, 3),
    )


def read_predictions(path: Path, pictures: Sequence[LabelledPicture]) -> tuple[list[Predictions], float]:
    """The same from a file of JSON lines, one per picture in any order. Files are told apart by their names.

    Raises DataError if the file is missing, a line is not as the node prints it, or a picture has no line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror}); --predictions takes a file of JSON lines"
        ) from error
    records = dict(_record(path, number, line) for number, line in enumerate(lines, 1) if line.strip())
    missing = [label.path.name for label in pictures if label.path.name not in records]
    if missing:
        raise DataError(
            f"{path}: no line for {missing[0]} and {len(missing) - 1} more; run `maskgate node detect --json` on all "
            "pictures of the split"
        )
    found = [records[label.path.name] for label in pictures]
    return [prediction for prediction, _ in found], median(ms for _, ms in found) if found else float("nan")


def _record(path: Path, number: int, line: str) -> tuple[str, tuple[Predictions, float]]:
    try:
        raw = json.loads(line)
        return PurePath(raw["file"]).name, (_predictions(raw["faces"]), float(raw["ms"]["total"]))
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}:{number}: not a line of `maskgate node detect --json` ({error!r})") from error


def _predictions(faces: Iterable[dict[str, Any]]) -> Predictions:
    faces = list(faces)
    return Predictions(
        boxes=np.array([face["box"] for face in faces], np.float64).reshape(-1, 4),
        states=np.array([STATE_INDEX[face["state"]] for face in faces], np.int64),
        confidences=np.array([face["confidence"] for face in faces], np.float64),
        probabilities=np.array([_probabilities(face) for face in faces], np.float64).reshape(-1, 3),
    )


def _probabilities(face: dict[str, Any]) -> list[float]:
    """As printed; a tool that prints the state alone is taken at its word."""
    printed = face.get("states") or {face["state"]: 1.0}
    return [float(printed.get(state.value, 0.0)) for state in MODEL_STATES]

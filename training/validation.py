"""Held-out batches for the node's two stages: val photographs as the node sees them, no augmentation."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mask_node.vision.geometry import letterbox
from mask_node.vision.mask_state import cut, square_around
from training.augment import Picture, Rng
from training.compose import Example
from training.crops import Sample, chance
from training.data import LabelledPicture, read_scenes
from training.detector import targets
from training.feed import Batch
from training.fit import Validation

#: How far a crop's box is off its label, in sides of the box, and its size in logarithms: as the first stage errs.
SHIFT, SPREAD = 0.06, 0.12


def whole(picture: Picture, label: LabelledPicture, size: tuple[int, int]) -> Example:
    """The whole picture as the node gives it to the detector, width and height `size`, with its boxes in its pixels."""
    inside, place = letterbox(picture, size)
    return Example(inside, place.to_input(label.boxes), label.states, label.ignore)


def detector_validation(data: Path, size: tuple[int, int], batch: int) -> Validation:
    """The val photographs for stage one. `accuracy`: share of labelled centres whose cell gives the right state."""
    examples = (whole(label.read(), label, size) for label in read_scenes(data, "val"))
    batches = [
        (np.stack([example.picture for example in part]), {"target": np.stack([targets(e) for e in part])})
        for part in _parts(examples, batch)
    ]
    return Validation(batches, _count_centres)


def _count_centres(outputs: Any, wanted: dict[str, NDArray[Any]]) -> dict[str, tuple[float, float]]:
    target = wanted["target"]
    centres = target[..., 0] >= 1.0
    right = outputs["states"].argmax(axis=-1)[centres] == target[..., 3][centres]
    return {"accuracy": (float(right.sum()), float(right.size))}


def second_stage_validation(data: Path, size: int, batch: int, seed: int = 1) -> Validation:
    """Crops of the val photographs for stage two: every labelled face, its box a little off, and places without one.

    `accuracy`: share of faces whose state is right. `face_accuracy`: share of crops rightly called a face or none.
    """
    rng = np.random.default_rng(seed)
    samples = (sample for label in read_scenes(data, "val") for sample in crop_samples(label.read(), label, size, rng))
    return Validation([crop_batch(part) for part in _parts(samples, batch)], _count_states)


def crop_samples(picture: Picture, label: LabelledPicture, size: int, rng: Rng) -> Iterator[Sample]:
    """What the node would cut around slightly wrong boxes of one picture; then up to two places without a face."""
    for index in np.flatnonzero(~label.ignore):
        x, y, w, h = (float(v) for v in label.boxes[index])
        dx, dy = rng.normal(0, SHIFT, 2) * (w, h)
        gw, gh = np.exp(rng.normal(0, SPREAD, 2))
        seen = (x + dx + w * (1 - gw) / 2, y + dy + h * (1 - gh) / 2, w * gw, h * gh)
        left, top, side = square_around(seen)
        box = ((x + w / 2 - left) / side - 0.5, (y + h / 2 - top) / side - 0.5, np.log(w / side), np.log(h / side))
        yield Sample(cut(picture, left, top, side, size), int(label.states[index]), 1.0, np.array(box, np.float32), 1.0)
    for x, y, w, h in chance(label, rng).tolist():
        yield Sample(cut(picture, *square_around((x, y, w, h)), size), 0, 0.0, np.zeros(4, np.float32), 0.0)


def crop_batch(samples: list[Sample]) -> Batch:
    """(B, S, S, 3) crops with state, face and box, as the second stage's loss takes them."""
    return np.stack([sample.picture for sample in samples]), {
        "state": np.array([sample.state for sample in samples], np.int32),
        "face": np.array([sample.face for sample in samples], np.float32),
        "box": np.stack([sample.box for sample in samples]),
        "framed": np.array([sample.framed for sample in samples], np.float32),
    }


def _count_states(outputs: Any, wanted: dict[str, NDArray[Any]]) -> dict[str, tuple[float, float]]:
    faces = wanted["face"] > 0.5
    right = (outputs["states"].argmax(axis=-1) == wanted["state"])[faces]
    sure = (outputs["face"][:, 0] > 0) == faces
    return {
        "accuracy": (float(right.sum()), float(right.size)),
        "face_accuracy": (float(sure.sum()), float(sure.size)),
    }


def _parts(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part

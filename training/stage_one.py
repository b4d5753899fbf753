"""The detector's training run: which pictures, which batches, which model."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from training import detector, imitate
from training.backbone import DETECTOR
from training.compose import Album, Composer
from training.fit import Batch, FitConfig, MakeBatch, Run
from training.sets import scenes, single_faces
from training.validation import detector_validation

#: Width and height of the input: a camera's landscape. A portrait picture loses nothing against a square of the height.
SIZE = (320, 256)


def batches(composer: Composer, config: FitConfig) -> MakeBatch:
    """Batch number `step`: (B, H, W, 3) pictures and their target maps, drawn from (seed, step)."""

    def make(step: int) -> Batch:
        rng = np.random.default_rng([config.seed, step])
        examples = [composer.draw(rng) for _ in range(config.batch)]
        pictures = np.stack([example.picture for example in examples])
        return pictures, {"target": np.stack([detector.targets(example) for example in examples])}

    return make


def loss(outputs: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """The detector's loss on one batch."""
    return detector.loss(outputs, wanted["target"])


def train_composer(
    data: Sequence[Path], size: tuple[int, int], corrections: Sequence[Path] = (), most: int | None = None
) -> Composer:
    """Draws from the train splits of all data folders; at most `most` pictures of each kind."""
    photographs = Album(scenes(data, "train", corrections)[:most])
    return Composer(photographs, Album(single_faces(data, "train")[:most]), size)


def open_run(
    data: Sequence[Path], folder: Path, backbone: Path | None, config: FitConfig,
    *, corrections: Sequence[Path] = (), size: tuple[int, int] = SIZE,
) -> Run:  # fmt: skip
    """A run of the detector on the train splits, new or resumed from `folder`.

    backbone: weights of an imitation. corrections: files of label corrections.
    """
    keras.utils.set_random_seed(config.seed)
    model = detector.build(size)
    if backbone is not None:
        imitate.take_up(model, backbone, DETECTOR)
    make = batches(train_composer(data, size, corrections), config)
    validation = detector_validation(data[0], size, config.batch) if config.val_every else None
    return Run(model, loss, make, config, folder, validation=validation)

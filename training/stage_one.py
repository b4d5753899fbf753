"""The detector's training run: which pictures, which batches, which model."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from training import detector
from training.compose import Album, Composer
from training.data import read_mask_faces, read_scenes
from training.fit import Batch, FitConfig, MakeBatch, Run

SIZE = 256


def batches(composer: Composer, config: FitConfig) -> MakeBatch:
    """Batch number `step`: (B, S, S, 3) pictures and their target maps, drawn from (seed, step)."""

    def make(step: int) -> Batch:
        rng = np.random.default_rng([config.seed, step])
        examples = [composer.draw(rng) for _ in range(config.batch)]
        pictures = np.stack([example.picture for example in examples])
        return pictures, {"target": np.stack([detector.targets(example, composer.size) for example in examples])}

    return make


def loss(outputs: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """The detector's loss on one batch."""
    return detector.loss(outputs, wanted["target"])


def open_run(data: Path, folder: Path, backbone: Path | None, config: FitConfig, size: int = SIZE) -> Run:
    """A run of the detector on the train splits, new or resumed from `folder`."""
    keras.utils.set_random_seed(config.seed)
    scenes = Album(read_scenes(data, "train"))
    singles = Album(read_mask_faces(data, "train"))
    model = detector.build(size, backbone)
    return Run(model, loss, batches(Composer(scenes, singles, size), config), config, folder)

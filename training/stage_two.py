"""The second stage's training run: which crops, which batches, which model."""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np

from mask_node.vision.face_detector import FaceDetector
from training import imitate, second_stage
from training.backbone import MASK_STATE
from training.compose import Album
from training.crops import Crop, Dealer, collect
from training.draw.landmarks import read_landmarks
from training.draw.points import Points
from training.fit import Batch, FitConfig, MakeBatch, Run
from training.sets import scenes, single_faces
from training.validation import second_stage_validation

SIZE = 112


def batches(dealer: Dealer, config: FitConfig) -> MakeBatch:
    """Batch number `step`: (B, S, S, 3) crops with state, face and box, drawn from (seed, step)."""

    def make(step: int) -> Batch:
        rng = np.random.default_rng([config.seed, step])
        samples = [dealer.draw(rng) for _ in range(config.batch)]
        return np.stack([sample.picture for sample in samples]), {
            "state": np.array([sample.state for sample in samples], np.int32),
            "face": np.array([sample.face for sample in samples], np.float32),
            "box": np.stack([sample.box for sample in samples]),
            "framed": np.array([sample.framed for sample in samples], np.float32),
        }

    return make


def train_crops(
    data: Sequence[Path], finder: FaceDetector | None, seed: int, size: int = SIZE,
    *, landmarks: Path | None = None, corrections: Sequence[Path] = (),
) -> list[Crop]:  # fmt: skip
    """The crops of both train splits of all data folders (about 3 GB in memory).

    landmarks: the file of `maskgate train landmarks` on the first folder; without it a mean face is drawn on.
    """
    rng = np.random.default_rng(seed)
    points: dict[Path, dict[int, Points]] = {}
    for (file, face), known in (read_landmarks(landmarks) if landmarks else {}).items():
        points.setdefault(data[0] / file, {})[face] = known
    crops = collect(Album(scenes(data, "train", corrections)), finder, size, rng, points)
    return crops + collect(Album(single_faces(data, "train")), finder, size, rng, points)


def open_run(
    data: Sequence[Path], folder: Path, backbone: Path | None, config: FitConfig,
    *, finder: FaceDetector | None, size: int = SIZE, landmarks: Path | None = None, corrections: Sequence[Path] = (),
) -> Run:  # fmt: skip
    """A run of the second stage, new or resumed from `folder`.

    backbone: weights of an imitation. landmarks: see `train_crops`. corrections: files of label corrections.
    """
    keras.utils.set_random_seed(config.seed)
    crops = train_crops(data, finder, config.seed, size, landmarks=landmarks, corrections=corrections)
    dealer = Dealer(crops, size)
    model = second_stage.build(size)
    if backbone is not None:
        imitate.take_up(model, backbone, MASK_STATE)
    validation = second_stage_validation(data[0], size, config.batch) if config.val_every else None
    return Run(model, second_stage.loss, batches(dealer, config), config, folder, validation=validation)

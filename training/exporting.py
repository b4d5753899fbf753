"""Export one stage of a run: averaged weights in, int8 model and card out."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import keras
import numpy as np

from mask_node.vision.card import ModelCard, TrainingFacts
from training import detector, second_stage, stage_one, stage_two
from training.crops import Dealer, collect
from training.data import DataError
from training.export import convert, output_shapes
from training.export_card import write_model
from training.fit import FitConfig, MakeBatch, Run

#: Pictures that set the ranges of the quantisation, composed and lit as in training.
RANGE_PICTURES = 320
#: An interim export draws from this many photographs only, to be quick.
INTERIM_PICTURES = 160

KINDS: dict[str, Literal["face_detector", "mask_state"]] = {"detector": "face_detector", "second-stage": "mask_state"}


def export_stage(
    stage: str, data: Sequence[Path], folder: Path, models: Path, version: str, *, interim: bool, notes: str = ""
) -> ModelCard:
    """Write the model of a run into `models`. interim: average the last checkpoint first. Raises DataError."""
    path = folder / "config.json"
    if not path.is_file():
        raise DataError(f"{path}: no such file; run `maskgate train fit {stage}` first or give its --folder")
    config = FitConfig(**json.loads(path.read_text(encoding="utf-8")))
    model = detector.build(stage_one.SIZE) if stage == "detector" else second_stage.build(stage_two.SIZE)
    make = _batches(stage, data, config, INTERIM_PICTURES if interim else None)
    weights = folder / "averaged.weights.h5"
    steps = config.steps
    if interim:
        run = Run(model, lambda *_: {}, make, config, folder)
        steps = int(run.step.numpy())
        run.finish(folder / "interim.weights.h5", refresh=12)
    elif weights.is_file():
        model.load_weights(weights)
    else:
        raise DataError(f"{weights}: no such file; let the run finish, or export with --interim")
    pictures = np.concatenate([make(10**6 + i)[0] for i in range(-(-RANGE_PICTURES // config.batch))])
    facts = TrainingFacts(
        data={"scenes": "train, 986 photographs", "mask_faces": "train, pictures with one machine-made box"},
        start="MobileNetV2 1.0, ImageNet",
        seed=config.seed,
        steps=steps,
        batch=config.batch,
        command=f"maskgate train fit {stage} --steps {config.steps} --batch {config.batch} --rate {config.rate:g}"
        + (f" --seed {config.seed}" if config.seed != 1 else "")
        + (f" --start {config.start}" if config.start else ""),
        notes=notes,
    )
    return write_model(
        KINDS[stage], convert(model, pictures[:RANGE_PICTURES]), models, version=version, training=facts,
        size=(int(model.input.shape[2]), int(model.input.shape[1])), shapes=output_shapes(model),
    )  # fmt: skip


def _batches(stage: str, data: Sequence[Path], config: FitConfig, most: int | None) -> MakeBatch:
    keras.utils.set_random_seed(config.seed)
    composer = stage_one.train_composer(data, stage_one.SIZE, most=most)
    if stage == "detector":
        return stage_one.batches(composer, config)
    rng = np.random.default_rng(config.seed)
    albums = [composer.scenes] + ([composer.singles] if composer.singles else [])
    crops = [crop for album in albums for crop in collect(album, None, stage_two.SIZE, rng)]
    return stage_two.batches(Dealer(crops, stage_two.SIZE), config)

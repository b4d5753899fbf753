"""What there is to export: a trained model, pictures that set its ranges, pictures to compare on, and its story."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from mask_node.vision.card import TrainingFacts
from mask_node.vision.types import Frame
from training import detector, second_stage, stage_one, stage_two
from training.classify.models import Classifier, build, read_classifier
from training.classify.pictures import Deck, batches, read_picture
from training.crops import Dealer, collect
from training.data import DataError, read_json, read_mask_faces, read_scenes
from training.export.card import Kind
from training.feed import MakeBatch
from training.fit import WEIGHTS, Run, load_weights
from training.prepare.classes import read_class_set
from training.schedule import FitConfig, read_config
from training.validation import crop_samples, whole

#: Pictures that set the ranges of the quantisation, composed and lit as in training.
RANGE_PICTURES = 320
#: Pictures of val on which formats are compared.
COMPARED = 500
#: An interim export draws from this many photographs only, to be quick.
INTERIM_PICTURES = 160


@dataclass(frozen=True, slots=True)
class Source:
    """One finished run. ranges: (N, S, S, C). compared: makes the val pictures, as the model takes them."""

    kind: Kind
    stem: str
    model: keras.Model
    ranges: NDArray[np.uint8]
    compared: Callable[[], list[Frame]]
    training: TrainingFacts
    labels: tuple[str, ...] = field(default=())
    colours: str = "BGR"


def stage_source(
    stage: str, data: Sequence[Path], folder: Path, *, interim: bool, notes: str, ranges: int = RANGE_PICTURES
) -> Source:
    """A run of the detector or the second stage. interim: average the last checkpoint first. Raises DataError."""
    config = read_config(folder, f"maskgate train fit {stage}")
    model = detector.build(stage_one.SIZE) if stage == "detector" else second_stage.build(stage_two.SIZE)
    make = _stage_batches(stage, data, config, INTERIM_PICTURES if interim else None)
    steps = _weights(model, make, config, folder, interim=interim)
    return Source(
        kind="face_detector" if stage == "detector" else "mask_state",
        stem="",
        model=model,
        ranges=_ranges(make, config.batch, ranges),
        compared=lambda: _whole_pictures(data[0]) if stage == "detector" else _crops(data[0]),
        training=_facts(
            f"maskgate train fit {stage}", config, steps,
            notes=notes, data=_scenes_facts(data), start="MobileNetV2 1.0, ImageNet, imitated by the narrow backbone",
        ),
    )  # fmt: skip


def classifier_source(data: Path, folder: Path, *, interim: bool, notes: str, ranges: int = RANGE_PICTURES) -> Source:
    """A run of one of the classifiers. Raises DataError."""
    classifier = read_classifier(folder)
    config = read_config(folder, f"maskgate train fit {classifier.kind}")
    model = build(classifier)
    pictures = read_class_set(data, "train")
    make = batches(Deck(pictures, classifier.look, augment=True), config.seed, config.batch)
    if interim:
        raise DataError("only the node's two stages are exported with --interim; let the classifier's run finish")
    steps = _weights(model, make, config, folder, interim=False)
    counts = np.bincount(pictures.labels, minlength=len(pictures.names))
    told = ", ".join(f"{count} {name}" for name, count in zip(pictures.names, counts, strict=True))
    return Source(
        kind="mask_classifier",
        stem=classifier.kind,
        model=model,
        ranges=_ranges(make, config.batch, ranges),
        compared=lambda: [
            classifier.look.of(read_picture(path)) for path in read_class_set(data, "val").files[:COMPARED]
        ],
        training=_facts(
            f"maskgate train fit {classifier.kind} {_options(classifier)}", config, steps, notes=notes,
            data={data.resolve().name: f"train, {told}{_sha(data / 'labels.csv')}{_sha(data / 'manifest.csv')}"},
            start="random weights" if classifier.kind == "cnn" else f"MobileNetV2 {classifier.width:g}, ImageNet",
        ),
        labels=classifier.names,
        colours=("grey three times" if classifier.look.channels == 3 else "grey") if classifier.grayscale else "BGR",
    )  # fmt: skip


def _options(classifier: Classifier) -> str:
    own = f" --width {classifier.width:g} --freeze {classifier.freeze}" if classifier.kind == "mobilenet" else (
        f" --filters {classifier.filters}"
    )  # fmt: skip
    return f"--size {classifier.size}{own}" + (" --grayscale" if classifier.grayscale else "")


def _weights(model: keras.Model, make: MakeBatch, config: FitConfig, folder: Path, *, interim: bool) -> int:
    """Fill the model with the run's result; the steps behind it."""
    if interim:
        run = Run(model, lambda *_: {}, make, config, folder)
        run.finish(folder / "interim.weights.h5", refresh=12)
        return int(run.step.numpy())
    weights, finished = folder / WEIGHTS, folder / "finished.json"
    if not weights.is_file():
        raise DataError(f"{weights}: no such file; let the run finish, or export with --interim")
    load_weights(model, weights)
    return int(read_json(finished)["step"]) if finished.is_file() else config.steps


def _ranges(make: MakeBatch, batch: int, count: int) -> NDArray[np.uint8]:
    return np.concatenate([make(10**6 + i)[0] for i in range(-(-count // batch))])[:count]


def _stage_batches(stage: str, data: Sequence[Path], config: FitConfig, most: int | None) -> MakeBatch:
    keras.utils.set_random_seed(config.seed)
    composer = stage_one.train_composer(data, stage_one.SIZE, most=most)
    if stage == "detector":
        return stage_one.batches(composer, config)
    rng = np.random.default_rng(config.seed)
    albums = [composer.scenes] + ([composer.singles] if composer.singles else [])
    crops = [crop for album in albums for crop in collect(album, None, stage_two.SIZE, rng)]
    return stage_two.batches(Dealer(crops, stage_two.SIZE), config)


def _whole_pictures(data: Path) -> list[Frame]:
    return [whole(label.read(), label, stage_one.SIZE).picture for label in read_scenes(data, "val")[:COMPARED]]


def _crops(data: Path) -> list[Frame]:
    rng, size = np.random.default_rng(1), stage_two.SIZE
    faces = (crop for label in read_scenes(data, "val") for crop in crop_samples(label.read(), label, size, rng))
    return [crop.picture for crop in islice((crop for crop in faces if crop.face > 0), COMPARED)]


def _scenes_facts(data: Sequence[Path]) -> dict[str, str]:
    """By set: split, pictures and version; sets of further folders under `<folder>/<set>`."""
    out = {}
    for folder in data:
        prefix = "" if folder == data[0] else f"{folder.resolve().name}/"
        table = folder / "scenes" / "train.json"
        if table.is_file():
            out[f"{prefix}scenes"] = f"train, {len(read_scenes(folder, 'train'))} photographs{_sha(table)}"
        table = folder / "mask_faces" / "manifest.csv"
        if table.is_file():
            count = len(read_mask_faces(folder, "train"))
            out[f"{prefix}mask_faces"] = f"train, {count} pictures with one machine-made box{_sha(table)}"
    return out


def _sha(path: Path) -> str:
    """What tells one version of a data set from another: the start of its table's sha256."""
    return f"; {path.name} sha256 {hashlib.sha256(path.read_bytes()).hexdigest()[:16]}" if path.is_file() else ""


def _facts(
    command: str, config: FitConfig, steps: int, *, notes: str, data: dict[str, str], start: str
) -> TrainingFacts:
    return TrainingFacts(
        data=data,
        start=start,
        seed=config.seed,
        steps=steps,
        batch=config.batch,
        command=f"{command} --steps {config.steps} --batch {config.batch} --rate {config.rate:g}"
        + (f" --seed {config.seed}" if config.seed != 1 else "")
        + (f" --patience {config.patience} --val-every {config.val_every}" if config.patience else "")
        + (f" --start {config.start}" if config.start else ""),
        notes=notes,
    )

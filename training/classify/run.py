"""The classifiers' training runs."""

from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.classify.features import Features
from training.classify.models import Classifier, build, build_backbone, build_head, write_classifier
from training.classify.pictures import Deck, batches, whole_batches
from training.fit import FitConfig, Run, Validation, load_weights
from training.prepare.classes import ClassSet, read_class_set
from training.settings import ClassifierSettings, CnnSettings, MobilenetSettings

#: Labels are wrong in about 1 of 100 face pictures; certainty would be learnt from them.
SMOOTHING = 0.02


def loss(probabilities: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    """Cross-entropy of (B, K) probabilities with slightly smoothed labels, in nats."""
    label = wanted["label"]
    count = tf.cast(tf.shape(label)[-1], tf.float32)
    smooth = label * (1 - SMOOTHING) + SMOOTHING / count
    logs = tf.math.log(tf.clip_by_value(probabilities, 1e-7, 1.0))
    return {"cross": -tf.reduce_mean(tf.reduce_sum(smooth * logs, axis=-1))}


def count_right(probabilities: NDArray[np.float32], wanted: dict[str, NDArray[Any]]) -> dict[str, tuple[float, float]]:
    """`accuracy` of a batch, as sum and count."""
    right = probabilities.argmax(axis=-1) == wanted["label"].argmax(axis=-1)
    return {"accuracy": (float(right.sum()), float(right.size))}


class FrozenRun(Run):
    """A run of the head alone on features of a frozen backbone; its result is the whole model's weights."""

    def __init__(self, whole: keras.Model, head: keras.Model, *rest: Any, **options: Any) -> None:
        self.whole = whole
        super().__init__(head, *rest, **options)

    def start_from(self, path: Path) -> None:
        """The file holds the whole model, which shares the head's variables."""
        load_weights(self.whole, path)

    def finish(self, path: Path | None = None, refresh: int | None = None) -> Path:
        """As `Run.finish`, for the whole model."""
        written = super().finish(path, refresh)
        self.whole.save_weights(written)
        return written


def _facts(kind: Literal["mobilenet", "cnn"], names: list[str], settings: ClassifierSettings) -> Classifier:
    own = {
        name: getattr(settings, name)
        for name in ("size", "grayscale", "dropout", "dense", "width", "freeze", "filters")
        if hasattr(settings, name)
    }
    return Classifier(kind=kind, names=tuple(names), **own)


def _validation(data: Path, classifier: Classifier, config: FitConfig) -> Validation | None:
    if not config.val_every:
        return None
    return Validation(whole_batches(read_class_set(data, "val"), classifier.look, config.batch), count_right)


def _open(data: Path, folder: Path, settings: ClassifierSettings, classifier: Classifier, *,
          model: keras.Model, pictures: ClassSet) -> Run:  # fmt: skip
    config = settings.config()
    deck = Deck(pictures, classifier.look, augment=settings.augment)
    make = batches(deck, config.seed, config.batch)
    return Run(model, loss, make, config, folder, validation=_validation(data, classifier, config))


def open_cnn(data: Path, folder: Path, settings: CnnSettings) -> Run:
    """A run of the Sequential network on the train split, new or resumed from `folder`. Raises DataError."""
    keras.utils.set_random_seed(settings.seed)
    pictures = read_class_set(data, "train")
    classifier = _facts("cnn", pictures.names, settings)
    write_classifier(classifier, folder)
    return _open(data, folder, settings, classifier, model=build(classifier), pictures=pictures)


def open_mobilenet(data: Path, folder: Path, settings: MobilenetSettings) -> Run:
    """A run of MobileNetV2 on the train split, new or resumed from `folder`. Raises DataError.

    With the whole backbone frozen its features are computed once, of `copies` altered copies of each picture, and only
    the head is trained: the same result as through the backbone in every step, in a fraction of the time.
    """
    keras.utils.set_random_seed(settings.seed)
    pictures = read_class_set(data, "train")
    classifier = _facts("mobilenet", pictures.names, settings)
    weights: Path | Literal["imagenet"] | None = None if settings.scratch else (settings.backbone or "imagenet")
    backbone = build_backbone(classifier, weights)
    write_classifier(classifier, folder)
    head = build_head(classifier, int(backbone.output.shape[-1]))
    whole = keras.Model(backbone.input, head(backbone.output))
    if settings.freeze != "all":
        return _open(data, folder, settings, classifier, model=whole, pictures=pictures)
    config = settings.config()
    features = Features(backbone, settings.copies if settings.augment else 1, config.seed)
    deck = Deck(pictures, classifier.look, augment=settings.augment)
    make = features.batches(deck, config.batch, folder / "features.npz")
    validation = _validation(data, classifier, config)
    if validation:
        validation = Validation([features.batch(batch) for batch in validation.batches], validation.measure)
    return FrozenRun(whole, head, loss, make, config, folder, validation=validation, inputs=lambda found: found)

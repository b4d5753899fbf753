"""The two architectures, and the file beside their weights that says which one a run trains."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

import keras
from keras import layers

from training.backbone import BATCH_NORM_MOMENTUM
from training.classify.pictures import Look
from training.data import DataError, read_json

FILE = "classifier.json"
#: MobileNetV2's widths for which Keras has ImageNet weights to download.
PUBLISHED = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)


@dataclass(frozen=True, slots=True)
class Classifier:
    """What it takes to build a model anew. names: of the classes, in the order of the outputs.

    width: MobileNetV2's alpha. filters: of the Sequential network's first convolution. freeze: `all`, `none`, or the
    name of the first layer of MobileNetV2 that is trained.
    """

    kind: Literal["mobilenet", "cnn"]
    size: int
    names: tuple[str, ...]
    grayscale: bool = False
    dropout: float = 0.5
    dense: int = 64
    width: float = 1.0
    freeze: str = "all"
    filters: int = 32

    @property
    def look(self) -> Look:
        """How pictures are made ready. MobileNetV2 always takes three channels: its weights do."""
        return Look(self.size, self.grayscale, 1 if self.grayscale and self.kind == "cnn" else 3)


def write_classifier(classifier: Classifier, folder: Path) -> None:
    """Write `classifier.json`. Raises DataError if the folder holds a run of another one."""
    path = folder / FILE
    if path.is_file() and read_classifier(folder) != classifier:
        raise DataError(f"{path}: a run of another model is in this folder; give another --folder, or empty this one")
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(classifier), indent=2) + "\n", encoding="utf-8")


def read_classifier(folder: Path) -> Classifier:
    """What the run in a folder trains. Raises DataError if there is none."""
    path = folder / FILE
    if not path.is_file():
        raise DataError(
            f"{path}: no such file; run `maskgate train fit mobilenet` or `... cnn` with this --folder first"
        )
    raw = read_json(path)
    try:
        known = {field.name: raw[field.name] for field in fields(Classifier) if field.name in raw}
        return Classifier(**known | {"names": tuple(raw["names"])})
    except (KeyError, TypeError) as error:
        raise DataError(f"{path}: not a classifier ({error!r}); train it again") from error


def build(classifier: Classifier, weights: Path | Literal["imagenet"] | None = None) -> keras.Model:
    """The whole model: (B, size, size, C) in -1..1 to (B, K) probabilities. weights: of MobileNetV2, or none."""
    if classifier.kind == "cnn":
        return build_cnn(classifier)
    backbone = build_backbone(classifier, weights)
    return keras.Model(backbone.input, build_head(classifier, backbone.output.shape[-1])(backbone.output))


def build_cnn(classifier: Classifier) -> keras.Model:
    """Three times convolution and pooling, then dropout and two dense layers, one after the other."""
    parts: list[Any] = [keras.Input((classifier.size, classifier.size, classifier.look.channels))]
    for index in range(3):
        parts.append(layers.Conv2D(classifier.filters * 2**index, 3, padding="same", activation="relu"))
        parts.append(layers.MaxPooling2D(2))
    parts += [layers.Flatten(), layers.Dropout(classifier.dropout)]
    parts += [layers.Dense(classifier.dense, activation="relu")]
    return keras.Sequential([*parts, layers.Dense(len(classifier.names), activation="softmax")], name="cnn")


def build_head(classifier: Classifier, features: int) -> keras.Model:
    """Pooled features (B, F) to (B, K) probabilities: dropout, dense, softmax."""
    parts = [layers.Dropout(classifier.dropout), layers.Dense(classifier.dense, activation="relu")]
    parts += [layers.Dropout(classifier.dropout), layers.Dense(len(classifier.names), activation="softmax")]
    return keras.Sequential([keras.Input((features,)), *parts], name="head")


def build_backbone(classifier: Classifier, weights: Path | Literal["imagenet"] | None) -> keras.Model:
    """MobileNetV2 (arXiv:1801.04381) of any width with pooling: (B, size, size, 3) BGR in -1..1 to (B, F).

    weights: a `.weights.h5` without the top, `imagenet` for Keras's own download, None for random ones.
    Layers before the one that `freeze` names are frozen. Raises DataError if weights or layer cannot be had.
    """
    shape = (classifier.size, classifier.size, 3)
    base = _downloaded(classifier, shape) if weights == "imagenet" else _plain(classifier, shape)
    if isinstance(weights, Path):
        if not weights.is_file():
            raise DataError(f"{weights}: no such file; --backbone takes MobileNetV2's ImageNet weights (.weights.h5)")
        try:
            base.load_weights(weights)
        except (ValueError, OSError) as error:
            raise DataError(f"{weights}: not weights of MobileNetV2 {classifier.width:g} without its top") from error
    if weights is not None:
        # ImageNet weights expect RGB and OpenCV gives BGR.
        first = base.get_layer("Conv1")
        first.set_weights([kernel[:, :, ::-1] for kernel in first.get_weights()])
    _freeze(base, classifier.freeze)
    return base


def _plain(classifier: Classifier, shape: tuple[int, int, int]) -> keras.Model:
    return keras.applications.MobileNetV2(
        input_shape=shape, alpha=classifier.width, include_top=False, pooling="avg", weights=None
    )


def _downloaded(classifier: Classifier, shape: tuple[int, int, int]) -> keras.Model:
    if classifier.width not in PUBLISHED:
        widths = ", ".join(f"{width:g}" for width in PUBLISHED)
        raise DataError(f"--width {classifier.width:g} has no ImageNet weights; take one of {widths}, or --scratch")
    try:
        return keras.applications.MobileNetV2(
            input_shape=shape, alpha=classifier.width, include_top=False, pooling="avg", weights="imagenet"
        )
    except Exception as error:  # Keras lets every kind of network error through, its own among them
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(
            f"Keras could not load ImageNet weights of MobileNetV2 {classifier.width:g} ({reason}); they are "
            "downloaded once: without a network give --backbone FILE, or --scratch for random weights"
        ) from error


def _freeze(base: keras.Model, freeze: str) -> None:
    names = [layer.name for layer in base.layers]
    if freeze not in ("all", "none") and freeze not in names:
        raise DataError(f"--freeze {freeze}: no such layer; all, none, or a name like block_13_expand")
    first = {"all": len(names), "none": 0}.get(freeze)
    first = names.index(freeze) if first is None else first
    for index, layer in enumerate(base.layers):
        layer.trainable = index >= first
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = BATCH_NORM_MOMENTUM

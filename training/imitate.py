"""Teach a narrowed backbone to see what the whole ImageNet MobileNetV2 sees, before any face is shown.

The narrowed one inherits the best channels and then learns to give the same maps at four depths (feature distillation,
Romero et al. 2015, arXiv:1412.6550, with maps of equal width). It costs minutes and stands for the ImageNet run that
a new architecture would need.
"""

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from training.backbone import SHARED, Widths, build, inherit, mobilenet, prepare
from training.compose import Composer
from training.data import DataError
from training.fit import Batch, FitConfig, MakeBatch, Run

#: Side of the pictures to imitate on: a multiple of 32, small because the whole MobileNetV2 looks at each as well.
SIZE = 128


def batches(composer: Composer, config: FitConfig) -> MakeBatch:
    """Batch number `step`: (B, S, S, 3) composed pictures; nothing else is wanted of them."""

    def make(step: int) -> Batch:
        rng = np.random.default_rng([config.seed, step])
        return np.stack([composer.draw(rng).picture for _ in range(config.batch)]), {}

    return make


def student(widths: Widths) -> keras.Model:
    """A narrowed backbone for pictures of side `SIZE` that gives its maps at the shared depths."""
    narrow = build(SIZE, SIZE, widths)
    return keras.Model(narrow.input, {here: narrow.get_layer(here).output for here, _ in SHARED}, name="backbone")


def take_up(model: keras.Model, weights: Path, widths: Widths) -> None:
    """Give a model that is built on a narrowed backbone what the finished imitation at `weights` has learnt."""
    if not weights.is_file():
        raise DataError(f"{weights}: no such file; `maskgate train fit backbone` makes it")
    taught = student(widths)
    taught.load_weights(weights)
    for layer in taught.layers:
        model.get_layer(layer.name).set_weights(layer.get_weights())


def open_run(composer: Composer, folder: Path, weights: Path | None, config: FitConfig, widths: Widths) -> Run:
    """A run of the imitation, new or resumed from `folder`. composer: draws pictures of side `SIZE`."""
    keras.utils.set_random_seed(config.seed)
    whole = mobilenet(SIZE, weights)
    whole.trainable = False
    teacher = keras.Model(whole.input, [whole.get_layer(there).output for _, there in SHARED])
    model = student(widths)
    inherit(model, whole)
    prepare(model)

    def look(pictures: Any) -> dict[str, Any]:
        maps = teacher(pictures, training=False)
        return {here: tf.cast(value, tf.float32) for (here, _), value in zip(SHARED, maps, strict=True)}

    return Run(model, loss, batches(composer, config), config, folder, teacher=look)


def loss(outputs: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """By layer: the squared error as a share of the variance of what the whole backbone gives; 0 is a perfect copy."""
    out = {}
    for name, given in wanted.items():
        error = tf.reduce_mean(tf.square(outputs[name] - given), axis=[0, 1, 2])
        spread = tf.math.reduce_variance(given, axis=[0, 1, 2])
        out[name] = tf.reduce_sum(error) / tf.reduce_sum(spread)
    return out

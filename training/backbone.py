"""MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381) prepared for short fine-tuning runs."""

from pathlib import Path

import keras

from training.data import DataError

#: Layers before this one keep their ImageNet weights: they cost most time (large maps) and gain least.
FIRST_TRAINED = "block_2_expand"
#: With Keras' 0.999 the running averages never settle in a run of a few thousand steps.
BATCH_NORM_MOMENTUM = 0.97


def mobilenet(size: int, weights: Path | None) -> keras.Model:
    """MobileNetV2 alpha 1.0 without its top; input (size, size, 3) BGR scaled to -1..1.

    ImageNet weights expect RGB and OpenCV gives BGR; turning the first kernel over saves turning every frame.

    weights: a Keras `.weights.h5` of ImageNet features without the top; None starts from random weights (tests only).
    """
    model = keras.applications.MobileNetV2(input_shape=(size, size, 3), alpha=1.0, include_top=False, weights=None)
    if weights is not None:
        if not weights.is_file():
            raise DataError(f"{weights}: no such file; give --backbone the ImageNet weights of MobileNetV2")
        model.load_weights(weights)
        first = model.get_layer("Conv1")
        first.set_weights([kernel[:, :, ::-1] for kernel in first.get_weights()])
    return model


def prepare(model: keras.Model) -> None:
    """Freeze the first layers and let batch norm settle quickly. Call once, on the finished model."""
    trained = False
    for layer in model.layers:
        trained = trained or layer.name == FIRST_TRAINED
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = BATCH_NORM_MOMENTUM
        if not trained:
            layer.trainable = False

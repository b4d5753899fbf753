"""The backbone of both models: MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381), narrowed, on a cheaper stem.

On a CPU the first layers of MobileNetV2 cost most: many pixels, few channels. Here four neighbouring pixels of a row
become one column of 12 channels (a reshape, no copy) and one convolution goes straight to stride 4. From there on
the blocks and the widths between them are MobileNetV2's from `block_3` on; only the widths inside the blocks shrink,
so that each block can inherit its best channels from ImageNet weights.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from training.data import DataError
from training.norm import BatchNormalization

#: With Keras' 0.999 the running averages never settle in a run of a few thousand steps.
BATCH_NORM_MOMENTUM = 0.97
#: Channels of the stem's first convolution and of its output; the latter are those of MobileNetV2's `block_2`.
STEM, STEM_OUT = 32, 24
#: Number, stride and output channels of the blocks, as MobileNetV2 has them.
BLOCKS = (
    (3, 2, 32), (4, 1, 32), (5, 1, 32),
    (6, 2, 64), (7, 1, 64), (8, 1, 64), (9, 1, 64), (10, 1, 96), (11, 1, 96), (12, 1, 96),
    (13, 2, 160), (14, 1, 160), (15, 1, 160),
)  # fmt: skip
#: Outputs that a narrowed backbone learns to share with the whole MobileNetV2: (layer here, layer there).
SHARED = (
    ("stem", "block_2_add"), ("block_5_add", "block_5_add"), ("block_12_add", "block_12_add"),
    ("block_15_add", "block_15_add"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Widths:
    """Channels inside the blocks, by block from 3 to 15."""

    hidden: tuple[int, ...]

    def of(self, block: int) -> int:
        """Channels inside one block."""
        return self.hidden[block - BLOCKS[0][0]]


#: Chosen by timing: see docs/models.md.
DETECTOR = Widths((96, 128, 128, 128, 256, 256, 192, 256, 256, 192, 384, 512, 512))
MASK_STATE = Widths((96, 128, 128, 128, 288, 288, 288, 288, 288, 288, 480, 640, 640))


def build(height: int, width: int, widths: Widths) -> keras.Model:
    """(B, height, width, 3) BGR in -1..1 to the output of `block_15`, at stride 32. Sides: multiples of 16.

    Raises ValueError for a width that four pixels do not divide.
    """
    if width % 4 or height % 4:
        raise ValueError(f"{width} x {height}: sides must be multiples of 4")
    picture = keras.Input((height, width, 3), name="picture")
    x = layers.Reshape((height, width // 4, 12), name="pairs")(picture)
    x = layers.Conv2D(STEM, (6, 3), (4, 1), padding="same", use_bias=False, name="stem_conv")(x)
    x = layers.ReLU(6.0, name="stem_conv_relu")(BatchNormalization(name="stem_conv_BN")(x))
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name="stem_depthwise")(x)
    x = layers.ReLU(6.0, name="stem_depthwise_relu")(BatchNormalization(name="stem_depthwise_BN")(x))
    x = layers.Conv2D(STEM_OUT, 1, use_bias=False, name="stem_project")(x)
    x = BatchNormalization(name="stem")(x)
    for number, stride, channels in BLOCKS:
        x = _block(x, number, stride, channels, widths.of(number))
    return keras.Model(picture, x, name="backbone")


def _block(x: Any, number: int, stride: int, channels: int, hidden: int) -> Any:
    name = f"block_{number}"
    y = layers.Conv2D(hidden, 1, use_bias=False, name=f"{name}_expand")(x)
    y = layers.ReLU(6.0, name=f"{name}_expand_relu")(BatchNormalization(name=f"{name}_expand_BN")(y))
    y = layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False, name=f"{name}_depthwise")(y)
    y = layers.ReLU(6.0, name=f"{name}_depthwise_relu")(BatchNormalization(name=f"{name}_depthwise_BN")(y))
    y = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_project")(y)
    y = BatchNormalization(name=f"{name}_project_BN")(y)
    if stride == 1 and x.shape[-1] == channels:
        y = layers.Add(name=f"{name}_add")([x, y])
    return y


def mobilenet(size: int, weights: Path | None) -> keras.Model:
    """The whole MobileNetV2 alpha 1.0 without its top; input (size, size, 3) BGR scaled to -1..1.

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


def inherit(model: keras.Model, whole: keras.Model) -> None:
    """Fill each block of a narrowed backbone with the channels of the whole one that say most. The stem stays.

    A hidden channel says as much as its batch-normalised activation can vary times what its projection makes of it
    (magnitude pruning by scale, Liu et al. 2017, arXiv:1708.06519).
    """
    for number, _, _ in BLOCKS:
        name = f"block_{number}"
        gamma, beta, *_ = whole.get_layer(f"{name}_depthwise_BN").get_weights()
        project = whole.get_layer(f"{name}_project").get_weights()[0]
        worth = np.hypot(gamma, beta) * np.linalg.norm(project[0, 0], axis=1)
        keep = np.sort(np.argsort(-worth)[: model.get_layer(f"{name}_expand").filters])
        for part, axis in (("expand", 3), ("expand_BN", 0), ("depthwise", 2), ("depthwise_BN", 0), ("project", 2)):
            weights = whole.get_layer(f"{name}_{part}").get_weights()
            model.get_layer(f"{name}_{part}").set_weights([np.take(w, keep, axis=axis) for w in weights])
        model.get_layer(f"{name}_project_BN").set_weights(whole.get_layer(f"{name}_project_BN").get_weights())


def prepare(model: keras.Model) -> None:
    """Let batch norm settle quickly. Call once, on the finished model."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = BATCH_NORM_MOMENTUM

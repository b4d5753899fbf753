"""Stage one: an anchor-free face detector with a rough mask state.

The narrowed backbone, a feature pyramid 64 wide (Lin et al. 2017, arXiv:1612.03144) whose finest map, at stride 8,
carries one head as CenterNet's (Zhou et al. 2019, arXiv:1904.07850): objectness, the state, and a box.
Boxes learn by generalised IoU (Rezatofighi et al. 2019, arXiv:1902.09630) and L1 of the log size.
"""

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from training import backbone
from training.compose import Example
from training.norm import BatchNormalization

STRIDE = 8
WIDTH = 64
#: `incorrect` is rare and the state that matters; its cross-entropy weighs this much more.
STATE_WEIGHTS = (1.0, 2.5, 1.0)
#: Channels of a target map: heat, objectness weight, box weight, state, dx, dy, log w, log h (in cells).
TARGET_CHANNELS = 8


def build(size: tuple[int, int], widths: backbone.Widths = backbone.DETECTOR) -> keras.Model:
    """The model: (B, H, W, 3) in -1..1 to maps of H/8 x W/8: objectness logit, 3 state logits, 4 box numbers.

    size: W and H, multiples of 32.
    """
    base = backbone.build(size[1], size[0], widths)
    fine = _lateral(base.get_layer("block_6_expand_relu").output, "fine")
    middle = _lateral(base.get_layer("block_13_expand_relu").output, "middle")
    coarse = _smooth(_lateral(base.output, "coarse"), "coarse_smooth")
    middle = layers.Add(name="middle_sum")([middle, layers.UpSampling2D(2, name="coarse_up")(coarse)])
    middle = _smooth(middle, "middle_smooth")
    fine = layers.Add(name="fine_sum")([fine, layers.UpSampling2D(2, name="middle_up")(middle)])
    head = _smooth(_smooth(fine, "fine_smooth"), "head")
    outputs = {
        "objectness": layers.Conv2D(1, 1, bias_initializer=keras.initializers.Constant(-4.0), name="objectness")(head),
        "states": layers.Conv2D(3, 1, name="states")(head),
        "boxes": layers.Conv2D(4, 1, name="boxes")(head),
    }
    model = keras.Model(base.input, outputs, name="face_detector")
    backbone.prepare(model)
    return model


def _lateral(x: Any, name: str) -> Any:
    x = layers.Conv2D(WIDTH, 1, use_bias=False, name=f"{name}_lateral")(x)
    return BatchNormalization(name=f"{name}_lateral_bn")(x)


def _smooth(x: Any, name: str) -> Any:
    x = layers.DepthwiseConv2D(3, padding="same", use_bias=False, name=f"{name}_depthwise")(x)
    x = BatchNormalization(name=f"{name}_depthwise_bn")(x)
    x = layers.ReLU(6.0, name=f"{name}_depthwise_relu")(x)
    x = layers.Conv2D(WIDTH, 1, use_bias=False, name=f"{name}_point")(x)
    x = BatchNormalization(name=f"{name}_point_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x)


def targets(example: Example) -> NDArray[np.float32]:
    """(H/8, W/8, 8) target map of one composed picture, channels as `TARGET_CHANNELS` says."""
    rows, columns = (side // STRIDE for side in example.picture.shape[:2])
    out = np.zeros((rows, columns, TARGET_CHANNELS), np.float32)
    out[:, :, 1] = 1.0
    across, down = np.arange(columns, dtype=np.float32) + 0.5, np.arange(rows, dtype=np.float32) + 0.5
    for box in example.boxes[example.ignore] / STRIDE:
        x1, y1 = np.floor(box[:2]).astype(int)
        x2, y2 = np.ceil(box[:2] + box[2:]).astype(int)
        out[max(0, y1) : y2, max(0, x1) : x2, 1] = 0.0
    known = ~example.ignore
    # Large faces first, so that a small face in front keeps its own cells.
    order = np.argsort(-np.prod(example.boxes[known][:, 2:], axis=1), kind="stable")
    for box, state in zip(example.boxes[known][order] / STRIDE, example.states[known][order], strict=True):
        w, h = float(box[2]), float(box[3])
        cx, cy = float(box[0]) + w / 2, float(box[1]) + h / 2
        ix, iy = min(columns - 1, int(cx)), min(rows - 1, int(cy))
        # Spread of the bump as in TTFNet (Liu et al. 2020, arXiv:1909.00700), centred on the cell to peak at 1.
        sx, sy = max(0.35, 0.09 * w), max(0.35, 0.09 * h)
        bump = np.exp(
            -((across - ix - 0.5) ** 2)[None] / (2 * sx * sx) - ((down - iy - 0.5) ** 2)[:, None] / (2 * sy * sy)
        )
        out[:, :, 0] = np.maximum(out[:, :, 0], bump)
        around = slice(max(0, iy - 1), iy + 2), slice(max(0, ix - 1), ix + 2)
        near = bump[around]
        part = out[around]
        better = near > np.maximum(part[:, :, 2], 0.15)
        values = np.empty(part.shape, np.float32)
        values[:, :, 0:2] = part[:, :, 0:2]
        values[:, :, 1] = 1.0
        values[:, :, 2], values[:, :, 3] = near, state
        values[:, :, 4], values[:, :, 5] = cx - across[None, around[1]], cy - down[around[0], None]
        values[:, :, 6], values[:, :, 7] = np.log(w), np.log(h)
        part[better] = values[better]
    return out


def loss(outputs: dict[str, Any], target: Any) -> dict[str, Any]:
    """Scalars `objectness`, `state`, `giou`, `size` of a batch; their sum is the loss."""
    heat, seen, weight = target[..., 0], target[..., 1], target[..., 2]
    count = tf.maximum(tf.reduce_sum(tf.cast(heat >= 1.0, tf.float32)), 1.0)
    logit = outputs["objectness"][..., 0]
    score = tf.sigmoid(logit)
    right = tf.where(heat >= 1.0, 1.0, 0.0)
    near = -tf.nn.softplus(-logit) * (1 - score) ** 2 * right
    far = -tf.nn.softplus(logit) * score**2 * (1 - heat) ** 4 * (1 - right)
    objectness = -tf.reduce_sum((near + far) * seen) / count
    total = tf.maximum(tf.reduce_sum(weight), 1.0)
    state = tf.cast(target[..., 3], tf.int32)
    cross = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=state, logits=outputs["states"])
    state_weight = weight * tf.gather(tf.constant(STATE_WEIGHTS), state)
    cross_mean = tf.reduce_sum(cross * state_weight) / tf.maximum(tf.reduce_sum(state_weight), 1.0)
    box, wanted = outputs["boxes"], target[..., 4:8]
    spread = tf.reduce_sum(tf.abs(box[..., 2:] - wanted[..., 2:]), axis=-1)
    return {
        "objectness": objectness,
        "state": cross_mean,
        "giou": 2.0 * tf.reduce_sum((1 - giou(box, wanted)) * weight) / total,
        "size": 0.5 * tf.reduce_sum(spread * weight) / total,
    }


def giou(a: Any, b: Any) -> Any:
    """Generalised IoU of boxes given as centre x, centre y, log w, log h on the last axis; -1..1."""
    size_a = tf.exp(tf.clip_by_value(a[..., 2:], -3.0, 5.0))
    size_b = tf.exp(b[..., 2:])
    low_a, high_a = a[..., :2] - size_a / 2, a[..., :2] + size_a / 2
    low_b, high_b = b[..., :2] - size_b / 2, b[..., :2] + size_b / 2
    common = tf.reduce_prod(tf.maximum(tf.minimum(high_a, high_b) - tf.maximum(low_a, low_b), 0.0), axis=-1)
    union = tf.reduce_prod(size_a, axis=-1) + tf.reduce_prod(size_b, axis=-1) - common
    hull = tf.reduce_prod(tf.maximum(high_a, high_b) - tf.minimum(low_a, low_b), axis=-1)
    return common / (union + 1e-6) - (hull - union) / (hull + 1e-6)

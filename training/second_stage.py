"""Stage two: the narrowed backbone on one crop, with three outputs: state, face or not, and the face's box.

The box comes from the 4 x 4 map: pooled features have lost where things are.
"""

from typing import Any

import keras
import tensorflow as tf
from keras import layers

from training import backbone
from training.detector import giou
from training.norm import BatchNormalization

#: Labels are wrong in 3 or 4 of 100; certainty would be learnt from them.
SMOOTHING = 0.05
BOX_WIDTH = 48
#: Channels that are averaged over the crop for state and face.
POOLED = 512
#: Overlap that makes a hit, a little above the 0.5 that is asked for, and how gradual the step is.
HIT, HIT_SPREAD = 0.55, 0.1
#: A box in the middle that fills as much of the crop as a face does.
BOX_START = (0.0, 0.0, -0.4, -0.2)


def build(size: int, widths: backbone.Widths = backbone.MASK_STATE) -> keras.Model:
    """The model: (B, size, size, 3) in -1..1 to 3 state logits, 1 face logit, 4 box numbers. size: multiple of 16."""
    base = backbone.build(size, size, widths)
    pooled = layers.Conv2D(POOLED, 1, use_bias=False, name="last")(base.output)
    pooled = layers.ReLU(6.0, name="last_relu")(BatchNormalization(name="last_BN")(pooled))
    pooled = layers.GlobalAveragePooling2D(name="pool")(pooled)
    pooled = layers.Dropout(0.2, name="drop")(pooled)
    grid = layers.Conv2D(BOX_WIDTH, 1, use_bias=False, name="grid")(base.output)
    grid = layers.ReLU(6.0, name="grid_relu")(BatchNormalization(name="grid_bn")(grid))
    grid = layers.Dense(64, activation="relu", name="grid_dense")(layers.Flatten(name="grid_flat")(grid))
    outputs = {
        "states": layers.Dense(3, name="states")(pooled),
        "face": layers.Dense(1, name="face")(pooled),
        "box": layers.Dense(4, name="box")(grid),
    }
    model = keras.Model(base.input, outputs, name="mask_state")
    model.get_layer("box").bias.assign(BOX_START)
    backbone.prepare(model)
    return model


def loss(outputs: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Scalars `state`, `face`, `giou`, `place`, `hit`; their sum is the loss.

    States count on faces only, boxes on those that people framed. People frame the same face now tightly, now with all
    of the head, so no box is always right; `hit` asks for one that most of them would call the same face (IoU 0.5),
    and lets go of those that are far off, where `giou` would still pull.
    """
    face, framed = wanted["face"], wanted["framed"]
    count = tf.maximum(tf.reduce_sum(face), 1.0)
    frames = tf.maximum(tf.reduce_sum(framed), 1.0)
    hot = tf.one_hot(wanted["state"], 3) * (1 - SMOOTHING) + SMOOTHING / 3
    cross = tf.nn.softmax_cross_entropy_with_logits(labels=hot, logits=outputs["states"])
    is_face = tf.nn.sigmoid_cross_entropy_with_logits(labels=face, logits=outputs["face"][:, 0])
    box = outputs["box"]
    off = tf.reduce_sum(tf.abs(box - wanted["box"]), axis=-1)
    overlap = giou(box, wanted["box"])
    return {
        "state": tf.reduce_sum(cross * face) / count,
        "face": 0.7 * tf.reduce_mean(is_face),
        "giou": 0.5 * tf.reduce_sum((1 - overlap) * framed) / frames,
        "place": 0.3 * tf.reduce_sum(off * framed) / frames,
        "hit": tf.reduce_sum(tf.sigmoid((HIT - overlap) / HIT_SPREAD) * framed) / frames,
    }

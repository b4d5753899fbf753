"""Batch normalisation that trains in one operation: Keras's own takes a third of a training step on a CPU."""

from typing import Any

import keras
import tensorflow as tf


class BatchNormalization(keras.layers.BatchNormalization):  # type: ignore[misc]  # keras has no types
    """As Keras's, with the same weights. Only training differs: mean, variance and output come from one kernel."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Normalise (B, H, W, C); in training by the batch, moving the averages."""
        if not training or not self.trainable:
            return super().call(inputs, training=training, mask=mask)
        nothing = tf.zeros([0])
        out, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs, scale=self.gamma, offset=self.beta, mean=nothing, variance=nothing,
            epsilon=self.epsilon, is_training=True,
        )  # fmt: skip
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * self.momentum + now * (1 - self.momentum))
        return out

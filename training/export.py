"""Turn trained weights into a full int8 TFLite model."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray


def convert(model: keras.Model, pictures: NDArray[np.uint8]) -> bytes:
    """Full int8 with uint8 input and float outputs. pictures: (N, S, S, 3), some hundreds, that set the ranges."""

    def representative() -> Iterator[list[NDArray[np.float32]]]:
        for picture in pictures:
            yield [picture[None].astype(np.float32) / 127.5 - 1.0]

    fixed = keras.Input(batch_shape=(1, *pictures.shape[1:]))
    converter = tf.lite.TFLiteConverter.from_keras_model(keras.Model(fixed, model(fixed, training=False)))
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    return bytes(converter.convert())


def output_shapes(model: keras.Model) -> dict[str, tuple[int, ...]]:
    """Shape of each named output with a batch of 1."""
    outputs: dict[str, Any] = model.output
    return {name: (1, *(int(n) for n in tensor.shape[1:])) for name, tensor in outputs.items()}

"""Turn a trained Keras model into TFLite: float32, float16, or full int8."""

import contextlib
import io
from collections.abc import Iterator
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

Format = Literal["int8", "float16", "float32"]


def convert(model: keras.Model, pictures: NDArray[np.uint8], form: Format = "int8") -> bytes:
    """A TFLite model of batch 1.

    int8: uint8 input, int8 inside and out; pictures (N, S, S, C), some hundreds, set the ranges. float16: weights of
    half length, float32 in and out. float32: as it is. Raises ValueError if an operator has no int8 form.
    """
    fixed = keras.Input(batch_shape=(1, *model.inputs[0].shape[1:]))
    plain = keras.Model(fixed, _plain_upsampling(model)(fixed, training=False))
    converter = tf.lite.TFLiteConverter.from_keras_model(plain)
    if form != "float32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if form == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if form == "int8":
        converter.representative_dataset = lambda: _representative(pictures)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.uint8
        # Float outputs would end in DEQUANTIZE, which no Edge TPU runs; the node's runtime does it as well.
        converter.inference_output_type = tf.int8
    # Keras prints every variable's address while it saves.
    with contextlib.redirect_stdout(io.StringIO()):
        return bytes(converter.convert())


def _representative(pictures: NDArray[np.uint8]) -> Iterator[list[NDArray[np.float32]]]:
    for picture in pictures:
        yield [picture[None].astype(np.float32) / 127.5 - 1.0]


@keras.saving.register_keras_serializable("maskgate")
class NearestResize(keras.layers.Layer):  # type: ignore[misc]
    """Doubles height and width of (B, H, W, C) by repeating pixels, as `UpSampling2D(2)` does.

    Keras builds that from RESHAPE and TILE, which no Edge TPU runs; this becomes one RESIZE_NEAREST_NEIGHBOR. Without
    half-pixel centres, which the Edge TPU's compiler refuses; for whole factors both give the same.
    """

    def call(self, x: Any) -> Any:
        """The doubled map."""
        size = (2 * x.shape[1], 2 * x.shape[2])
        return tf.raw_ops.ResizeNearestNeighbor(images=x, size=size, align_corners=False, half_pixel_centers=False)


def _plain_upsampling(model: keras.Model) -> keras.Model:
    """The same model, its upsampling by 2 exchanged; the model itself where it has none."""
    wanted = [
        layer
        for layer in model.layers
        if isinstance(layer, keras.layers.UpSampling2D) and tuple(layer.size) == (2, 2)
        and layer.interpolation == "nearest"
    ]  # fmt: skip
    if not wanted:
        return model
    names = {layer.name for layer in wanted}

    def exchanged(layer: keras.layers.Layer) -> keras.layers.Layer:
        if layer.name in names:
            return NearestResize(name=layer.name)
        return layer.__class__.from_config(layer.get_config())

    out = keras.models.clone_model(model, clone_function=exchanged)
    out.set_weights(model.get_weights())
    return out


def output_shapes(model: keras.Model) -> dict[str, tuple[int, ...]]:
    """Shape of each named output with a batch of 1; a single unnamed one is called `classes`."""
    named: dict[str, Any] = {"classes": model.outputs[0]}
    if not isinstance(model, keras.Sequential) and isinstance(model.output, dict):
        named = model.output
    return {name: (1, *(int(n) for n in tensor.shape[1:])) for name, tensor in named.items()}

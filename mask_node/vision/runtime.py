"""A small adapter over LiteRT: pictures in, named float arrays out.

LiteRT is the runtime that tflite-runtime became; boards that only the latter has wheels for (32-bit) use that one.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mask_node.vision.card import ModelCard, ModelError, Tensor
from mask_node.vision.types import Frame

#: Float models take pictures as value / 127.5 - 1.
_SCALE = 127.5


def _interpreter_class() -> Any:
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError:
        try:
            from tflite_runtime.interpreter import Interpreter
        except ImportError:
            raise ModelError(
                "no TensorFlow Lite runtime is installed; install ai-edge-litert, or tflite-runtime on 32-bit boards"
            ) from None
    return Interpreter


class Model:
    """One loaded model, batch of 1. Not safe for use by two threads at once."""

    def __init__(self, card: ModelCard, content: bytes, threads: int = 1, delegates: Sequence[Any] = ()) -> None:
        """Raises ModelError if the file is not a model or is not as its card says.

        delegates: of the runtime, for other hardware than the processor.
        """
        self.card = card
        try:
            self._interpreter = _interpreter_class()(
                model_content=content, num_threads=threads, experimental_delegates=list(delegates) or None
            )
            self._interpreter.allocate_tensors()
        except ValueError as error:
            raise ModelError(f"{card.file}: the runtime cannot load it ({error}); export it again") from error
        self._input = self._interpreter.get_input_details()[0]
        shape = tuple(int(n) for n in self._input["shape"])
        if shape != card.input.shape:
            raise ModelError(f"{card.file}: takes {shape}, its card says {card.input.shape}; export it again")
        self._check_type("takes", self._input, card.input)
        self._table = _input_table(self._input)
        self._outputs = self._match(self._interpreter.get_output_details())

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the input in pixels."""
        return self.card.input.shape[2], self.card.input.shape[1]

    def _match(self, found: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
        """Outputs by the shapes of the card: converters keep shapes but neither names nor order."""
        by_shape = {tuple(int(n) for n in detail["shape"]): detail for detail in found}
        wanted = {tensor.shape: tensor.name for tensor in self.card.outputs}
        if set(by_shape) != set(wanted) or len(wanted) != len(found):
            raise ModelError(
                f"{self.card.file}: gives {sorted(by_shape)}, its card says {sorted(wanted)}; export it again"
            )
        for tensor in self.card.outputs:
            self._check_type(f"gives {tensor.name} as", by_shape[tensor.shape], tensor)
        return [(name, by_shape[shape]) for shape, name in wanted.items()]

    def _check_type(self, verb: str, found: dict[str, Any], wanted: Tensor) -> None:
        dtype = np.dtype(found["dtype"]).name
        if dtype != wanted.dtype:
            raise ModelError(f"{self.card.file}: {verb} {dtype}, its card says {wanted.dtype}; export it again")

    def run(self, picture: Frame) -> dict[str, NDArray[np.float32]]:
        """Outputs by name, without the batch axis, for one picture of the input's size: BGR, or one channel of grey."""
        value: NDArray[Any]
        if self._table is None:
            value = picture
        elif self._table.dtype == np.float32:
            value = self._table[picture]
        else:
            # OpenCV drops an axis of one channel.
            value = cv2.LUT(picture, self._table.view(np.uint8)).view(self._table.dtype).reshape(picture.shape)
        self._interpreter.set_tensor(self._input["index"], value[None])
        self._interpreter.invoke()
        return {name: _dequantised(self._interpreter.get_tensor(d["index"])[0], d) for name, d in self._outputs}


def _input_table(detail: dict[str, Any]) -> NDArray[Any] | None:
    """(256,) input values of the 256 pixel values, or None where pixels can go in as they are (to within one level)."""
    levels = np.arange(256, dtype=np.float32)
    values = (levels / np.float32(_SCALE) - 1).astype(np.float32)
    dtype = np.dtype(detail["dtype"])
    if dtype == np.float32:
        return values
    if dtype not in (np.dtype(np.uint8), np.dtype(np.int8)):
        raise ModelError(f"input type {dtype} is not supported; export with uint8, int8 or float32")
    scale, zero = detail["quantization"]
    limits = np.iinfo(dtype)
    table = np.clip(np.round(values / scale) + zero, limits.min, limits.max)
    if dtype == np.uint8 and np.abs(table - levels).max() <= 1:
        return None
    return np.asarray(table.astype(dtype))


def _dequantised(value: NDArray[Any], detail: dict[str, Any]) -> NDArray[np.float32]:
    if value.dtype == np.float32:
        return value
    scale, zero = detail["quantization"]
    return np.asarray((value.astype(np.float32) - zero) * np.float32(scale), np.float32)

"""A small adapter over LiteRT: pictures in, named float arrays out.

LiteRT is the runtime that tflite-runtime became; boards that only the latter has wheels for (32-bit) use that one.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from mask_node.vision.card import ModelCard, ModelError, Tensor
from mask_node.vision.types import Frame

#: Float models take pictures as value / 127.5 - 1.
_SCALE = 127.5

T = TypeVar("T")


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


class Output:
    """One output of a model, of its last run."""

    def __init__(self, interpreter: Any, detail: dict[str, Any]) -> None:
        self._interpreter, self._index = interpreter, detail["index"]
        self._table = _output_table(detail)

    def raw(self) -> NDArray[Any]:
        """A copy of the numbers as the model gives them, without the batch axis."""
        return np.asarray(self._interpreter.get_tensor(self._index)[0])

    def real(self, raw: NDArray[Any]) -> NDArray[np.float32]:
        """What such numbers mean; they must lie in one piece."""
        return np.asarray(raw if self._table is None else self._table.take(raw.view(np.uint8)), np.float32)


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
        #: What the model gives, by name.
        self.outputs = self._match(self._interpreter.get_output_details())

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the input in pixels."""
        return self.card.input.shape[2], self.card.input.shape[1]

    def _match(self, found: list[dict[str, Any]]) -> dict[str, Output]:
        """Outputs by the shapes of the card: converters keep shapes but neither names nor order."""
        by_shape = {tuple(int(n) for n in detail["shape"]): detail for detail in found}
        wanted = {tensor.shape: tensor.name for tensor in self.card.outputs}
        if set(by_shape) != set(wanted) or len(wanted) != len(found):
            raise ModelError(
                f"{self.card.file}: gives {sorted(by_shape)}, its card says {sorted(wanted)}; export it again"
            )
        for tensor in self.card.outputs:
            self._check_type(f"gives {tensor.name} as", by_shape[tensor.shape], tensor)
        return {name: Output(self._interpreter, by_shape[shape]) for shape, name in wanted.items()}

    def _check_type(self, verb: str, found: dict[str, Any], wanted: Tensor) -> None:
        dtype = np.dtype(found["dtype"]).name
        if dtype != wanted.dtype:
            raise ModelError(f"{self.card.file}: {verb} {dtype}, its card says {wanted.dtype}; export it again")

    def run(self, picture: Frame) -> dict[str, NDArray[np.float32]]:
        """Outputs by name, without the batch axis, for one picture of the input's size: BGR, or one channel of grey."""
        self.see(lambda canvas: np.copyto(canvas, picture))
        return {name: output.real(output.raw()) for name, output in self.outputs.items()}

    def see(self, draw: Callable[[Frame], T]) -> T:
        """Run on the picture that `draw` puts into the (H, W, C) array it is given; return what it returns.

        The array is the model's own memory where that takes pixels: nobody may keep it. `outputs` hold what was given.
        """
        canvas = self._interpreter.tensor(self._input["index"])()[0]
        if self._table is None:
            drawn = draw(canvas)
        else:
            picture = np.empty(canvas.shape, np.uint8)
            drawn = draw(picture)
            _convert(picture, self._table, canvas)
        del canvas  # the runtime refuses to run while anybody holds its memory
        self._interpreter.invoke()
        return drawn


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


def _convert(picture: Frame, table: NDArray[Any], out: NDArray[Any]) -> None:
    """Put what pixels mean into a model's input."""
    if table.dtype == np.float32:
        np.take(table, picture, out=out, mode="clip")
    else:
        flat = (picture.shape[0], -1)
        cv2.LUT(picture.reshape(flat), table.view(np.uint8), dst=out.view(np.uint8).reshape(flat))


def _output_table(detail: dict[str, Any]) -> NDArray[np.float32] | None:
    """(256,) what each byte of an output means; None for floats, which mean what they are."""
    dtype = np.dtype(detail["dtype"])
    if dtype == np.float32:
        return None
    if dtype not in (np.dtype(np.uint8), np.dtype(np.int8)):
        raise ModelError(f"output type {dtype} is not supported; export with uint8, int8 or float32")
    scale, zero = detail["quantization"]
    levels = np.arange(256, dtype=np.uint8).view(dtype).astype(np.float32)
    return np.asarray((levels - zero) * np.float32(scale), np.float32)

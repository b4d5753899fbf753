"""Other people's detectors behind the node's own protocol, so that the same code judges them.

AIZOO (github.com/AIZOOTech/FaceMaskDetection, 2020): one stage, 260 x 260, two states. Anchors lie on five grids; each
output is an offset from one, and a pair of probabilities, masked first. Written from its published constants.
"""

import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mask_node.vision.card import ModelError, sha256_of
from mask_node.vision.geometry import iou_matrix, suppress
from mask_node.vision.types import STATE_POWER, Face, Frame, Sight, StateProbabilities

#: Cells on a side, and the two sizes of anchors there, as shares of the picture's sides.
GRIDS = ((33, 0.04, 0.056), (17, 0.08, 0.11), (9, 0.16, 0.22), (5, 0.32, 0.45), (3, 0.64, 0.72))
#: The smaller size also comes in these two proportions (width over height).
PROPORTIONS = (0.62, 0.42)
#: Offsets of centres are in tenths of an anchor, of log sizes in fifths.
VARIANCES = (0.1, 0.2)
#: Boxes that overlap a surer one by more are the same face, as its authors have it.
SAME_FACE = 0.4
#: Far below `FOUND`, so that a precision-recall curve has an end. At 0.02 nearly every anchor would be a find.
LEAST = 0.05
#: What its authors take for a find.
FOUND = 0.5


def open_interpreter(path: Path, threads: int = 1) -> Any:
    """LiteRT on a file, its tensors allocated. Raises ModelError if it is not a model."""
    from ai_edge_litert.interpreter import Interpreter

    try:
        interpreter = Interpreter(model_content=path.read_bytes(), num_threads=threads)
        interpreter.allocate_tensors()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); name a TFLite file") from error
    except (ValueError, RuntimeError) as error:
        raise ModelError(f"{path}: not a TFLite model that the runtime can load ({error})") from error
    return interpreter


def anchors() -> NDArray[np.float32]:
    """(5972, 4) centre x, y, width, height as shares of the picture, in the order of the model's outputs."""
    parts = []
    for cells, small, large in GRIDS:
        shapes = [(small, small), (large, large)]
        shapes += [(small * ratio**0.5, small / ratio**0.5) for ratio in PROPORTIONS]
        places = (np.arange(cells) + 0.5) / cells
        y, x, shape = np.meshgrid(places, places, np.arange(len(shapes)), indexing="ij")
        parts.append(np.column_stack([x.ravel(), y.ravel(), np.array(shapes)[shape.ravel()]]))
    return np.concatenate(parts).astype(np.float32)


def decode(offsets: NDArray[np.float32], places: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 4) boxes x, y, w, h as shares of the picture, from (N, 4) outputs and their anchors."""
    centres = places[:, :2] + offsets[:, :2] * VARIANCES[0] * places[:, 2:]
    sizes = places[:, 2:] * np.exp(offsets[:, 2:] * VARIANCES[1])
    return np.concatenate([centres - sizes / 2, sizes], axis=1).astype(np.float32)


class Aizoo:
    """AIZOO's one-stage model, from its TFLite file. It knows no `incorrect`: that probability is 0."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        """Raises ModelError if the file is not that model."""
        self._interpreter = open_interpreter(path, threads)
        self._input = self._interpreter.get_input_details()[0]
        self._anchors = anchors()
        outputs = {tuple(int(n) for n in d["shape"]): d["index"] for d in self._interpreter.get_output_details()}
        wanted = [(1, len(self._anchors), 4), (1, len(self._anchors), 2)]
        if self._input["dtype"] != np.float32 or set(outputs) != set(wanted):
            raise ModelError(f"{path}: gives {sorted(outputs)}, AIZOO's one-stage model gives {wanted}")
        self._offsets, self._states = (outputs[shape] for shape in wanted)
        self._size = int(self._input["shape"][1])
        self._model_id = f"AIZOO-{sha256_of(path)[:8]}"

    @property
    def model_id(self) -> str:
        """Its name and the start of the file's hash."""
        return self._model_id

    def detect(self, frame: Frame) -> Sight:
        """Faces of a (H, W, 3) BGR frame, surest first. The frame is stretched to a square, as its authors do."""
        began = time.perf_counter()
        small = cv2.cvtColor(cv2.resize(frame, (self._size, self._size)), cv2.COLOR_BGR2RGB)
        self._interpreter.set_tensor(self._input["index"], small[None].astype(np.float32) / np.float32(255))
        self._interpreter.invoke()
        offsets, states = (self._interpreter.get_tensor(n)[0] for n in (self._offsets, self._states))
        best = states.max(axis=1)
        rows = np.flatnonzero(best >= LEAST)
        boxes = decode(offsets[rows], self._anchors[rows])
        keep = suppress(iou_matrix(boxes, boxes), best[rows], SAME_FACE)
        height, width = frame.shape[:2]
        faces = [_face(boxes[k], states[rows[k]], width, height) for k in keep]
        ms = (time.perf_counter() - began) * 1e3
        return Sight([face for face in faces if face], {"detect": ms, "total": ms})


def _face(box: NDArray[np.float32], states: NDArray[np.float32], width: int, height: int) -> Face | None:
    """One find in pixels, cut at the edge of the frame; None if nothing of it is inside."""
    scale = np.array([width, height], np.float64)
    low = np.clip(box[:2] * scale, 0, scale)
    side = np.clip((box[:2] + box[2:]) * scale, 0, scale) - low
    if side.min() < 1:
        return None
    mask, bare = (float(value) for value in states)
    total = max(mask + bare, 1e-9)
    probabilities = StateProbabilities(mask / total, 0.0, bare / total)
    # So that `Face.confidence` is what the model said of its likelier state.
    score = min(1.0, max(mask, bare) ** (1 - STATE_POWER) * total**STATE_POWER)
    return Face((float(low[0]), float(low[1]), float(side[0]), float(side[1])), score, probabilities)

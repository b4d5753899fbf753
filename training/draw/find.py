"""Find a face's points with the mesh model that MediaPipe's wheels carry, run by the node's own runtime."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from training.augment import Picture
from training.data import DataError
from training.draw.points import MESH, Points

#: Where the model lies inside the package (up to 0.10.21; later wheels carry none).
INSIDE = "modules/face_landmark/face_landmark.tflite"
#: Side of the square that is looked at over the longer side of the face: a little air, as the model was trained.
AIR = 1.5
#: Turns of the head that are tried first, in radians; the model itself forgives about a quarter of a right angle.
TURNS = (0.0, -0.6, 0.6)
#: Least probability of a face; below it there are no points.
LEAST = 0.5
_EYES = (33, 263)


def model_path(given: Path | None) -> Path:
    """The model file: `given`, or the one of an installed `mediapipe`. Raises DataError if there is none."""
    if given is not None:
        if not given.is_file():
            raise DataError(f"{given}: no such file; it must be MediaPipe's face_landmark.tflite")
        return given
    spec = find_spec("mediapipe")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (Path(folder) / INSIDE).is_file():
            return Path(folder) / INSIDE
    raise DataError(
        "no landmark model: unpack a wheel of mediapipe 0.10.21 or older and name its "
        f"{INSIDE} with --model (later wheels carry none; nothing of the package is run)"
    )


class PointFinder:
    """Finds the points of a face in a known box. One thread; not to be shared between threads."""

    def __init__(self, model: Path) -> None:
        """Raises DataError if the file is not a face mesh model."""
        from ai_edge_litert.interpreter import Interpreter

        try:
            self._run: Any = Interpreter(model_path=str(model), num_threads=1)
            self._run.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise DataError(f"{model}: not a TFLite model ({error})") from error
        self._input = self._run.get_input_details()[0]
        self._outputs = {int(np.prod(o["shape"])): o["index"] for o in self._run.get_output_details()}
        if set(self._outputs) != {468 * 3, 1}:
            raise DataError(f"{model}: not a face mesh of 468 points")
        self._side = int(self._input["shape"][1])

    def find(self, picture: Picture, box: NDArray[np.float32]) -> tuple[Points, float] | None:
        """(N, 2) points of the face in `box` (x, y, w, h) of (H, W, 3) BGR and their probability, or None.

        Looked at twice: the second look is turned and fitted by what the first found.
        """
        x, y, w, h = (float(v) for v in box)
        middle, side = np.array([x + w / 2, y + h / 2]), max(w, h) * AIR / 1.15
        looks = [self._look(picture, middle, side, turn) for turn in TURNS]
        mesh, score = max(looks, key=lambda look: look[1])
        if score < LEAST / 5:
            return None
        low, high = mesh.min(axis=0), mesh.max(axis=0)
        across = mesh[_EYES[1]] - mesh[_EYES[0]]
        turn = float(np.arctan2(across[1], across[0]))
        mesh, score = self._look(picture, (low + high) / 2, float((high - low).max()) * AIR, turn)
        points = mesh[list(MESH)].astype(np.float32)
        return (points, score) if score >= LEAST and fits(points, box) else None

    def _look(
        self, picture: Picture, middle: NDArray[np.float64], side: float, turn: float
    ) -> tuple[NDArray[np.float64], float]:
        scale = self._side / side
        cos, sin = np.cos(turn) * scale, np.sin(turn) * scale
        linear = np.array([[cos, sin], [-sin, cos]])
        warp = np.column_stack([linear, self._side / 2 - linear @ middle])
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        view = cv2.warpAffine(picture, warp, (self._side, self._side), flags=way, borderMode=cv2.BORDER_REPLICATE)
        self._run.set_tensor(self._input["index"], (view[None, :, :, ::-1] / 255).astype(np.float32))
        self._run.invoke()
        mesh = self._run.get_tensor(self._outputs[468 * 3]).reshape(468, 3)[:, :2].astype(np.float64)
        logit = float(self._run.get_tensor(self._outputs[1]).ravel()[0])
        return (mesh - warp[:, 2]) @ np.linalg.inv(linear).T, 1 / (1 + float(np.exp(-logit)))


def fits(points: Points, box: NDArray[np.float32]) -> bool:
    """Whether (N, 2) points can be the face in `box` (x, y, w, h): near its middle and neither tiny nor far larger."""
    low, high = points.min(axis=0), points.max(axis=0)
    off = np.abs((low + high) / 2 - (box[:2] + box[2:] / 2)) / box[2:]
    size = (high - low) / box[2:]
    return bool(off.max() < 0.4 and size.max() > 0.45 and size.max() < 1.5)

"""The file of found points: made once beside a run, read by the trainer. It holds no picture."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from maskgate.states import MaskState
from training.data import STATE_INDEX, DataError, LabelledPicture, read_json
from training.draw.find import PointFinder
from training.draw.points import MESH, Points

#: Faces whose longer side is below this many pixels are too small for points that one could trust.
SMALLEST = 40.0

#: Points by file (relative to the data folder, with slashes) and by the face's row in the label's boxes.
Landmarks = dict[tuple[str, int], Points]


def find_landmarks(
    data: Path, pictures: list[LabelledPicture], finder: PointFinder, say: Callable[[str], None] = lambda _: None
) -> Landmarks:
    """The points of all bare faces of `SMALLEST` and more in `pictures`; faces that show none are left out."""
    out: Landmarks = {}
    tried = 0
    for number, label in enumerate(pictures, 1):
        large = label.boxes[:, 2:].max(axis=1, initial=0) >= SMALLEST
        rows = np.flatnonzero((label.states == STATE_INDEX[MaskState.NO_MASK]) & ~label.ignore & large)
        picture = label.read() if rows.size else None
        for row in rows:
            found = finder.find(picture, label.boxes[row]) if picture is not None else None
            tried += 1
            if found:
                out[label.path.relative_to(data).as_posix(), int(row)] = found[0]
        if number % 500 == 0 or number == len(pictures):
            say(f"{number} of {len(pictures)} pictures: points of {len(out)} of {tried} bare faces")
    return out


def write_landmarks(path: Path, landmarks: Landmarks) -> None:
    """Write the points, rounded to tenths of a pixel. Raises OSError if that is not possible."""
    faces = [
        {"file": file, "face": face, "points": [round(float(v), 1) for v in points.ravel()]}
        for (file, face), points in landmarks.items()
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"mesh": MESH, "faces": faces}, separators=(",", ":")) + "\n", encoding="utf-8")


def read_landmarks(path: Path) -> Landmarks:
    """Each face's (N, 2) float32 points in pixels of its file. Raises DataError if the file is none of ours."""
    raw = read_json(path)
    try:
        if raw["mesh"] != list(MESH):
            raise DataError(f"{path}: made with other points; make it anew with `maskgate train landmarks`")
        return {
            (str(face["file"]), int(face["face"])): np.array(face["points"], np.float32).reshape(len(MESH), 2)
            for face in raw["faces"]
        }
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: not a file of `maskgate train landmarks` ({error})") from error

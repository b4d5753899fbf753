"""Read labelled pictures: COCO scenes with three states, and the manifest of single face pictures with two labels."""

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskgate.states import MODEL_STATES, MaskState

Picture = NDArray[np.uint8]
Boxes = NDArray[np.float32]

#: Index of each state in the output vector of a model.
STATE_INDEX = {state.value: index for index, state in enumerate(MODEL_STATES)}

#: The face detector that made the manifest's boxes draws tight faces; people label more of the head.
#: Growth (width, height) that brings the former to the latter.
PSEUDO_BOX_GROWTH = (1.1, 1.12)

SPLITS = ("train", "val", "test", "webcam")


class DataError(Exception):
    """A data set is missing or does not hold what it should; the text says what to do."""


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """One picture and its faces.

    boxes: (N, 4) float32, x, y, w, h in pixels of the file. states: (N,) int64, index into `MODEL_STATES`.
    ignore: (N,) bool, True where a face is there but must neither be learnt nor counted (COCO `iscrowd`).
    """

    path: Path
    width: int
    height: int
    boxes: Boxes
    states: NDArray[np.int64]
    ignore: NDArray[np.bool_]
    source: str = field(default="scenes")

    def read(self) -> Picture:
        """The picture, (H, W, 3) BGR. Raises DataError if the file cannot be read."""
        picture = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        if picture is None:
            raise DataError(f"{self.path}: not a readable picture; unpack the data set again")
        return np.asarray(picture, np.uint8)


def read_json(path: Path) -> Any:
    """The parsed file, or a DataError that names it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; --data must name the folder that holds `scenes/`") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable COCO file ({error})") from error


def read_scenes(data: Path, split: str) -> list[LabelledPicture]:
    """The photographs of one split of `data/scenes`, in the file's order."""
    if split not in SPLITS:
        raise DataError(f"split {split!r} is unknown; choose one of {', '.join(SPLITS)}")
    folder = data / "scenes"
    return read_coco(folder / f"{split}.json", folder)


def read_coco(path: Path, folder: Path) -> list[LabelledPicture]:
    """The pictures of a COCO file whose categories are named like the states; file names are relative to `folder`."""
    raw = read_json(path)
    try:
        state_of = {c["id"]: STATE_INDEX[c["name"]] for c in raw["categories"]}
        faces: dict[int, list[Any]] = {image["id"]: [] for image in raw["images"]}
        for annotation in raw["annotations"]:
            faces[annotation["image_id"]].append(annotation)
        return [
            LabelledPicture(
                path=folder / image["file_name"],
                width=image["width"],
                height=image["height"],
                boxes=np.array([a["bbox"] for a in faces[image["id"]]], np.float32).reshape(-1, 4),
                states=np.array([state_of[a["category_id"]] for a in faces[image["id"]]], np.int64),
                ignore=np.array([bool(a.get("iscrowd", 0)) for a in faces[image["id"]]], np.bool_),
            )
            for image in raw["images"]
        ]
    except KeyError as error:
        wanted = ", ".join(STATE_INDEX)
        raise DataError(f"{path}: {error} is missing or unknown; COCO with categories {wanted} is needed") from error


def read_mask_faces(data: Path, split: str) -> list[LabelledPicture]:
    """Single face pictures of `data/mask_faces` that have exactly one machine-made box, grown to label size."""
    folder = data / "mask_faces"
    path = folder / "manifest.csv"
    if not path.is_file():
        raise DataError(f"{path}: no such file; --data must name the folder that holds `mask_faces/`")
    labels = {"with_mask": STATE_INDEX[MaskState.MASK], "without_mask": STATE_INDEX[MaskState.NO_MASK]}
    pictures = []
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["split"] != split or row["faces"] != "1" or not row["face_box"]:
                continue
            x1, y1, x2, y2 = (float(v) for v in row["face_box"].split())
            grow_w, grow_h = PSEUDO_BOX_GROWTH
            w, h = (x2 - x1) * grow_w, (y2 - y1) * grow_h
            box = ((x1 + x2 - w) / 2, (y1 + y2 - h) / 2, w, h)
            pictures.append(
                LabelledPicture(
                    path=folder / row["file"],
                    width=int(row["width"]),
                    height=int(row["height"]),
                    boxes=np.array([box], np.float32),
                    states=np.array([labels[row["label"]]], np.int64),
                    ignore=np.zeros(1, np.bool_),
                    source="mask_faces",
                )
            )
    return pictures

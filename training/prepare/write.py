"""Write the result: pictures and their labels, in the layout that the trainers read."""

import csv
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from maskgate.states import MODEL_STATES
from training.data import STATE_INDEX, DataError
from training.prepare.classes import NAMES_FILE
from training.prepare.examine import decode
from training.prepare.names import REMOVE
from training.prepare.records import Box, Track
from training.prepare.run import Taken

#: Faces whose shorter side is less, in pixels of a picture of at most `_REFERENCE`, are there but tell nothing.
SMALLEST = 14.0
_REFERENCE = 640
_JPEG_QUALITY = 95


class Encoding(StrEnum):
    """How labels.csv writes a class."""

    NAMES = "names"
    INDEX = "index"
    ONE_HOT = "one-hot"


@dataclass(frozen=True, slots=True)
class Form:
    """What is done to the pictures.

    max_side: longer side at most, in pixels. size: side of the square that pictures of class folders are stretched to.
    boxes: how boxes change, see `parse_boxes`.
    """

    max_side: int | None = 640
    size: int | None = None
    grayscale: bool = False
    labels: Encoding = Encoding.NAMES
    boxes: tuple[float, float, float, float] = (1, 1, 0, 0)


def parse_boxes(text: str) -> tuple[float, float, float, float]:
    """`width,height,right,down`: factors of a box's sides, and how far it moves in shares of them.

    People frame faces differently, some from brow to chin and some the whole head; two sets that are to be learnt
    together must agree. Raises DataError for what is not four numbers with sides above 0.
    """
    try:
        width, height, right, down = (float(part) for part in text.split(","))
    except ValueError:
        raise DataError(f"--boxes {text}: four numbers are wanted, as 0.95,1.1,0,-0.1") from None
    if not (0 < width < 10 and 0 < height < 10 and abs(right) < 1 and abs(down) < 1):
        raise DataError(f"--boxes {text}: factors must lie between 0 and 10, shifts between -1 and 1")
    return width, height, right, down


def fitted(box: Box, form: Form, width: int, height: int) -> Box:
    """The box as `form.boxes` changes it, cut at the edges of a picture of that size."""
    x, y, w, h = box
    grow_x, grow_y, right, down = form.boxes
    x, y = x + w * (0.5 + right - grow_x / 2), y + h * (0.5 + down - grow_y / 2)
    left, top = min(max(0.0, x), width - 1.0), min(max(0.0, y), height - 1.0)
    return left, top, max(1.0, min(width, x + w * grow_x) - left), max(1.0, min(height, y + h * grow_y) - top)


@dataclass(frozen=True, slots=True)
class Written:
    """A picture as written. boxes: in its own pixels, with the name of the state and whether it is ignored."""

    file: str
    split: str
    group: int
    original: str
    width: int
    height: int
    sha256: str
    faces: tuple[tuple[Box, str, bool], ...]
    label: str | None


def write_scenes(taken: list[Taken], folder: Path, form: Form, track: Track) -> list[Written]:
    """`folder/scenes/<split>.json` (COCO, categories as in `MODEL_STATES`) and `folder/scenes/<split>/<picture>`."""
    root = folder / "scenes"
    written = _write_pictures(taken, root, form, track, lambda item: item.split)
    for split in sorted({item.split for item in written}):
        coco = _coco(split, [item for item in written if item.split == split])
        (root / f"{split}.json").write_text(json.dumps(coco), encoding="utf-8")
    return written


def write_classes(taken: list[Taken], folder: Path, form: Form, track: Track) -> list[Written]:
    """`folder/<split>/<class>/<picture>`, labels.csv (file, label, split, group, sha256) and classes.txt."""
    written = _write_pictures(taken, folder, form, track, lambda item: f"{item.split}/{item.meanings[0]}")
    used = {item.label for item in written}
    names: list[str] = [state.value for state in MODEL_STATES if state.value in used]
    (folder / NAMES_FILE).write_text("\n".join(names) + "\n", encoding="utf-8")
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("file", "label", "split", "group", "sha256"))
        for item in written:
            label = encode(names.index(item.label or ""), names, form.labels)
            rows.writerow((item.file, label, item.split, f"g{item.group:05d}", item.sha256))
    return written


def encode(index: int, names: list[str], encoding: Encoding) -> str:
    """The class as labels.csv writes it: `no_mask`, `2` or `0 0 1`."""
    match encoding:
        case Encoding.NAMES:
            return names[index]
        case Encoding.INDEX:
            return str(index)
        case Encoding.ONE_HOT:
            return " ".join(str(int(place == index)) for place in range(len(names)))


def _write_pictures(
    taken: list[Taken], root: Path, form: Form, track: Track, place: Callable[[Taken], str]
) -> list[Written]:
    used: set[str] = set()
    result = []
    for item in track(taken, "writing", len(taken)):
        data, ending, (width, height) = render(item, form)
        name = _free_name(item.opened.found.path.stem, used)
        file = f"{place(item)}/{name}{ending}"
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_bytes(data)
        across, down = width / item.opened.width, height / item.opened.height
        faces = []
        for face, meaning, (x, y, w, h) in zip(item.opened.found.faces, item.meanings, item.opened.boxes, strict=False):
            if meaning == REMOVE:
                continue
            exact = (x * across, y * down, w * across, h * down)
            if form.boxes != Form().boxes:
                exact = fitted(exact, form, width, height)
            box = tuple(round(value, 1) for value in exact)
            small = min(box[2:]) * min(1, _REFERENCE / max(width, height)) < SMALLEST
            faces.append(((box[0], box[1], box[2], box[3]), meaning, face.crowd or small or meaning not in STATE_INDEX))
        label = None if item.opened.found.label is None else item.meanings[0]
        sha256 = hashlib.sha256(data).hexdigest()
        result.append(
            Written(file, item.split, item.group, item.opened.found.name, width, height, sha256, tuple(faces), label)
        )
    return result


def render(item: Taken, form: Form) -> tuple[bytes, str, tuple[int, int]]:
    """The file's bytes, its ending, and width and height.

    The bytes are the source's own where nothing is to be changed. A JPEG with EXIF is always written anew: not every
    reader turns pictures as EXIF says, and it may tell where somebody lives.
    """
    opened = item.opened
    data = opened.found.path.read_bytes()
    ending = opened.found.path.suffix.lower().replace(".jpeg", ".jpg")
    size = (opened.width, opened.height)
    if form.size:
        size = (form.size, form.size)
    elif form.max_side and max(size) > form.max_side:
        factor = form.max_side / max(size)
        size = (max(1, round(opened.width * factor)), max(1, round(opened.height * factor)))
    plain = ending in {".jpg", ".png"} and b"Exif" not in data[:65536] and b"eXIf" not in data
    if plain and opened.turned and not form.grayscale and size == (opened.width, opened.height):
        return data, ending, size
    picture = decode(data, turned=opened.turned, grey=form.grayscale)
    if picture is None:
        raise DataError(f"{opened.found.path}: changed while it was read; start again")
    if size != (opened.width, opened.height):
        smaller = size[0] * size[1] < opened.width * opened.height
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR))
    return _jpeg(picture), ".jpg", size


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not done:
        raise DataError("OpenCV cannot write JPEG here; install opencv-python-headless again")
    return bytes(data)


def _free_name(stem: str, used: set[str]) -> str:
    """The stem, or the stem with a number: names are unique in the whole result, whatever the split or class."""
    name, number = stem, 2
    while name.lower() in used:  # some file systems do not tell A from a
        name, number = f"{stem}-{number}", number + 1
    used.add(name.lower())
    return name


def _coco(split: str, pictures: list[Written]) -> dict[str, Any]:
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, item in enumerate(pictures, start=1):
        images.append(
            {"id": number, "file_name": item.file, "width": item.width, "height": item.height}
            | {"original": item.original, "group": item.group, "sha256": item.sha256}
        )
        for box, meaning, ignored in item.faces:
            # A face of a class to be ignored has no state; COCO wants one, and `iscrowd` makes it not count.
            index = STATE_INDEX.get(meaning, STATE_INDEX["no_mask"])
            annotations.append(
                {"id": len(annotations) + 1, "image_id": number, "category_id": index + 1, "bbox": list(box)}
                | {"area": round(box[2] * box[3], 1), "iscrowd": int(ignored)}
            )
    categories = [{"id": index + 1, "name": state.value} for index, state in enumerate(MODEL_STATES)]
    info = {"description": f"face masks, {split}, by maskgate train prepare"}
    return {"info": info, "categories": categories, "images": images, "annotations": annotations}

"""Corrections of labels: a CSV file that people can read, review and hand on without the pictures.

Columns `file, face, from, to, reason`. file: the picture's name with as much of the way to it as makes it unique
(`train/a.jpg`). face: its number, counted from 0, or its box `x y w h` in pixels. from: what its label is now, a state
or `ignore`. to: a state, `ignore` (there, but neither learnt nor counted) or `remove` (no face). reason: for people.
Empty lines and lines that begin with # are passed over.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from maskgate.states import MODEL_STATES
from training.data import STATE_INDEX, DataError, LabelledPicture
from training.prepare.names import IGNORE, MEANINGS, REMOVE

COLUMNS = ("file", "face", "from", "to", "reason")
#: A box means the face that it overlaps most, from this share of their union on.
_SAME = 0.5


@dataclass(frozen=True, slots=True)
class Correction:
    """One line. face: an index, or a box x, y, w, h. was and to: see the module."""

    path: Path
    line: int
    file: str
    face: int | tuple[float, float, float, float]
    was: str
    to: str
    reason: str

    def wrong(self, what: str) -> DataError:
        """An error that names the line."""
        return DataError(f"{self.path}:{self.line}: {what}")


def read_corrections(path: Path) -> list[Correction]:
    """The corrections in a file, in its order. Raises DataError, with the line, for what is not one."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; a file of corrections has the columns {','.join(COLUMNS)}") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: not a readable text file ({error})") from error
    rows = [
        (number, [part.strip() for part in next(csv.reader([line]))])
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.startswith("#")
    ]
    if not rows or tuple(rows[0][1]) != COLUMNS:
        raise DataError(f"{path}: its first line must be {','.join(COLUMNS)}")
    return [_correction(path, number, row) for number, row in rows[1:]]


def of_split(corrections: Sequence[Correction], split: str) -> list[Correction]:
    """Those whose file begins with the folder of the split: one file of corrections may serve all splits."""
    return [item for item in corrections if Path(item.file).parts[0] == split]


def apply(pictures: Sequence[LabelledPicture], corrections: Sequence[Correction]) -> list[LabelledPicture]:
    """The pictures, in their order, with their labels corrected; those given are not changed.

    Faces are counted as they were before any correction. Raises DataError, with the line, for a picture or face that
    is not there or not the only one of its name, for a `from` that is not its label, and for a second correction of
    one face.
    """
    places: dict[str, list[int]] = {}
    for place, picture in enumerate(pictures):
        places.setdefault(picture.path.name, []).append(place)
    by_picture: dict[int, dict[int, Correction]] = {}
    for item in corrections:
        place = _picture(item, pictures, places)
        face = _face(item, pictures[place])
        known = by_picture.setdefault(place, {})
        if face in known:
            raise item.wrong(f"face {face} of {item.file} is corrected by line {known[face].line} already")
        label = _label(pictures[place], face)
        if label != item.was:
            raise item.wrong(f"face {face} of {item.file} is {label}, not {item.was}; was it corrected already?")
        known[face] = item
    return [
        _corrected(picture, by_picture[place]) if place in by_picture else picture
        for place, picture in enumerate(pictures)
    ]


def _correction(path: Path, line: int, row: list[str]) -> Correction:
    if len(row) != len(COLUMNS):
        raise DataError(f"{path}:{line}: five columns are wanted ({','.join(COLUMNS)}), {len(row)} are there")
    file, face, was, to, reason = row
    labels = tuple(name for name in MEANINGS if name != REMOVE)
    for word, allowed in ((was, labels), (to, MEANINGS)):
        if word not in allowed:
            raise DataError(f"{path}:{line}: {word!r} is not one of {', '.join(allowed)}")
    if was == to:
        raise DataError(f"{path}:{line}: from {was} to {to} changes nothing; remove the line")
    return Correction(path, line, file, _number_or_box(face, path, line), was, to, reason)


def _number_or_box(text: str, path: Path, line: int) -> int | tuple[float, float, float, float]:
    try:
        if text.isdigit():
            return int(text)
        x, y, w, h = (float(part) for part in text.split())
    except ValueError:
        raise DataError(f"{path}:{line}: {text!r} is neither a face's number nor its box `x y w h`") from None
    return x, y, w, h


def _picture(item: Correction, pictures: Sequence[LabelledPicture], places: dict[str, list[int]]) -> int:
    wanted = Path(item.file).parts
    found = [
        place
        for place in places.get(wanted[-1] if wanted else "", [])
        if pictures[place].path.parts[-len(wanted) :] == wanted
    ]
    if not found:
        raise item.wrong(f"no picture is called {item.file!r}; is it of another split or set?")
    if len(found) > 1:
        longer = " or ".join("/".join(pictures[place].path.parts[-len(wanted) - 1 :]) for place in found)
        raise item.wrong(f"{len(found)} pictures are called {item.file!r}; write {longer}")
    return found[0]


def _face(item: Correction, picture: LabelledPicture) -> int:
    count = len(picture.boxes)
    if isinstance(item.face, int):
        if item.face >= count:
            raise item.wrong(f"{item.file} has no face {item.face}; it has {count}, counted from 0")
        return item.face
    box = np.array(item.face, np.float64)
    boxes = picture.boxes.astype(np.float64)
    ends = np.minimum(boxes[:, :2] + boxes[:, 2:], box[:2] + box[2:])
    inner = np.clip(ends - np.maximum(boxes[:, :2], box[:2]), 0, None).prod(axis=1)
    share = inner / np.maximum(boxes[:, 2:].prod(axis=1) + box[2:].prod() - inner, 1e-9)
    if not count or share.max() < _SAME:
        raise item.wrong(f"no face of {item.file} lies at {' '.join(f'{value:g}' for value in item.face)}")
    return int(share.argmax())


def _label(picture: LabelledPicture, face: int) -> str:
    return IGNORE if picture.ignore[face] else MODEL_STATES[picture.states[face]].value


def _corrected(picture: LabelledPicture, by_face: dict[int, Correction]) -> LabelledPicture:
    states, ignore = picture.states.copy(), picture.ignore.copy()
    stays = np.ones(len(states), np.bool_)
    for face, item in by_face.items():
        stays[face] = item.to != REMOVE
        ignore[face] = item.to == IGNORE
        states[face] = STATE_INDEX.get(item.to, states[face])
    return replace(picture, boxes=picture.boxes[stays], states=states[stays], ignore=ignore[stays])

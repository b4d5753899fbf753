"""Read a set of class folders: one that `prepare` wrote, one with a manifest, or plain folders per split and class."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskgate.states import MODEL_STATES
from training.data import DataError
from training.prepare.names import MEANINGS, meaning_of

#: File endings that are taken for pictures, in small letters.
PICTURE_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
#: Names of the classes, one a line, in the order of index and one-hot labels.
NAMES_FILE = "classes.txt"
_TABLES = ("labels.csv", "manifest.csv")


@dataclass(frozen=True, slots=True)
class ClassSet:
    """The pictures of one split, one label each.

    labels: (N,) int64, index into `names`. names: the states that the whole set (all splits) has, in the order of
    `MODEL_STATES`. groups: what belongs together (copies of one photo, pictures of one person); the file's own name
    where the set does not say.
    """

    files: list[Path]
    labels: NDArray[np.int64]
    names: list[str]
    groups: list[str]

    def __len__(self) -> int:
        return len(self.files)


@dataclass(frozen=True, slots=True)
class _Row:
    """One picture as the table or the folders tell it."""

    file: Path
    label: str
    split: str
    group: str


def read_class_set(folder: Path, split: str) -> ClassSet:
    """The pictures of `split` in `folder`, in the table's order, or by name where there are only folders.

    Reads `labels.csv` (columns file, label, split, and group if there is one; labels as names, index or one-hot beside
    `classes.txt`), else `manifest.csv`, else `<split>/<class>/<picture>`. Well-known spellings (`with_mask`) become
    names of states. Raises DataError, with what to do, for a missing folder, table or picture, an unknown class or an
    empty split.
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; name one that `maskgate train prepare` wrote")
    table = _table(folder)
    rows = _table_rows(table) if table else _folder_rows(folder)
    splits = sorted({row.split for row in rows})
    chosen = [row for row in rows if row.split == split]
    if not chosen:
        there = f"it has {', '.join(splits)}" if splits else "it has no <split>/<class>/ folders with pictures"
        raise DataError(f"{folder}: no picture in split {split!r}; {there}; make splits with `maskgate train prepare`")
    gone = next((row.file for row in chosen if not row.file.is_file()), None)
    if gone:
        raise DataError(f"{gone}: no such picture, though {table} lists it; prepare the set again")
    states = {label: _state(label, folder) for label in {row.label for row in rows}}
    names = [state.value for state in MODEL_STATES if state.value in states.values()]
    return ClassSet(
        files=[row.file for row in chosen],
        labels=np.array([names.index(states[row.label]) for row in chosen], np.int64),
        names=names,
        groups=[row.group for row in chosen],
    )


def table_groups(folder: Path) -> dict[str, str]:
    """The group of each picture, by its way from `folder`, as the folder's table tells it; empty without a table."""
    table = _table(folder)
    rows = _table_rows(table) if table else []
    return {row.file.relative_to(folder).as_posix(): row.group for row in rows if row.file.is_relative_to(folder)}


def is_picture(path: Path) -> bool:
    """Whether the file's name says that it is a picture; hidden files (`._x.jpg` of an archive) are none."""
    return path.suffix.lower() in PICTURE_ENDINGS and not path.name.startswith(".")


def _state(label: str, folder: Path) -> str:
    meaning = meaning_of(label)
    if meaning is None:
        raise DataError(
            f"{folder}: class {label!r} is unknown; `maskgate train prepare --map {label}=...` makes it one of "
            f"{', '.join(MEANINGS)}"
        )
    return meaning


def _table(folder: Path) -> Path | None:
    return next((folder / name for name in _TABLES if (folder / name).is_file()), None)


def _table_rows(table: Path) -> list[_Row]:
    names_file = table.parent / NAMES_FILE
    names = names_file.read_text(encoding="utf-8").split() if names_file.is_file() else []
    rows = []
    with table.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                name, label, split = row["file"], _decoded(row["label"], names), row["split"]
            except (KeyError, ValueError, IndexError, AttributeError) as error:
                raise DataError(
                    f"{table}:{number}: not a row with file, label and split ({error}); prepare the set again"
                ) from error
            rows.append(_Row(table.parent / name, label, split, row.get("group") or name))
    return rows


def _decoded(label: str, names: list[str]) -> str:
    """The class name behind a name, an index (`2`) or a one-hot vector (`0 0 1`)."""
    parts = label.split()
    if not names or not all(part.isdigit() for part in parts):
        return label
    index = int(label) if len(parts) == 1 else parts.index("1")
    return names[index]


def _folder_rows(folder: Path) -> list[_Row]:
    return [
        _Row(path, path.parent.name, path.parent.parent.name, path.relative_to(folder).as_posix())
        for path in sorted(folder.glob("*/*/*"))
        if is_picture(path)
    ]

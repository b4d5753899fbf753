"""Read YOLO boxes: one text file per picture, `class x y w h` a line, in shares of width and height."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from training.data import DataError
from training.prepare.files import by_stem, files_in, partner, pictures_in, split_of
from training.prepare.records import Face, Found, Kind, LeftOut, Reason, Source

_NAME_FILES = ("classes.txt", "obj.names", "_darknet.labels")
#: Text files that are no annotation: class names, and the lists of pictures that Darknet takes.
_NOT_LABELS = frozenset({*_NAME_FILES, "train.txt", "val.txt", "valid.txt", "test.txt", "readme.txt"})


def read_yolo(folder: Path, names: Sequence[str] = ()) -> Source:
    """Every picture below `folder` that has a text file of its name, beside it or in a `labels/` folder.

    Boxes stay shares of the picture until it is opened (`Found.shares`). Class names come from `names`, else
    from data.yaml, classes.txt or obj.names; raises DataError when there are none.
    """
    known = list(names) or _class_names(folder)
    pictures = pictures_in(folder)
    notes = by_stem(path for path in files_in(folder, ".txt") if is_label_file(path))
    found: list[Found] = []
    left_out: list[LeftOut] = []
    used: set[Path] = set()
    for picture in pictures:
        name = picture.relative_to(folder).as_posix()
        annotation = partner(picture, notes.get(picture.stem, []))
        if annotation is None:
            left_out.append(LeftOut(name, Reason.NO_ANNOTATION, path=picture))
            continue
        used.add(annotation)
        try:
            faces = tuple(_face(line, known) for line in annotation.read_text().splitlines() if line.strip())
        except (ValueError, OSError) as error:
            left_out.append(LeftOut(name, Reason.BAD_ANNOTATION, f"{annotation.name}: {error}", picture))
            continue
        found.append(Found(picture, name, split_of(picture, folder), faces, shares=True))
    left_out += [
        LeftOut(path.relative_to(folder).as_posix(), Reason.NO_PICTURE)
        for paths in notes.values()
        for path in paths
        if path not in used
    ]
    return Source(folder, "yolo", Kind.BOXES, found, left_out)


def is_label_file(path: Path) -> bool:
    """Whether a .txt file may hold boxes: its name is none of those that mean something else."""
    return path.name.lower() not in _NOT_LABELS and not path.name.lower().startswith("readme")


def _face(line: str, names: Sequence[str]) -> Face:
    """A line as a face. Polygons (`class x y x y ...`) are not read: what is not five numbers is an error."""
    parts = line.split()
    if len(parts) != 5:
        raise ValueError(f"{line!r} is not `class x y w h`")
    index = int(parts[0])
    x, y, w, h = (float(part) for part in parts[1:])
    if not 0 <= index < len(names):
        raise ValueError(f"class {index}, but only {len(names)} names ({', '.join(names)})")
    if not all(math.isfinite(value) for value in (x, y, w, h)):
        raise ValueError(f"{line!r} is not `class x y w h`")
    return Face((x - w / 2, y - h / 2, w, h), names[index])


def _class_names(folder: Path) -> list[str]:
    for path in files_in(folder, ".yaml", ".yml"):
        try:
            raw: Any = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
        except (YAMLError, OSError, ValueError) as error:
            raise DataError(f"{path}: not a readable YAML file ({error}); mend it or give --names") from error
        names = raw.get("names") if isinstance(raw, dict) else None
        if isinstance(names, dict):  # {0: mask, 1: no_mask}
            names = [names[key] for key in sorted(names)]
        if isinstance(names, list) and names:
            return [str(name) for name in names]
    for path in files_in(folder, ".txt", ".names", ".labels"):
        if path.name.lower() in _NAME_FILES:
            return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    raise DataError(
        f"{folder}: no names of the classes; give them in their order, --names mask,no_mask, or put data.yaml or "
        f"classes.txt there"
    )

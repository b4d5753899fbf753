"""Read class folders: each picture lies in a folder that is named like its class."""

from collections import Counter
from pathlib import Path

from training.data import DataError
from training.prepare.classes import is_picture
from training.prepare.files import pictures_in, split_of
from training.prepare.records import Found, Kind, Source


def read_class_folders(folder: Path) -> Source:
    """Every picture below `folder`, labelled by the folder it lies in; `train/with_mask/a.jpg` has a given split too.

    Raises DataError when pictures lie in `folder` itself, when there is one class only or none, and for a class folder
    without a picture.
    """
    pictures = pictures_in(folder)
    loose = [path for path in pictures if path.parent == folder]
    if loose or not pictures:
        what = f"{len(loose)} pictures lie in it" if loose else "no picture below it"
        raise DataError(f"{folder}: {what}; put one folder a class there, for example with_mask/ and without_mask/")
    found = [
        Found(path, path.relative_to(folder).as_posix(), split_of(path.parent / "_", folder), label=path.parent.name)
        for path in pictures
    ]
    empty = [path for path in sorted(folder.rglob("*")) if path.is_dir() and _is_leaf(path) and not _has_picture(path)]
    if empty:
        raise DataError(f"{empty[0]}: an empty class, no picture in it; fill the folder or remove it")
    classes = Counter(picture.label for picture in found)
    if len(classes) < 2:
        raise DataError(f"{folder}: only the class {next(iter(classes))!r}; name the folder above the class folders")
    return Source(folder, "classes", Kind.CLASSES, found)


def _is_leaf(folder: Path) -> bool:
    return not folder.name.startswith(".") and not any(child.is_dir() for child in folder.iterdir())


def _has_picture(folder: Path) -> bool:
    return any(is_picture(child) for child in folder.iterdir())

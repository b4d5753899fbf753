"""Read class folders: each picture lies in a folder that is named like its class."""

from collections import Counter
from pathlib import Path

from training.data import DataError
from training.prepare.classes import table_groups
from training.prepare.files import pictures_in, split_of
from training.prepare.records import Found, Kind, Source


def read_class_folders(folder: Path) -> Source:
    """Every picture below `folder`, labelled by the folder it lies in; `train/with_mask/a.jpg` has a given split too.

    Groups come from labels.csv or manifest.csv if there is one. Raises DataError when pictures lie in `folder` itself,
    when there is one class only or none, and for a folder without a picture beside the classes.
    """
    pictures = pictures_in(folder)
    loose = [path for path in pictures if path.parent == folder]
    if loose or not pictures:
        what = f"{len(loose)} pictures lie in it" if loose else "no picture below it"
        raise DataError(f"{folder}: {what}; put one folder a class there, for example with_mask/ and without_mask/")
    groups = table_groups(folder)
    found = []
    for path in pictures:
        name = path.relative_to(folder).as_posix()
        split = split_of(path.parent / "_", folder)
        found.append(Found(path, name, split, label=path.parent.name, group=groups.get(name, "")))
    holders = {path.parent.parent for path in pictures}
    for child in sorted(child for holder in holders for child in holder.iterdir() if child.is_dir()):
        if not child.name.startswith(".") and not pictures_in(child):
            raise DataError(f"{child}: an empty class, no picture in it; fill the folder or remove it")
    classes = Counter(picture.label for picture in found)
    if len(classes) < 2:
        raise DataError(f"{folder}: only the class {next(iter(classes))!r}; name the folder above the class folders")
    return Source(folder, "classes", Kind.CLASSES, found)

"""What the models are trained on: one split of several data folders, with labels corrected."""

from collections.abc import Callable, Sequence
from pathlib import Path

from training.data import DataError, LabelledPicture, read_mask_faces, read_scenes
from training.prepare.corrections import apply, of_split, read_corrections

Read = Callable[[Path, str], list[LabelledPicture]]


def scenes(data: Sequence[Path], split: str, corrections: Sequence[Path] = ()) -> list[LabelledPicture]:
    """The photographs of one split of all data folders. corrections: files of label corrections.

    Raises DataError as the readers do, and for a correction that fits no picture of the split.
    """
    pictures = _together(read_scenes, "scenes", data, split)
    return apply(pictures, [item for file in corrections for item in of_split(read_corrections(file), split)])


def single_faces(data: Sequence[Path], split: str) -> list[LabelledPicture]:
    """The single face pictures of one split of all data folders."""
    return _together(read_mask_faces, "mask_faces", data, split)


def _together(read: Read, kind: str, data: Sequence[Path], split: str) -> list[LabelledPicture]:
    """A folder after the first need not hold this kind of set."""
    out = read(data[0], split)
    for folder in data[1:]:
        if not folder.is_dir():
            raise DataError(f"{folder}: no such folder; --data takes folders that hold `scenes/` or `mask_faces/`")
        if (folder / kind).is_dir():
            out += read(folder, split)
    return out

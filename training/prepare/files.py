"""Find pictures and annotations in a folder that somebody else laid out."""

from collections.abc import Iterable
from pathlib import Path

from training.prepare.classes import is_picture

#: What this command writes beside the pictures.
REPORT, SHEETS = "report.json", "sheets"

#: What other people call the three splits.
_SPLIT_OF = {
    "train": "train", "training": "train", "train2017": "train",
    "val": "val", "valid": "val", "validation": "val", "val2017": "val", "dev": "val",
    "test": "test", "testing": "test", "test2017": "test",
    "webcam": "webcam",
}  # fmt: skip


def files_in(folder: Path, *endings: str) -> list[Path]:
    """All files below `folder` with one of the endings (`.xml`), by name, without hidden ones."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in endings and path.is_file() and not _hidden(path, folder)
    )


def pictures_in(folder: Path) -> list[Path]:
    """All pictures below `folder`, by name; of a prepared set without its contact sheets."""
    sheets = folder / SHEETS if (folder / REPORT).is_file() else None
    return sorted(
        path
        for path in folder.rglob("*")
        if is_picture(path) and path.is_file() and not _hidden(path, folder) and sheets not in path.parents
    )


def by_stem(pictures: Iterable[Path]) -> dict[str, list[Path]]:
    """The pictures under their names without ending."""
    table: dict[str, list[Path]] = {}
    for path in pictures:
        table.setdefault(path.stem, []).append(path)
    return table


def partner(annotation: Path, candidates: list[Path]) -> Path | None:
    """The picture that an annotation speaks of, of those with its name: the one that shares the longest way to it.

    `train/images/a.jpg` belongs to `train/labels/a.txt`, not `val/images/a.jpg`.
    """

    def shared(picture: Path) -> int:
        return sum(1 for one, two in zip(annotation.parts, picture.parts, strict=False) if one == two)

    return max(candidates, key=shared, default=None)


def split_of(path: Path, folder: Path) -> str | None:
    """The split that a folder on the way from `folder` to `path`, or the file's own name, gives: train, val, test."""
    parts = (*path.relative_to(folder).parts[:-1], path.stem)
    words = [part.lower().removeprefix("instances_") for part in parts]
    return next((_SPLIT_OF[word] for word in words if word in _SPLIT_OF), None)


def _hidden(path: Path, folder: Path) -> bool:
    """`._a.xml` and `__MACOSX` are what an archiver left; `.git` is nobody's data."""
    return any(part.startswith(".") or part == "__MACOSX" for part in path.relative_to(folder).parts)

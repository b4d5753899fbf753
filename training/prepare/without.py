"""Leave out pictures by name: what only people can know, such as that a person is in the test set too."""

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from training.data import DataError
from training.prepare.records import LeftOut, Reason, Source


def read_names(path: Path) -> list[tuple[int, str]]:
    """The names in a text file, one a line, with their line numbers; `*` and `?` stand for any letters, # comments.

    Raises DataError when the file cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise DataError(f"--without {path}: not a readable text file ({error})") from error
    bare = ((number, line.partition("#")[0].strip()) for number, line in enumerate(lines, start=1))
    return [(number, line) for number, line in bare if line]


def set_aside(sources: Sequence[Source], path: Path) -> list[Source]:
    """The sources without the pictures that the file names, by file name or by the way to it within its source.

    Raises DataError for a line that names no picture: it is a slip, and what it means would stay in.
    """
    lines = read_names(path)
    used: set[int] = set()
    result = []
    for source in sources:
        pictures, left_out = [], list(source.left_out)
        for picture in source.pictures:
            hits = {n for n, pattern in lines if _names(pattern, picture.name)}
            used |= hits
            if hits:
                left_out.append(LeftOut(picture.name, Reason.SET_ASIDE, f"line {min(hits)}", picture.path))
            else:
                pictures.append(picture)
        result.append(replace(source, pictures=pictures, left_out=left_out))
    for number, pattern in lines:
        if number not in used:
            raise DataError(f"{path}:{number}: {pattern!r} names no picture; mend the name or remove the line")
    return result


def _names(pattern: str, name: str) -> bool:
    return fnmatchcase(name, pattern) or fnmatchcase(PurePosixPath(name).name, pattern)

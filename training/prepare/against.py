"""Sets that are kept apart: nothing that they hold may come into the result."""

from dataclasses import dataclass
from pathlib import Path

from training.data import DataError
from training.prepare.coco import read_coco_source
from training.prepare.examine import Seen, see
from training.prepare.files import pictures_in
from training.prepare.records import Track


@dataclass(frozen=True, slots=True)
class KeptApart:
    """The pictures of one such set."""

    name: str
    pictures: list[Seen]


def read_apart(place: Path, track: Track) -> KeptApart:
    """The pictures that a COCO file lists, or all below a folder.

    Raises DataError when there is none or when one is missing or unreadable: what cannot be compared is not kept apart.
    """
    if place.is_dir():
        paths = pictures_in(place)
    elif place.is_file():
        source = read_coco_source(place)
        if source.left_out:
            raise DataError(f"--against {place}: {source.left_out[0].name} is not there; unpack the set again")
        paths = [picture.path for picture in source.pictures]
    else:
        raise DataError(f"--against {place}: no such file or folder; name a COCO file or a folder of pictures")
    if not paths:
        raise DataError(f"--against {place}: no picture there; name a COCO file or a folder of pictures")
    pictures = []
    for path in track(paths, f"against {place.name}", len(paths)):
        seen = see(path)
        if seen is None:
            raise DataError(f"--against {place}: {path} is not a readable picture; mend or remove it")
        pictures.append(seen)
    return KeptApart("/".join(place.parts[-2:]), pictures)

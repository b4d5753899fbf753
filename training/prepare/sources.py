"""Open a source in whichever form it comes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from training.data import DataError
from training.prepare.coco import is_coco, read_coco_source
from training.prepare.files import files_in
from training.prepare.folders import read_class_folders
from training.prepare.records import Source
from training.prepare.voc import read_voc
from training.prepare.yolo import is_label_file, read_yolo


class Form(StrEnum):
    """The forms that are read."""

    COCO = "coco"
    VOC = "voc"
    YOLO = "yolo"
    CLASSES = "classes"


def read_sources(places: Sequence[Path], form: Form | None = None, names: Sequence[str] = ()) -> list[Source]:
    """All sources; where there are several, each picture's name begins with its source's. Raises as `read_source`."""
    sources = [read_source(place, form, names) for place in places]
    if len(sources) == 1:
        return sources
    often = Counter(source.place.name for source in sources)
    result = []
    for number, source in enumerate(sources, start=1):
        called = source.place.name if often[source.place.name] == 1 else f"{number}-{source.place.name}"
        pictures = [
            replace(item, name=f"{called}/{item.name}", group=item.group and f"{called}/{item.group}")
            for item in source.pictures
        ]
        left_out = [replace(item, name=f"{called}/{item.name}") for item in source.left_out]
        result.append(replace(source, pictures=pictures, left_out=left_out))
    return result


def read_source(place: Path, form: Form | None = None, names: Sequence[str] = ()) -> Source:
    """The pictures of one source, in `form` or in the one that its files show.

    names: class names of YOLO boxes in their order. Raises DataError, with what to do, for what is not there, what is
    of no known form, of two forms at once, or empty.
    """
    if not place.exists():
        raise DataError(f"{place}: no such file or folder; name a COCO file or the folder of a data set")
    chosen = form or detect(place)
    if place.is_file() and chosen is not Form.COCO:
        raise DataError(f"{place}: a file; of the forms only COCO is one, for {chosen.value} name the folder")
    match chosen:
        case Form.COCO:
            source = read_coco_source(place)
        case Form.VOC:
            source = read_voc(place)
        case Form.YOLO:
            source = read_yolo(place, names)
        case Form.CLASSES:
            source = read_class_folders(place)
    if not source.pictures and not source.left_out:
        raise DataError(f"{place}: lists no picture ({chosen.value}); is it the right folder?")
    return source


def detect(place: Path) -> Form:
    """The form that the files of a source show. Raises DataError when they show none or several."""
    if place.is_file():
        return Form.COCO
    forms = []
    if any(is_coco(path) for path in files_in(place, ".json")):
        forms.append(Form.COCO)
    if files_in(place, ".xml"):
        forms.append(Form.VOC)
    if any(is_label_file(path) and _looks_like_boxes(path) for path in files_in(place, ".txt")):
        forms.append(Form.YOLO)
    if len(forms) > 1:
        raise DataError(f"{place}: holds {' and '.join(forms)} annotations; choose one with --format")
    return forms[0] if forms else Form.CLASSES


def _looks_like_boxes(path: Path) -> bool:
    """Whether the first line is five numbers."""
    try:
        with path.open(encoding="utf-8") as file:
            parts = file.readline().split()
        return len(parts) == 5 and all(float(part) >= 0 for part in parts)
    except (ValueError, OSError):
        return False

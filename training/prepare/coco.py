"""Read COCO: one JSON file for many pictures."""

from pathlib import Path
from typing import Any

from training.data import DataError, read_json
from training.prepare.files import files_in, split_of
from training.prepare.records import Face, Found, Kind, LeftOut, Reason, Source


def is_coco(path: Path) -> bool:
    """Whether a JSON file is one of COCO boxes."""
    try:
        raw = read_json(path)
    except DataError:
        return False
    return isinstance(raw, dict) and {"images", "annotations", "categories"} <= raw.keys()


def read_coco_source(place: Path) -> Source:
    """One COCO file, or every COCO file below a folder; a file's name or folder (`train`) is its given split.

    Raises DataError for a folder without one and for a file that lacks what COCO must have.
    """
    if not place.is_dir():
        return _read(place, place.parent)
    files = [path for path in files_in(place, ".json") if is_coco(path)]
    if not files:
        raise DataError(f"{place}: no COCO file (.json with images, annotations and categories)")
    parts = [_read(path, place) for path in files]
    return Source(
        place, "coco", Kind.BOXES, [p for part in parts for p in part.pictures], [o for q in parts for o in q.left_out]
    )


def _read(path: Path, folder: Path) -> Source:
    raw = read_json(path)
    try:
        class_of = {item["id"]: str(item["name"]) for item in raw["categories"]}
        faces: dict[Any, list[Face]] = {image["id"]: [] for image in raw["images"]}
        for item in raw["annotations"]:
            x, y, w, h = (float(value) for value in item["bbox"])
            face = Face((x, y, w, h), class_of[item["category_id"]], bool(item.get("iscrowd", 0)))
            faces[item["image_id"]].append(face)
        images = [
            (image["id"], str(image["file_name"]), _size(image), str(image.get("group", ""))) for image in raw["images"]
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path}: not COCO boxes ({error} is missing, unknown or wrong); export the set again"
        ) from error
    split = split_of(path, folder)
    found, left_out = [], []
    for number, file, size, group in images:
        picture = _locate(file, path)
        if picture is None:
            left_out.append(LeftOut(file, Reason.NO_PICTURE, f"listed in {path.name}"))
        else:
            found.append(Found(picture, file, split, tuple(faces[number]), size, group=group))
    return Source(path, "coco", Kind.BOXES, found, left_out)


def _size(image: dict[str, Any]) -> tuple[int, int] | None:
    width, height = int(image.get("width") or 0), int(image.get("height") or 0)
    return (width, height) if width > 0 and height > 0 else None


def _locate(file: str, path: Path) -> Path | None:
    """The picture relative to the JSON file, or where exporters put it: `images/`, or beside `annotations/`."""
    split = path.stem.removeprefix("instances_")
    for base in (path.parent, path.parent.parent):
        for folder in (base, base / "images", base / split, base / "images" / split):
            if (folder / file).is_file():
                return folder / file
    return None

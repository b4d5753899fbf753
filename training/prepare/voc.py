"""Read Pascal VOC: one XML file per picture, anywhere below the folder."""

from pathlib import Path
from xml.etree import ElementTree as ET

from training.data import DataError
from training.prepare.files import by_stem, files_in, partner, pictures_in, split_of
from training.prepare.records import Face, Found, Kind, LeftOut, Reason, Source


def read_voc(folder: Path) -> Source:
    """Every picture below `folder` with its XML file; by the file's own name, else by the name written in it.

    Raises DataError when there is no XML file.
    """
    annotations = files_in(folder, ".xml")
    if not annotations:
        raise DataError(f"{folder}: no .xml file; a Pascal VOC folder has one beside or apart from each picture")
    pictures = pictures_in(folder)
    named = by_stem(pictures)
    found: list[Found] = []
    left_out: list[LeftOut] = []
    for annotation in annotations:
        name = annotation.relative_to(folder).as_posix()
        try:
            root = ET.parse(annotation).getroot()  # noqa: S314  expat itself bounds what entities may grow to
            faces, size = _faces(root), _size(root)
        except (ET.ParseError, ValueError, OSError) as error:
            path = partner(annotation, named.get(annotation.stem, []))
            left_out.append(LeftOut(name, Reason.BAD_ANNOTATION, str(error), path))
            continue
        written = Path(root.findtext("filename") or "").stem
        picture = partner(annotation, named.get(annotation.stem) or named.get(written, []))
        if picture is None:
            left_out.append(LeftOut(name, Reason.NO_PICTURE))
            continue
        found.append(Found(picture, picture.relative_to(folder).as_posix(), split_of(picture, folder), faces, size))
    spoken_of = {picture.path for picture in found} | {item.path for item in left_out}
    left_out += [
        LeftOut(path.relative_to(folder).as_posix(), Reason.NO_ANNOTATION, path=path)
        for path in pictures
        if path not in spoken_of
    ]
    return Source(folder, "voc", Kind.BOXES, found, left_out)


def _faces(root: ET.Element) -> tuple[Face, ...]:
    faces = []
    for item in root.iter("object"):
        name, box = item.findtext("name"), item.find("bndbox")
        if not name or box is None:
            raise ValueError("an object without name or bndbox")
        x1, y1, x2, y2 = (float(box.findtext(side) or "nan") for side in ("xmin", "ymin", "xmax", "ymax"))
        faces.append(Face((x1, y1, x2 - x1, y2 - y1), name.strip()))
    return tuple(faces)


def _size(root: ET.Element) -> tuple[int, int] | None:
    """Width and height as written; tools that do not know them write 0 or nothing."""
    width, height = (int(float(root.findtext(f"size/{side}") or 0)) for side in ("width", "height"))
    return (width, height) if width > 0 and height > 0 else None

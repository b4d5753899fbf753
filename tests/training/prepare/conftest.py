"""Small real data sets, drawn afresh for each test."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner, Result

from training.cli import app

Picture = NDArray[np.uint8]


def scene(seed: int, width: int = 96, height: int = 72) -> Picture:
    """A made picture with large shapes, as photographs have them: unlike any other seed, like its own copies."""
    chance = np.random.default_rng(seed)
    coarse = chance.integers(0, 255, (9, 12, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def save(path: Path, picture: Picture, quality: int = 95) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, quality] if path.suffix == ".jpg" else [])
    return path


def turn_by_exif(path: Path) -> None:
    """Write into a JPEG that it is to be shown turned by a quarter, as telephones do."""
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0) + b"\0\0\0\0"
    data = path.read_bytes()
    path.write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + data[2:])


def voc(folder: Path, name: str, picture: Picture, *faces: tuple[str, float, float, float, float]) -> Path:
    """A picture and its XML file; faces are name, x1, y1, x2, y2."""
    save(folder / "images" / f"{name}.png", picture)
    objects = "".join(
        f"<object><name>{label}</name><bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax>"
        "</bndbox></object>"
        for label, x1, y1, x2, y2 in faces
    )
    size = f"<size><width>{picture.shape[1]}</width><height>{picture.shape[0]}</height></size>"
    path = folder / "annotations" / f"{name}.xml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<annotation><filename>{name}.png</filename>{size}{objects}</annotation>")
    return path


def coco(folder: Path, split: str, images: dict[str, list[tuple[str, float, float, float, float]]]) -> Path:
    """A COCO file over pictures that lie at folder/<name>; faces are name, x, y, w, h."""
    names = sorted({face[0] for faces in images.values() for face in faces})
    listed, annotations = [], []
    for number, (file, faces) in enumerate(images.items()):
        picture = cv2.imread(str(folder / file))
        height, width = picture.shape[:2] if picture is not None else (72, 96)
        listed.append({"id": number, "file_name": file, "width": width, "height": height})
        annotations += [
            {"id": len(annotations) + place, "image_id": number, "category_id": names.index(label), "bbox": box}
            for place, (label, *box) in enumerate(faces)
        ]
    path = folder / f"{split}.json"
    categories = [{"id": number, "name": name} for number, name in enumerate(names)]
    path.write_text(json.dumps({"images": listed, "annotations": annotations, "categories": categories}))
    return path


def class_folders(folder: Path, count: int = 6, names: tuple[str, ...] = ("with_mask", "without_mask")) -> Path:
    for place, name in enumerate(names):
        for number in range(count):
            save(folder / name / f"{name}{number}.jpg", scene(1000 * place + number))
    return folder


Prepare = Callable[..., Result]


@pytest.fixture
def prepare(tmp_path: Path) -> Prepare:
    """Runs the command with --out tmp_path/out; other arguments as given."""

    def run(*arguments: object, out: Path | None = None) -> Result:
        words = ["prepare", *(str(argument) for argument in arguments), "--out", str(out or tmp_path / "out")]
        return CliRunner().invoke(app, words, env={"COLUMNS": "200"})

    return run

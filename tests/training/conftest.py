"""Made data for the trainers: drawn faces in noise, every state, train and val."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

STATES = ("mask", "incorrect", "no_mask")


def draw(picture: np.ndarray, x: int, y: int, w: int, h: int, *, mask: bool) -> None:
    """Something like a face: an ellipse, two eyes, a mouth or a mask."""
    cv2.ellipse(picture, (x + w // 2, y + h // 2), (w // 2, h // 2), 0, 0, 360, (150, 180, 220), -1)
    for eye in (0.3, 0.7):
        cv2.circle(picture, (round(x + eye * w), round(y + 0.4 * h)), max(1, w // 12), (30, 30, 30), -1)
    if mask:
        cv2.rectangle(picture, (x + w // 8, y + h // 2), (x + w * 7 // 8, y + h * 9 // 10), (230, 210, 160), -1)
    else:
        cv2.ellipse(picture, (x + w // 2, y + h * 3 // 4), (w // 5, h // 14), 0, 0, 360, (60, 60, 180), -1)


def make_scenes(folder: Path, split: str, count: int, rng: np.random.Generator) -> None:
    """`count` photographs of three faces each, one of every state, with their COCO file."""
    images, annotations = [], []
    (folder / split).mkdir(parents=True)
    for index in range(count):
        picture = rng.integers(0, 255, (200, 300, 3)).astype(np.uint8)
        for place in range(3):
            x, y, w, h = 10 + 95 * place, 40, 70, 90
            draw(picture, x, y, w, h, mask=place != 2)
            box = {"bbox": [x, y, w, h], "iscrowd": 0}
            annotations.append({"id": len(annotations), "image_id": index, "category_id": place + 1, **box})
        name = f"{split}/{index}.png"
        cv2.imwrite(str(folder / name), picture)
        images.append({"id": index, "file_name": name, "width": 300, "height": 200})
    categories = [{"id": i + 1, "name": name} for i, name in enumerate(STATES)]
    coco = {"images": images, "annotations": annotations, "categories": categories}
    (folder / f"{split}.json").write_text(json.dumps(coco))


def make_faces(folder: Path, counts: dict[str, int], rng: np.random.Generator) -> None:
    """Single faces, every second one masked, with a manifest."""
    folder.mkdir()
    with (folder / "manifest.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "label", "split", "width", "height", "faces", "face_box"])
        for split, count in counts.items():
            for index in range(count):
                picture = rng.integers(0, 255, (100, 100, 3)).astype(np.uint8)
                masked = index % 2 == 0
                draw(picture, 20, 10, 60, 80, mask=masked)
                name = f"{split}{index}.png"
                cv2.imwrite(str(folder / name), picture)
                label = "with_mask" if masked else "without_mask"
                rows.writerow([name, label, split, 100, 100, 1, "20 10 80 90"])


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like the real one: scenes/ with train, val and test, mask_faces/ with the same."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    for split, count in (("train", 8), ("val", 3), ("test", 2)):
        make_scenes(folder / "scenes", split, count, rng)
    make_faces(folder / "mask_faces", {"train": 8, "val": 6, "test": 4}, rng)
    return folder

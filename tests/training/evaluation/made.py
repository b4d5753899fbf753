"""Labels and predictions from rows of numbers, and a small data folder with one real photograph in it."""

import json
from pathlib import Path

import cv2
import numpy as np

from training.data import LabelledPicture
from training.evaluation.matching import Predictions

Row = tuple[float, ...]


def truth(*faces: Row, crowd: tuple[int, ...] = (), name: str = "p.jpg") -> LabelledPicture:
    """Rows x, y, w, h, state."""
    ignore = np.array([i in crowd for i in range(len(faces))], np.bool_)
    boxes = np.array([f[:4] for f in faces], np.float32).reshape(-1, 4)
    return LabelledPicture(Path("test") / name, 640, 480, boxes, np.array([f[4] for f in faces], np.int64), ignore)


def found(*faces: Row) -> Predictions:
    """Rows x, y, w, h, state, confidence and, if wanted, certainty of the state (else 1)."""
    states = np.array([f[4] for f in faces], np.int64)
    certainty = np.array([f[6] if len(f) > 6 else 1.0 for f in faces], np.float64)
    probabilities = np.repeat((1 - certainty)[:, None] / 2, 3, axis=1).reshape(-1, 3)
    probabilities[np.arange(len(states)), states] = certainty
    return Predictions(
        boxes=np.array([f[:4] for f in faces], np.float64).reshape(-1, 4),
        states=states,
        confidences=np.array([f[5] for f in faces], np.float64),
        probabilities=probabilities,
    )


def data_folder(folder: Path, split: str = "val") -> Path:
    """The astronaut's portrait (public domain) twice, once mirrored, as a split of two pictures with one bare face."""
    import skimage.data

    photograph = np.ascontiguousarray(skimage.data.astronaut()[..., ::-1])
    (folder / "scenes" / split).mkdir(parents=True)
    images, annotations = [], []
    for number, picture in enumerate((photograph, photograph[:, ::-1]), 1):
        name = f"{split}/{number}.png"
        cv2.imwrite(str(folder / "scenes" / name), picture)
        x = 172 if number == 1 else 512 - 172 - 104
        images.append({"id": number, "file_name": name, "width": 512, "height": 512})
        annotations.append({"id": number, "image_id": number, "category_id": 3, "bbox": [x, 58, 104, 122]})
    categories = [{"id": 1, "name": "mask"}, {"id": 2, "name": "incorrect"}, {"id": 3, "name": "no_mask"}]
    coco = {"categories": categories, "images": images, "annotations": annotations}
    (folder / "scenes" / f"{split}.json").write_text(json.dumps(coco))
    return folder

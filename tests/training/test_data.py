"""Reading data sets and predictions, and what is said when they are not there."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.data import DataError, read_mask_faces, read_scenes
from training.evaluation.look import read_predictions

HEADER = "file,label,split,width,height,faces,face_box\n"


def scenes(tmp_path: Path, **changes: object) -> Path:
    folder = tmp_path / "scenes"
    folder.mkdir()
    coco: dict[str, object] = {
        "categories": [{"id": 7, "name": "mask"}, {"id": 8, "name": "incorrect"}, {"id": 9, "name": "no_mask"}],
        "images": [{"id": 1, "file_name": "val/a.jpg", "width": 100, "height": 80}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 9, "bbox": [1, 2, 30, 40], "iscrowd": 0},
            {"id": 2, "image_id": 1, "category_id": 7, "bbox": [50, 2, 3, 4], "iscrowd": 1},
        ],
    }
    (folder / "val.json").write_text(json.dumps(coco | changes))
    return tmp_path


def test_scenes_are_read(tmp_path: Path) -> None:
    (picture,) = read_scenes(scenes(tmp_path), "val")
    assert picture.path == tmp_path / "scenes" / "val" / "a.jpg"
    assert picture.boxes.tolist() == [[1, 2, 30, 40], [50, 2, 3, 4]]
    assert picture.states.tolist() == [2, 0]
    assert picture.ignore.tolist() == [False, True]


def test_missing_folder_and_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"val\.json: no such file.*--data"):
        read_scenes(tmp_path, "val")
    with pytest.raises(DataError, match=r"manifest\.csv: no such file"):
        read_mask_faces(tmp_path, "train")
    (picture,) = read_scenes(scenes(tmp_path), "val")
    with pytest.raises(DataError, match=r"a\.jpg: not a readable picture"):
        picture.read()


def test_unknown_split_and_category_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="choose one of"):
        read_scenes(tmp_path, "vale")
    scenes(tmp_path, categories=[{"id": 7, "name": "masque"}])
    with pytest.raises(DataError, match="masque"):
        read_scenes(tmp_path, "val")


def test_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "val.json").write_text("{")
    with pytest.raises(DataError, match=r"val\.json: not a readable COCO file"):
        read_scenes(tmp_path, "val")


def test_single_faces_need_exactly_one_box(tmp_path: Path) -> None:
    folder = tmp_path / "mask_faces"
    folder.mkdir()
    (folder / "manifest.csv").write_text(
        HEADER
        + "a.jpg,with_mask,train,100,100,1,10 20 50 70\n"
        + "b.jpg,without_mask,train,100,100,2,10 20 50 70\n"
        + "c.jpg,with_mask,val,100,100,1,10 20 50 70\n"
        + "d.jpg,with_mask,train,100,100,0,\n"
    )
    (picture,) = read_mask_faces(tmp_path, "train")
    assert picture.path.name == "a.jpg"
    x, y, w, h = picture.boxes[0].tolist()
    assert (x + w / 2, y + h / 2) == pytest.approx((30, 45))
    assert (w, h) == pytest.approx((44, 56))


def test_predictions_are_read_by_name(tmp_path: Path) -> None:
    pictures = read_scenes(scenes(tmp_path), "val")
    face = {"box": [1, 2, 30, 40], "state": "no_mask", "confidence": 0.8, "states": {}}
    path = tmp_path / "found.jsonl"
    path.write_text(json.dumps({"file": "elsewhere/a.jpg", "faces": [face], "ms": {"total": 4.5}}) + "\n\n")
    (found,), ms = read_predictions(path, pictures)
    assert ms == 4.5
    assert found.boxes.tolist() == [[1, 2, 30, 40]]
    assert found.states.tolist() == [2]


@pytest.mark.parametrize("line", ["[]", "nonsense", '{"file": "a.jpg"}'])
def test_a_strange_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "found.jsonl"
    path.write_text(line)
    with pytest.raises(DataError, match=r"found\.jsonl:1: not a line"):
        read_predictions(path, [])


def test_a_picture_without_prediction_is_named(tmp_path: Path) -> None:
    pictures = read_scenes(scenes(tmp_path), "val")
    path = tmp_path / "found.jsonl"
    path.touch()
    with pytest.raises(DataError, match=r"no line for a\.jpg"):
        read_predictions(path, pictures)
    with pytest.raises(DataError, match="cannot be read"):
        read_predictions(tmp_path / "gone.jsonl", pictures)


def test_pictures_are_read(tmp_path: Path) -> None:
    (picture,) = read_scenes(scenes(tmp_path), "val")
    picture.path.parent.mkdir()
    cv2.imwrite(str(picture.path), np.zeros((80, 100, 3), np.uint8))
    assert picture.read().shape == (80, 100, 3)

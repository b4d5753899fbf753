"""Both stages train on made pictures, go on after an interruption, export to int8 and run in the node's code."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mask_node.vision.load import load_detector

pytest.importorskip("tensorflow", exc_type=ImportError)

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.timeout(280)]

RNG = np.random.default_rng(0)


def draw(picture: np.ndarray, x: int, y: int, w: int, h: int, *, mask: bool) -> None:
    """Something like a face: an ellipse, two eyes, a mouth or a mask."""
    cv2.ellipse(picture, (x + w // 2, y + h // 2), (w // 2, h // 2), 0, 0, 360, (150, 180, 220), -1)
    for eye in (0.3, 0.7):
        cv2.circle(picture, (round(x + eye * w), round(y + 0.4 * h)), max(1, w // 12), (30, 30, 30), -1)
    if mask:
        cv2.rectangle(picture, (x + w // 8, y + h // 2), (x + w * 7 // 8, y + h * 9 // 10), (230, 210, 160), -1)
    else:
        cv2.ellipse(picture, (x + w // 2, y + h * 3 // 4), (w // 5, h // 14), 0, 0, 360, (60, 60, 180), -1)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight made photographs with every state, and four made single faces."""
    folder = tmp_path_factory.mktemp("data")
    images, annotations = [], []
    (folder / "scenes" / "train").mkdir(parents=True)
    for index in range(8):
        picture = RNG.integers(0, 255, (200, 300, 3)).astype(np.uint8)
        for place in range(3):
            x, y, w, h = 10 + 95 * place, 40, 70, 90
            draw(picture, x, y, w, h, mask=place != 2)
            annotations.append(
                {
                    "id": len(annotations),
                    "image_id": index,
                    "category_id": place + 1,
                    "bbox": [x, y, w, h],
                    "iscrowd": 0,
                }
            )
        name = f"train/{index}.png"
        cv2.imwrite(str(folder / "scenes" / name), picture)
        images.append({"id": index, "file_name": name, "width": 300, "height": 200})
    categories = [{"id": i + 1, "name": name} for i, name in enumerate(("mask", "incorrect", "no_mask"))]
    coco = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "scenes" / "train.json").write_text(json.dumps(coco))
    (folder / "mask_faces").mkdir()
    rows = ["file,label,split,width,height,faces,face_box"]
    for index in range(4):
        picture = RNG.integers(0, 255, (100, 100, 3)).astype(np.uint8)
        draw(picture, 20, 10, 60, 80, mask=index % 2 == 0)
        cv2.imwrite(str(folder / "mask_faces" / f"{index}.png"), picture)
        rows.append(f"{index}.png,{'with_mask' if index % 2 == 0 else 'without_mask'},train,100,100,1,20 10 80 90")
    (folder / "mask_faces" / "manifest.csv").write_text("\n".join(rows) + "\n")
    return folder


def states(run: Any) -> list[np.ndarray]:
    return [np.array(v) for v in run.model.trainable_variables]


def test_both_stages_from_data_to_faces(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from training import exporting, imitate, stage_one, stage_two
    from training.backbone import DETECTOR
    from training.exporting import export_stage
    from training.fit import FitConfig

    monkeypatch.setattr(exporting, "RANGE_PICTURES", 8)
    config = FitConfig(steps=3, batch=4, rate=1e-3, warm_up=1, refresh=2, save_every=1)
    lines: list[str] = []
    imitation = imitate.open_run(
        stage_one.train_composer([data], (128, 128)), tmp_path / "backbone", None, config, DETECTOR
    )
    imitation.fit(say=lines.append)
    taught = imitation.finish()
    run = stage_one.open_run([data], tmp_path / "detector", taught, config)
    run.fit(until=2, say=lines.append)
    stopped = states(run)

    # A run opened on the same folder goes on where it stopped, with the same weights.
    again = stage_one.open_run([data], tmp_path / "detector", None, config)
    assert int(again.step.numpy()) == 2
    for before, after in zip(stopped, states(again), strict=True):
        np.testing.assert_array_equal(before, after)
    again.fit(say=lines.append)
    assert int(again.step.numpy()) == 3
    assert any((a != b).any() for a, b in zip(stopped, states(again), strict=True))
    finished = again.finish()
    assert finished.is_file()

    # A finished run goes on from its weights under a schedule of its own.
    longer = stage_one.open_run([data], tmp_path / "longer", None, replace(config, start=str(finished)))
    assert int(longer.step.numpy()) == 0
    for before, after in zip(states(again), states(longer), strict=True):
        np.testing.assert_array_equal(before, after)

    models = tmp_path / "models"
    card = export_stage("detector", [data], tmp_path / "detector", models, "0.0", interim=False)
    assert card.training.steps == 3

    second = stage_two.open_run([data], tmp_path / "second", None, config, finder=None)
    second.fit(say=lines.append)
    second.finish()
    export_stage("second-stage", [data], tmp_path / "second", models, "0.0", interim=False)

    detector = load_detector(models)
    sight = detector.detect(RNG.integers(0, 255, (200, 300, 3)).astype(np.uint8))
    assert set(sight.ms) >= {"total"}
    for face in sight.faces:
        assert sum(face.states.of(state) for state in type(face.state) if state != "uncertain") == pytest.approx(1)


def test_targets_bring_boxes_back() -> None:
    from mask_node.vision.face_detector import decode
    from training.compose import Example
    from training.detector import targets

    boxes = np.array([[20, 30, 60, 80], [150, 100, 20, 24]], np.float32)
    example = Example(np.zeros((256, 256, 3), np.uint8), boxes, np.array([1, 2]), np.zeros(2, np.bool_))
    map_ = targets(example)
    objectness = np.where(map_[:, :, 0:1] >= 1, 5, -9).astype(np.float32)
    states = np.eye(3, dtype=np.float32)[map_[:, :, 3].astype(int)] * 9
    found = decode(objectness, states, map_[:, :, 4:8], 0.5)
    order = np.argsort(found.boxes[:, 0])
    np.testing.assert_allclose(found.boxes[order], boxes, atol=1e-3)
    assert found.states[order].argmax(axis=1).tolist() == [1, 2]


def test_ignored_faces_teach_nothing() -> None:
    from training.compose import Example
    from training.detector import targets

    boxes = np.array([[32, 32, 64, 64]], np.float32)
    map_ = targets(Example(np.zeros((256, 256, 3), np.uint8), boxes, np.array([0]), np.ones(1, np.bool_)))
    assert map_[:, :, 0].max() == 0
    assert map_[4:12, 4:12, 1].max() == 0
    assert map_[:, :, 1].sum() == 32 * 32 - 64

"""Both stages train on made pictures, go on after an interruption, export in each format and run in the node's code."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mask_node.vision.card import read_card
from mask_node.vision.load import load_detector

pytest.importorskip("tensorflow", exc_type=ImportError)

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.timeout(1200)]

FORMATS = ("int8", "float16", "float32")


def states(run: Any) -> list[np.ndarray]:
    return [v.numpy() for v in run.model.trainable_variables]


def test_both_stages_from_data_to_faces(data: Path, tmp_path: Path) -> None:
    from training import imitate, stage_one, stage_two
    from training.backbone import DETECTOR
    from training.export.stage import export_stage
    from training.fit import FitConfig

    config = FitConfig(steps=3, batch=4, rate=1e-3, warm_up=1, refresh=2, save_every=1, val_every=3)
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
    assert {name for _, _, name, _ in again.history.rows} >= {"loss", "objectness", "accuracy"}
    finished = again.finish()
    assert finished.is_file()

    # A finished run goes on from its weights under a schedule of its own.
    longer = stage_one.open_run([data], tmp_path / "longer", None, replace(config, start=str(finished)))
    assert int(longer.step.numpy()) == 0
    for before, after in zip(states(again), states(longer), strict=True):
        np.testing.assert_array_equal(before, after)

    models = tmp_path / "models"
    first, *_ = export_stage(
        "detector", [data], tmp_path / "detector", models, "0.0", formats=FORMATS, ranges=8, edge_tpu=True
    )
    assert first.card.training.steps == 3
    assert first.operators is not None
    assert not first.operators.troubles

    second = stage_two.open_run([data], tmp_path / "second", None, config, finder=None)
    second.fit(say=lines.append)
    assert {name for _, split, name, _ in second.history.rows if split == "val"} >= {"accuracy", "face_accuracy"}
    second.finish()
    export_stage("second-stage", [data], tmp_path / "second", models, "0.0", formats=FORMATS, ranges=8, edge_tpu=True)

    picture = np.random.default_rng(1).integers(0, 255, (200, 300, 3)).astype(np.uint8)
    for form in FORMATS:
        folder = models if form == "int8" else models / form
        sight = load_detector(folder).detect(picture)
        assert set(sight.ms) >= {"total"}
        for face in sight.faces:
            assert sum(face.states.of(state) for state in type(face.state) if state != "uncertain") == pytest.approx(1)
        for kind in ("face_detector", "mask_state"):
            card = read_card(folder / f"{kind}.json")
            assert card.format == form
            assert (folder / f"{kind}.md").is_file()
            names = {figure.name for figure in card.figures}
            assert ("float_agreement" in names) is (form == "int8")


def test_targets_bring_boxes_back() -> None:
    from mask_node.vision.face_detector import centres, decode
    from training.compose import Example
    from training.detector import targets

    boxes = np.array([[20, 30, 60, 80], [150, 100, 20, 24]], np.float32)
    example = Example(np.zeros((256, 256, 3), np.uint8), boxes, np.array([1, 2]), np.zeros(2, np.bool_))
    map_ = targets(example)
    faces = map_[map_[:, :, 0] >= 1]
    around = centres((256, 256))[np.flatnonzero(map_[:, :, 0] >= 1)]
    found = decode(np.full(len(faces), 5, np.float32), faces[:, 4:8].astype(np.float32), around)
    order = np.argsort(found.boxes[:, 0])
    np.testing.assert_allclose(found.boxes[order], boxes, atol=1e-3)
    assert faces[order, 3].tolist() == [1, 2]


def test_ignored_faces_teach_nothing() -> None:
    from training.compose import Example
    from training.detector import targets

    boxes = np.array([[32, 32, 64, 64]], np.float32)
    map_ = targets(Example(np.zeros((256, 256, 3), np.uint8), boxes, np.array([0]), np.ones(1, np.bool_)))
    assert map_[:, :, 0].max() == 0
    assert map_[4:12, 4:12, 1].max() == 0
    assert map_[:, :, 1].sum() == 32 * 32 - 64

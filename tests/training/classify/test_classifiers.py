"""The classic classifiers, from made pictures to exported models that the node's runtime takes and a report on them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from mask_node.vision.card import ModelError, checked_model
from mask_node.vision.load import load_detector
from mask_node.vision.runtime import Model
from training.cli import app
from training.data import DataError
from training.settings import CnnSettings, MobilenetSettings

pytest.importorskip("tensorflow", exc_type=ImportError)

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.timeout(1200)]

FAST = {"steps": 3, "batch": 4, "warm_up": 1, "refresh": 1, "save_every": 1, "val_every": 2}
FORMATS = "int8,float16,float32"


def opened(kind: str, faces: Path, folder: Path, **more: Any) -> Any:
    from training.classify.run import open_cnn, open_mobilenet

    if kind == "cnn":
        return open_cnn(faces, folder, CnnSettings(**FAST | {"size": 32, "filters": 4} | more))
    return open_mobilenet(
        faces, folder, MobilenetSettings(**FAST | {"size": 32, "width": 0.35, "scratch": True, "copies": 2} | more)
    )


@pytest.mark.parametrize(
    ("kind", "more", "channels"),
    [
        ("cnn", {"grayscale": True}, 1),
        ("cnn", {"augment": False}, 3),
        ("mobilenet", {}, 3),
        ("mobilenet", {"grayscale": True, "freeze": "block_15_expand"}, 3),
    ],
)
def test_from_pictures_to_a_report(data: Path, tmp_path: Path, kind: str, more: dict[str, Any], channels: int) -> None:
    faces, run_folder, models = data / "mask_faces", tmp_path / "run", tmp_path / "models"
    opened(kind, faces, run_folder, **more).fit(until=2, say=str)
    run = opened(kind, faces, run_folder, **more)
    assert int(run.step.numpy()) == 2
    run.fit(say=str)
    assert [step for step, _ in run.history.of("val", "accuracy")] == [2, 3]
    run.finish()

    runner = CliRunner()
    arguments = ["--data", str(faces), "--folder", str(run_folder), "--models", str(models), "--formats", FORMATS]
    result = runner.invoke(app, ["export", kind, *arguments, "--edge-tpu", "--ranges", "8"])
    assert result.exit_code == 0, result.output
    for form in ("", "float16", "float32"):
        card, content = checked_model(models / form / f"{kind}.json")
        assert card.labels == ["mask", "no_mask"]
        assert card.input.shape == (1, 32, 32, channels)
        values = Model(card, content).run(np.zeros((32, 32, channels), np.uint8))["classes"]
        assert values.sum() == pytest.approx(1, abs=0.02)

    asked = ["--run", str(run_folder), "--model", str(models / f"{kind}.tflite")]
    result = runner.invoke(app, ["classify-report", "--data", str(faces), *asked, "--json"])
    assert result.exit_code == 0, result.output
    judges = json.loads(result.stdout.splitlines()[-1])["judges"]
    assert len(judges) == 4
    assert all(one["pictures"] == 6 for one in judges)
    assert "95 % interval" in runner.invoke(app, ["classify-report", "--data", str(faces), *asked]).stdout
    with pytest.raises(ModelError, match="no model card"):
        load_detector(models)


def test_only_the_head_learns_where_all_is_frozen(data: Path, tmp_path: Path) -> None:
    run = opened("mobilenet", data / "mask_faces", tmp_path)
    assert len(run.model.trainable_variables) == 4
    before = [v.numpy() for v in run.whole.variables[:20]]
    run.fit(say=str)
    for old, new in zip(before, run.whole.variables[:20], strict=True):
        np.testing.assert_array_equal(old, new.numpy())
    partly = opened("mobilenet", data / "mask_faces", tmp_path / "partly", freeze="block_16_expand")
    assert 4 < len(partly.model.trainable_variables) < 20


def test_a_head_on_kept_features_is_the_whole_model(data: Path, tmp_path: Path) -> None:
    from training.classify.models import build, read_classifier
    from training.fit import load_weights

    run = opened("mobilenet", data / "mask_faces", tmp_path)
    run.fit(say=str)
    path = run.finish()
    whole = build(read_classifier(tmp_path))
    load_weights(whole, path)
    picture = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 3)).astype(np.float32)
    np.testing.assert_allclose(whole(picture).numpy(), run.whole(picture).numpy(), rtol=1e-5)


def test_what_cannot_be_had_is_told(data: Path, tmp_path: Path) -> None:
    faces = data / "mask_faces"
    with pytest.raises(DataError, match=r"--freeze block_99: no such layer"):
        opened("mobilenet", faces, tmp_path / "a", freeze="block_99")
    with pytest.raises(DataError, match=r"0\.4 has no ImageNet weights"):
        opened("mobilenet", faces, tmp_path / "b", width=0.4, scratch=False)
    with pytest.raises(DataError, match=r"gone\.h5: no such file"):
        opened("mobilenet", faces, tmp_path / "c", scratch=False, backbone=tmp_path / "gone.h5")
    opened("cnn", faces, tmp_path / "d")
    with pytest.raises(DataError, match="a run of another model is in this folder"):
        opened("cnn", faces, tmp_path / "d", filters=8)


def test_without_a_network_the_download_says_what_to_do(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An empty home, and a proxy at a port where nobody listens: no network, whatever the machine has.
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(DataError, match="without a network give --backbone"):
        opened("mobilenet", data / "mask_faces", tmp_path / "run", scratch=False, width=1.4)


def test_an_unfinished_run_is_not_judged(data: Path, tmp_path: Path) -> None:
    opened("cnn", data / "mask_faces", tmp_path)
    result = CliRunner().invoke(
        app, ["classify-report", "--data", str(data / "mask_faces"), "--run", str(tmp_path), "--no-ours"]
    )
    assert result.exit_code == 1
    assert "averaged.weights.h5: no such file" in result.stderr

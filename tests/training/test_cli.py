"""The commands: what they print, and how they refuse."""

import json
from pathlib import Path

from typer.testing import CliRunner

from training.cli import app

RUNNER = CliRunner()


def scene(folder: Path) -> None:
    (folder / "scenes").mkdir()
    coco = {
        "categories": [{"id": 1, "name": "mask"}, {"id": 2, "name": "incorrect"}, {"id": 3, "name": "no_mask"}],
        "images": [{"id": 1, "file_name": "val/a.jpg", "width": 100, "height": 80}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 3, "bbox": [1, 2, 30, 40], "iscrowd": 0}],
    }
    (folder / "scenes" / "val.json").write_text(json.dumps(coco))
    face = {"box": [1, 2, 30, 40], "state": "no_mask", "confidence": 0.8, "states": {}}
    (folder / "found.jsonl").write_text(json.dumps({"file": "a.jpg", "faces": [face], "ms": {"total": 4.5}}))


def test_printed_predictions_are_scored(tmp_path: Path) -> None:
    scene(tmp_path)
    arguments = ["score", "--data", str(tmp_path), "--predictions", str(tmp_path / "found.jsonl")]
    result = RUNNER.invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    values = json.loads(result.stdout, parse_constant=refuse)
    assert values["map50"] == values["ap50"]["no_mask"] == 1.0
    assert values["ap50"]["mask"] is None
    assert values["ms"] == 4.5
    assert "3-state mAP50" in RUNNER.invoke(app, arguments).stdout


def test_missing_data_is_one_sentence(tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["score", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "val.json: no such file" in result.stderr
    assert "Traceback" not in result.output


def test_missing_models_are_one_sentence(tmp_path: Path) -> None:
    scene(tmp_path)
    result = RUNNER.invoke(app, ["score", "--data", str(tmp_path), "--models", str(tmp_path)])
    assert result.exit_code == 1
    assert "no model card" in result.stderr

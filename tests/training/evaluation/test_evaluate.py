"""The commands from end to end: one photograph, the models of the package."""

import json
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mask_node.vision.load import MODELS
from tests.training.evaluation.made import data_folder
from training.cli import app

RUNNER = CliRunner()
#: Elements of HTML without an end.
VOID = {"meta", "img", "br", "link", "hr", "input"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evaluation")
    data_folder(folder)
    shutil.copytree(MODELS, folder / "models")
    for path in (folder / "models").glob("*.json"):
        # Their figures are of other pictures.
        path.write_text(json.dumps(json.loads(path.read_text()) | {"figures": []}))
    run = folder / "run"
    run.mkdir()
    (run / "history.csv").write_text("step,split,name,value\n0,train,loss,2\n10,train,loss,1\n10,val,accuracy,0.5\n")
    return folder


def evaluate(folder: Path, *more: str) -> tuple[int, str]:
    models = str(folder / "models")
    result = RUNNER.invoke(
        app,
        ["evaluate", "--data", str(folder), "--split", "val", "--models", models, "--out", str(folder / "out"),
         "--resamples", "20", *more],
    )  # fmt: skip
    return result.exit_code, result.output


class Page(HTMLParser):
    """Keeps open elements, ids and what is loaded from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.elsewhere: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value)
            if name in ("src", "href") and not value.startswith(("#", "data:")):
                self.elsewhere.append(value)

    def handle_startendtag(self, tag: str, attrs: list) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_json_and_page(made: Path) -> None:
    code, output = evaluate(made, "--float-models", str(made / "models"), "--history", str(made / "run"))
    assert code == 0, output
    assert "3-state mAP50" in output
    result = json.loads((made / "out" / "evaluation.json").read_text())
    val = result["splits"]["val"]
    assert (result["format"], val["pictures"], val["faces"], val["faces_by_state"]) == (1, 2, 2, [0, 0, 2])
    ours = val["models"]["ours"]
    assert ours["figures"]["map50"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert ours["figures"]["ap50_mask"]["value"] is None
    assert ours["confusion"][2] == [0, 0, 2, 0]
    assert {s["name"]: s["faces"] for s in ours["slices"]}["large"] == 2
    assert val["agreement"]["same_state"] == 1.0
    assert val["differences"]["ours minus ours_float"]["map50"]["value"] == 0.0

    text = (made / "out" / "report.html").read_text()
    page = Page()
    page.feed(text)
    assert page.open == []
    assert page.elsewhere == []
    assert "http" not in text
    assert "@import" not in text
    assert len(page.ids) == len(set(page.ids))
    assert "not labelled" in text
    assert "accuracy" in text
    assert "NaN" not in text
    assert "nan%" not in text


def test_no_gallery_shows_nobody(made: Path) -> None:
    code, output = evaluate(made, "--no-gallery")
    assert code == 0, output
    text = (made / "out" / "report.html").read_text()
    assert "data:image" not in text
    assert "No history of a training run" in text


def test_a_model_worse_than_its_card_fails_the_check(made: Path) -> None:
    code, output = evaluate(made, "--record", "--check", "--no-report")
    assert code == 0, output
    path = made / "models" / "mask_state.json"
    card = json.loads(path.read_text())
    figure = next(f for f in card["figures"] if f["name"] == "state_calibration_error" and f["split"] == "val")
    figure["value"] -= 0.6
    path.write_text(json.dumps(card))
    code, output = evaluate(made, "--check", "--no-report")
    assert code == 1
    assert "worse: val: state_calibration_error is" in output
    evaluate(made, "--record", "--no-report")
    assert evaluate(made, "--check", "--no-report")[0] == 0


def test_a_check_of_nothing_does_not_pass(made: Path, tmp_path: Path) -> None:
    data_folder(tmp_path, "train")
    shutil.copytree(MODELS, tmp_path / "models")
    result = RUNNER.invoke(
        app,
        ["evaluate", "--data", str(tmp_path), "--split", "train", "--models", str(tmp_path / "models"),
         "--out", str(tmp_path), "--resamples", "20", "--no-report", "--check"],
    )  # fmt: skip
    assert result.exit_code == 1
    assert "have no figure of train" in result.output


def test_a_missing_history_is_one_sentence(made: Path) -> None:
    code, output = evaluate(made, "--history", str(made / "nowhere"))
    assert code == 1
    assert "history.csv: cannot be read" in output


def test_benchmark(made: Path) -> None:
    tflite = str(MODELS / "mask_state.tflite")
    arguments = ["benchmark", "--rounds", "2", "--faces", "0,1", "--tflite", tflite]
    result = RUNNER.invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    timings = json.loads(result.stdout)["timings"]
    whole = {t["faces"]: t["found"] for t in timings if t["what"] == "whole call"}
    assert whole == {0: 0, 1: 1}
    assert sum(t["what"] == "invoke" for t in timings) == 3
    assert all(0 < t["p50"] <= t["p95"] and t["calls"] == 2 for t in timings)
    wrong = RUNNER.invoke(app, ["benchmark", "--threads", "two"])
    assert wrong.exit_code == 1
    assert "whole numbers from 1 to 64" in wrong.output


def test_judging_needs_no_tensorflow() -> None:
    code = (
        "import importlib, pkgutil, sys, training.evaluation as package\n"
        "for part in pkgutil.iter_modules(package.__path__):\n"
        "    importlib.import_module('training.evaluation.' + part.name)\n"
        "sys.exit(any(name in sys.modules for name in ('tensorflow', 'keras')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

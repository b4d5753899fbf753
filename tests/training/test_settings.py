"""`--config`: unknown keys are refused, options win, errors name the place."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from maskgate.config import ConfigError
from training.cli import app
from training.data import DataError
from training.schedule import FitConfig
from training.settings import CnnSettings, DetectorSettings, MobilenetSettings, SecondStageSettings, read_settings


def written(folder: Path, text: str) -> Path:
    path = folder / "run.yaml"
    path.write_text(text)
    return path


def test_options_win_over_the_file_and_the_file_over_defaults(tmp_path: Path) -> None:
    path = written(tmp_path, "steps: 7\nrate: 0.01\npatience: 3\n")
    settings = read_settings(DetectorSettings, path, {"steps": 9, "rate": None, "seed": None})
    assert (settings.steps, settings.rate, settings.patience, settings.batch) == (9, 0.01, 3, 16)
    assert settings.config() == FitConfig(steps=9, batch=16, rate=0.01, patience=3, val_every=250)


def test_an_unknown_key_is_refused_with_its_line_and_the_near_one(tmp_path: Path) -> None:
    path = written(tmp_path, "steps: 7\npatiense: 3\n")
    with pytest.raises(ConfigError, match=r"run\.yaml:2: patiense: unknown key; did you mean patience\?"):
        read_settings(CnnSettings, path, {})
    with pytest.raises(ConfigError, match="width: unknown key"):
        read_settings(CnnSettings, written(tmp_path, "width: 0.5\n"), {})


@pytest.mark.parametrize("option", [{"steps": 0}, {"rate": -1.0}, {"size": 8}, {"dropout": 1.0}])
def test_a_wrong_option_is_named(option: dict[str, float]) -> None:
    (name,) = option
    with pytest.raises(ConfigError, match=f"--{name}: "):
        read_settings(CnnSettings, None, option)


def test_patience_needs_something_to_wait_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="options: patience needs validations"):
        read_settings(CnnSettings, None, {"patience": 2, "val_every": 0})
    with pytest.raises(ConfigError, match=r"run\.yaml:1: the whole file: patience needs"):
        read_settings(CnnSettings, written(tmp_path, "patience: 2\nval_every: 0\n"), {})


def test_one_folder_or_several(tmp_path: Path) -> None:
    settings = read_settings(DetectorSettings, written(tmp_path, "data: a\n"), {})
    assert settings.data == [Path("a")]
    assert read_settings(DetectorSettings, None, {"data": [Path("a"), Path("b")]}).data == [Path("a"), Path("b")]
    with pytest.raises(ConfigError, match="--data"):
        read_settings(CnnSettings, None, {"data": [Path("a"), Path("b")]})


def test_each_has_its_own_defaults() -> None:
    assert SecondStageSettings().config().batch == 64
    assert MobilenetSettings().freeze == "all"
    with pytest.raises(DataError, match="give --data"):
        CnnSettings().needed_data()


def test_the_command_tells_it_in_a_sentence(tmp_path: Path) -> None:
    path = written(tmp_path, "stepps: 7\n")
    result = CliRunner().invoke(app, ["fit", "cnn", "--config", str(path)])
    assert result.exit_code == 1
    assert "stepps: unknown key; did you mean steps?" in result.stderr
    result = CliRunner().invoke(app, ["fit", "detector", "--steps", "0"])
    assert "--steps: 0 Input should be greater" in result.stderr

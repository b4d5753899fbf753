"""The mean of runs: exact, of finished runs of one architecture only."""

import json
from pathlib import Path

import pytest

from training.average import average
from training.data import DataError

keras = pytest.importorskip("keras", exc_type=ImportError)


def run(folder: Path, value: float, units: int = 3) -> Path:
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(units), keras.layers.BatchNormalization()])
    for weight in model.weights:
        weight.assign(weight * 0 + value)
    folder.mkdir()
    model.save_weights(folder / "averaged.weights.h5")
    (folder / "config.json").write_text(json.dumps({"seed": int(value)}))
    return folder


def test_the_mean_of_runs_is_the_mean_of_all_their_weights(tmp_path: Path) -> None:
    target = average([run(tmp_path / "a", 1.0), run(tmp_path / "b", 2.0), run(tmp_path / "c", 6.0)], tmp_path / "mean")
    model = keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(3), keras.layers.BatchNormalization()])
    model.load_weights(target)
    assert all((weight.numpy() == 3.0).all() for weight in model.weights)
    assert json.loads((tmp_path / "mean" / "config.json").read_text()) == {"seed": 6}


def test_what_has_no_mean_is_refused_and_leaves_no_weights(tmp_path: Path) -> None:
    one = run(tmp_path / "a", 1.0)
    with pytest.raises(DataError, match="two runs at least"):
        average([one], tmp_path / "mean")
    with pytest.raises(DataError, match="finished run"):
        average([one, tmp_path], tmp_path / "mean")
    with pytest.raises(DataError, match="different architectures"):
        average([one, run(tmp_path / "b", 2.0, units=4)], tmp_path / "mean")
    assert not (tmp_path / "mean" / "averaged.weights.h5").exists()

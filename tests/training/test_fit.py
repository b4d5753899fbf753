"""The loop: the same numbers whether stopped, resumed or looked at in between; early stopping; what it writes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow", exc_type=ImportError)

from training.data import DataError
from training.fit import BEST, FitConfig, Run, Validation
from training.history import COLUMNS, History, read_history
from training.progress import device_line
from training.schedule import rate_at, read_config

pytestmark = [pytest.mark.filterwarnings("default"), pytest.mark.timeout(600)]

CONFIG = FitConfig(steps=12, batch=8, rate=1e-2, warm_up=2, refresh=2, save_every=3)


def make(step: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.default_rng([7, step])
    pictures = rng.integers(0, 256, (8, 4, 4, 1)).astype(np.uint8)
    return pictures, {"bright": (pictures.mean(axis=(1, 2)) > 127).astype(np.float32)}


def loss(outputs: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    import tensorflow as tf

    return {"square": tf.reduce_mean((outputs - wanted["bright"]) ** 2)}


def measure(outputs: np.ndarray, wanted: dict[str, np.ndarray]) -> dict[str, tuple[float, float]]:
    right = (outputs > 0.5) == (wanted["bright"] > 0.5)
    return {"accuracy": (float(right.sum()), float(right.size))}


def open_run(folder: Path, config: FitConfig = CONFIG, *, validation: Validation | None = None) -> Run:
    """A small net with everything that keeps a state: batch norm, dropout, weights."""
    import keras

    keras.utils.set_random_seed(3)
    net = [keras.Input((4, 4, 1)), keras.layers.Conv2D(4, 3), keras.layers.BatchNormalization(momentum=0.9)]
    net += [keras.layers.Flatten(), keras.layers.Dropout(0.3), keras.layers.Dense(1)]
    return Run(keras.Sequential(net), loss, make, config, folder, validation=validation)


def values(run: Run) -> list[np.ndarray]:
    return [v.numpy() for v in [*run.model.trainable_variables, *run.model.non_trainable_variables, *run.averaged]]


def same(a: Run, b: Run) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(values(a), values(b), strict=True))


def held_out(*, wrong: bool = False) -> Validation:
    batches = [make(10**5 + i) for i in range(3)]
    if wrong:
        batches = [(pictures, {"bright": 1 - wanted["bright"]}) for pictures, wanted in batches]
    return Validation(batches, measure)


def quiet(_: str) -> None:
    """Say nothing."""


def test_a_stopped_run_ends_with_the_numbers_of_one_that_never_stopped(tmp_path: Path) -> None:
    through = open_run(tmp_path / "through")
    through.fit(say=quiet)
    open_run(tmp_path / "stopped").fit(until=5, say=quiet)
    resumed = open_run(tmp_path / "stopped")
    assert int(resumed.step.numpy()) == 5
    resumed.fit(say=quiet)
    assert same(through, resumed)


def test_looking_at_the_val_split_changes_nothing(tmp_path: Path) -> None:
    plain = open_run(tmp_path / "plain")
    plain.fit(say=quiet)
    watched = open_run(tmp_path / "watched", replace(CONFIG, val_every=4), validation=held_out())
    watched.fit(say=quiet)
    assert same(plain, watched)
    assert [step for step, _ in watched.history.of("val", "accuracy")] == [4, 8, 12]
    assert not (tmp_path / "watched" / BEST).exists()


def test_early_stopping_keeps_the_best_weights(tmp_path: Path) -> None:
    config = replace(CONFIG, steps=400, rate=0.05, val_every=5, patience=3)
    said: list[str] = []
    run = open_run(tmp_path, config, validation=held_out(wrong=True))
    run.fit(say=said.append)
    stopped, best = int(run.step.numpy()), run.best
    assert best is not None
    assert stopped < 400
    assert stopped == best[0] + 5 * config.patience
    assert any("stopped early" in line for line in said)
    # Going on with it trains no more, and its result is what the best validation saw.
    again = open_run(tmp_path, config, validation=held_out(wrong=True))
    again.fit(say=quiet)
    assert int(again.step.numpy()) == stopped
    again.finish()
    judged = again._judge(held_out(wrong=True))
    assert judged["loss"] == pytest.approx(best[1], rel=1e-4)
    assert (tmp_path / "finished.json").read_text().strip() == f'{{"step": {best[0]}}}'


def test_the_history_has_one_row_a_value_and_forgets_what_will_be_done_again(tmp_path: Path) -> None:
    run = open_run(tmp_path, replace(CONFIG, steps=50, val_every=25), validation=held_out())
    run.fit(say=quiet)
    rows = read_history(tmp_path / "history.csv")
    assert (tmp_path / "history.csv").read_text().splitlines()[0] == ",".join(COLUMNS)
    assert {(row.step, row.split, row.name) for row in rows} >= {
        (25, "train", "loss"), (25, "train", "rate"), (50, "train", "square"), (50, "val", "loss"),
        (50, "val", "accuracy"),
    }  # fmt: skip
    history = History(tmp_path, 25)
    assert read_history(tmp_path / "history.csv") == rows  # only looked at
    history.add(26, "train", {"loss": 0.5})
    assert {row.step for row in read_history(tmp_path / "history.csv")} == {25, 26}


def test_a_strange_history_is_named(tmp_path: Path) -> None:
    (tmp_path / "history.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"history\.csv: not a history"):
        read_history(tmp_path / "history.csv")


def test_tensorboard_gets_events(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = open_run(tmp_path, replace(CONFIG, val_every=6, tensorboard=True), validation=held_out())
    run.fit(say=quiet)
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert "val/loss" in events.Tags()["tensors"] + events.Tags()["scalars"]


def test_the_device_is_told_and_lines_are_plain_without_a_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = open_run(tmp_path, replace(CONFIG, steps=25))
    run.fit()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == device_line()
    assert "training on" in lines[0]
    assert lines[1].startswith("step 25/25: square ")


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    import keras

    with pytest.raises(DataError, match=r"gone\.weights\.h5: no such file"):
        open_run(tmp_path / "a", replace(CONFIG, start=str(tmp_path / "gone.weights.h5")))
    other = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    other.save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(DataError, match="not weights of this model"):
        open_run(tmp_path / "b", replace(CONFIG, start=str(tmp_path / "other.weights.h5")))


def test_the_configuration_comes_back_and_an_older_one_too(tmp_path: Path) -> None:
    open_run(tmp_path)
    assert read_config(tmp_path, "fit") == CONFIG
    (tmp_path / "config.json").write_text('{"steps": 5, "batch": 2, "rate": 0.1, "gone": 1}')
    assert read_config(tmp_path, "fit") == FitConfig(steps=5, batch=2, rate=0.1)
    with pytest.raises(DataError, match="run `fit` first"):
        read_config(tmp_path / "none", "fit")


def test_the_rate_warms_up_and_falls() -> None:
    config = FitConfig(steps=100, batch=1, rate=1.0, warm_up=10)
    rates = [rate_at(step, config) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(1.0)
    assert rates[99] < 0.02

"""What an Edge TPU runs: told for each operator, and why not."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from mask_node.vision.card import ModelError
from mask_node.vision.load import MODELS
from training.cli import app
from training.export.operators import EDGE_TPU, read_operators

pytest.importorskip("ai_edge_litert", reason="its schema reads the models")


def test_the_second_stage_is_told_by_operator() -> None:
    report = read_operators(MODELS / "mask_state.tflite")
    found = {part.name: part for part in report.found}
    assert report.inputs == ("UINT8",)
    assert found["CONV_2D"].count == 30
    assert not found["CONV_2D"].trouble
    assert set(found) - EDGE_TPU <= {"DEQUANTIZE"}


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tflite").write_bytes(b"no model at all")
    with pytest.raises(ModelError, match=r"x\.tflite: not a TFLite model"):
        read_operators(tmp_path / "x.tflite")
    with pytest.raises(ModelError, match=r"gone\.tflite: cannot be read"):
        read_operators(tmp_path / "gone.tflite")


def test_float_models_and_unknown_operators_are_not_for_it(tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow", exc_type=ImportError)
    import keras

    wave = keras.layers.Lambda(tf.sin, output_shape=lambda shape: shape)
    model = keras.Sequential([keras.Input(batch_shape=(1, 8, 8, 1)), keras.layers.Conv2D(2, 3), wave])
    import numpy as np

    from training.export.convert import convert

    (tmp_path / "wave.tflite").write_bytes(convert(model, np.zeros((1, 8, 8, 1), np.uint8), "float32"))
    result = CliRunner().invoke(app, ["operators", str(tmp_path / "wave.tflite")])
    assert result.exit_code == 1
    assert "its input is FLOAT32" in result.stdout
    assert "CONV_2D (1x): works on FLOAT32" in result.stdout
    assert "SIN (1x): not among the Edge TPU's operators" in result.stdout

"""The notebook runs from its first cell to its last on made pictures, and is stored without outputs."""

import os
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

REPOSITORY = Path(__file__).resolve().parents[2]
NOTEBOOK = REPOSITORY / "training" / "notebooks" / "maskgate_colab.ipynb"


def test_no_outputs_are_stored() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.timeout(1800)
@pytest.mark.filterwarnings("default")
def test_from_data_to_models_on_a_tiny_sample(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorflow", exc_type=ImportError)
    import keras

    weights = tmp_path / "random.weights.h5"
    keras.applications.MobileNetV2(alpha=1.0, include_top=False, weights=None).save_weights(weights)
    told = {"DATA": data, "OUT": tmp_path / "runs", "IMAGENET": weights, "STEPS": 2, "BATCH": 2, "VAL_EVERY": 2}
    told |= {"PYTHONPATH": os.pathsep.join([str(REPOSITORY), os.environ.get("PYTHONPATH", "")])}
    told |= {"RANGES": 8, "MPLBACKEND": "agg"}
    for name, value in told.items():
        monkeypatch.setenv(name, str(value))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbclient.NotebookClient(notebook, timeout=1700, resources={"metadata": {"path": str(tmp_path)}}).execute()
    texts = "".join(o.get("text", "") for cell in notebook.cells for o in cell.get("outputs", []))
    assert "step 2: val" in texts
    assert "node's pair, own detector" in texts
    for name in ("face_detector", "mask_state", "cnn", "mobilenet"):
        for ending in (".tflite", ".json", ".md"):
            assert (tmp_path / "runs" / "models" / (name + ending)).is_file()
    assert (tmp_path / "runs" / "models" / "float32" / "mask_state.tflite").is_file()

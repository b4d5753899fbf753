"""Without an Edge TPU, or with one that does not work, the models run on the processor, and it is said why."""

import ctypes.util
import json
import shutil
from pathlib import Path

import pytest

from mask_node.accelerator import load_best
from mask_node.vision.load import MODELS
from mask_node.vision.runtime import Model


def test_where_there_is_none_nothing_is_said(caplog: pytest.LogCaptureFixture) -> None:
    if ctypes.util.find_library("edgetpu"):
        pytest.skip("this machine has the library of an Edge TPU")
    _, hardware = load_best(None, 1)
    assert (hardware, caplog.text) == ("cpu", "")


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library is there, but it is not what it should be: the C library's mathematics."""
    real = ctypes.util.find_library
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: real("m" if name == "edgetpu" else name))


def test_without_compiled_models_the_processor_is_used(library: None, caplog: pytest.LogCaptureFixture) -> None:
    _, hardware = load_best(None, 1)
    assert hardware == "cpu (Edge TPU: no models compiled for it)"
    assert "the Edge TPU is not used" in caplog.text
    assert load_best(None, 1, edge_tpu=False)[1] == "cpu"


def test_a_delegate_that_cannot_be_loaded_is_told(library: None, tmp_path: Path) -> None:
    for kind in ("face_detector", "mask_state"):
        card = json.loads((MODELS / f"{kind}.json").read_text())
        shutil.copy(MODELS / card["file"], tmp_path)
        for suffix in ("", "_edgetpu"):
            shutil.copy(MODELS / f"{kind}.json", tmp_path / f"{kind}{suffix}.json")
    detector, hardware = load_best(tmp_path, 1)
    assert hardware.startswith("cpu (Edge TPU: ")
    assert detector.model_id


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_are_those_of_the_configuration(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    given = []
    make = Model.__init__

    def note(self: Model, card: object, content: bytes, threads: int = 1, delegates: object = ()) -> None:
        given.append(threads)
        make(self, card, content, threads, delegates)  # type: ignore[arg-type]

    monkeypatch.setattr(Model, "__init__", note)
    load_best(None, threads)
    assert given == [threads, threads]

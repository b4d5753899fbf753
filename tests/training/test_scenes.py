"""The models that come with the node on real photographs that nobody trained on, through the node's own code."""

import os
from pathlib import Path

import pytest

from mask_node.vision.load import load_detector
from training.data import read_scenes
from training.evaluation.look import look
from training.evaluation.score import score

SHARED = Path(os.environ.get("MASKGATE_SHARED", Path(__file__).resolve().parents[3] / "shared"))
DATA = SHARED / "datasets"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not (DATA / "scenes").is_dir(), reason="the shared data folder is not here (MASKGATE_SHARED)"),
]


def test_scenes_reach_the_floor() -> None:
    pictures = read_scenes(DATA, "test")
    found, _ = look(load_detector(threads=2), pictures)
    result = score(pictures, found)
    assert result.map50 >= 0.65
    assert result.map50_large >= 0.78


def test_webcam_reaches_the_floor() -> None:
    pictures = read_scenes(DATA, "webcam")
    found, _ = look(load_detector(threads=2), pictures)
    assert score(pictures, found).compliance50 >= 0.94

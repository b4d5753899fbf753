"""AIZOO's outputs, decoded from numbers worked by hand."""

import numpy as np
import pytest

from mask_node.vision.card import ModelError
from mask_node.vision.load import MODELS
from training.evaluation.peers import Aizoo, _face, anchors, decode


def test_anchors_lie_row_by_row_four_to_a_cell() -> None:
    places = anchors()
    assert places.shape == (4 * (33**2 + 17**2 + 9**2 + 5**2 + 3**2), 4)
    assert places[0] == pytest.approx([0.5 / 33, 0.5 / 33, 0.04, 0.04])
    assert places[1] == pytest.approx([0.5 / 33, 0.5 / 33, 0.056, 0.056])
    # Width over height 0.62, of the same area.
    assert places[2, 2] / places[2, 3] == pytest.approx(0.62)
    assert places[2, 2] * places[2, 3] == pytest.approx(0.04**2)
    # The next cell is to the right.
    assert places[4, :2] == pytest.approx([1.5 / 33, 0.5 / 33])
    assert places[-1] == pytest.approx([2.5 / 3, 2.5 / 3, 0.64 * 0.42**0.5, 0.64 / 0.42**0.5])


def test_offsets_move_in_tenths_and_grow_in_fifths() -> None:
    place = np.array([[0.5, 0.5, 0.2, 0.4]], np.float32)
    assert decode(np.zeros((1, 4), np.float32), place)[0] == pytest.approx([0.4, 0.3, 0.2, 0.4])
    moved = decode(np.array([[1.0, -1.0, 5 * np.log(2), 0.0]], np.float32), place)[0]
    assert moved == pytest.approx([0.5 + 0.02 - 0.2, 0.5 - 0.04 - 0.2, 0.4, 0.4], abs=1e-6)


@pytest.mark.parametrize("states", [(0.9, 0.1), (0.02, 0.7), (0.55, 0.4)])
def test_confidence_is_what_the_model_said(states: tuple[float, float]) -> None:
    face = _face(np.array([0.25, 0.5, 0.5, 0.25], np.float32), np.array(states, np.float32), 640, 480)
    assert face is not None
    assert face.box == pytest.approx((160, 240, 320, 120))
    assert face.confidence == pytest.approx(max(states), abs=1e-6)
    assert face.states.incorrect == 0.0
    assert (face.states.mask > face.states.no_mask) == (states[0] > states[1])


def test_boxes_are_cut_at_the_edge() -> None:
    states = np.array([0.9, 0.1], np.float32)
    face = _face(np.array([-0.1, 0.9, 0.3, 0.4], np.float32), states, 100, 100)
    assert face is not None
    assert face.box == pytest.approx((0, 90, 20, 10), abs=1e-4)
    assert _face(np.array([1.1, 0.2, 0.3, 0.3], np.float32), states, 100, 100) is None


def test_another_model_is_refused() -> None:
    with pytest.raises(ModelError, match="AIZOO's one-stage model gives"):
        Aizoo(MODELS / "mask_state.tflite")

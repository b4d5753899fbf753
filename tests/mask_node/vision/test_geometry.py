"""Letterboxing, overlap and suppression."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_node.vision.face_detector import STRIDE, decode, inside
from mask_node.vision.geometry import PAD_GREY, iou_matrix, letterbox, suppress, vote
from mask_node.vision.mask_state import cut, square_around


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 900), st.integers(1, 900), st.integers(32, 320), st.integers(32, 320))
def test_letterbox_keeps_boxes(width: int, height: int, wide: int, high: int) -> None:
    picture, place = letterbox(np.zeros((height, width, 3), np.uint8), (wide, high))
    assert picture.shape == (high, wide, 3)
    boxes = np.array([[0, 0, width, height], [width / 4, height / 4, width / 2, height / 3]], np.float32)
    there = place.to_input(boxes)
    assert np.allclose(place.to_picture(there), boxes, atol=0.05)
    assert there.min() >= -1
    assert ((there[:, :2] + there[:, 2:]).max(axis=0) <= (wide + 1, high + 1)).all()


def test_letterbox_surrounds_with_grey() -> None:
    picture, _ = letterbox(np.full((50, 100, 3), 255, np.uint8), (64, 64))
    assert (picture[0] == PAD_GREY).all()
    assert (picture[32] == 255).all()


def test_iou_by_hand() -> None:
    a = np.array([[0, 0, 10, 10]], np.float32)
    b = np.array([[0, 0, 10, 5], [20, 20, 5, 5], [5, 0, 10, 10]], np.float32)
    assert iou_matrix(a, b)[0].tolist() == pytest.approx([0.5, 0.0, 1 / 3])
    assert iou_matrix(a, np.zeros((0, 4), np.float32)).shape == (1, 0)


def test_suppress_keeps_the_best_of_one_place() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 10, 10], [50, 0, 10, 10]], np.float32)
    scores = np.array([0.5, 0.9, 0.7], np.float32)
    assert suppress(boxes, scores, 0.5).tolist() == [1, 2]
    assert suppress(boxes, scores, 0.5, most=1).tolist() == [1]
    assert suppress(boxes[:0], scores[:0], 0.5).tolist() == []


@given(st.lists(st.tuples(*[st.integers(1, 80)] * 4), max_size=12))
def test_what_suppress_keeps_lies_apart(raw: list) -> None:
    boxes = np.array(raw, np.float32).reshape(-1, 4)
    keep = suppress(boxes, np.linspace(1, 0, len(boxes), dtype=np.float32), 0.4)
    overlaps = iou_matrix(boxes[keep], boxes[keep])
    assert (overlaps[~np.eye(len(keep), dtype=bool)] <= 0.4).all()


def test_decode_by_hand() -> None:
    objectness = np.full((4, 4, 1), -9, np.float32)
    objectness[1, 2] = 2.0
    boxes = np.zeros((4, 4, 4), np.float32)
    boxes[1, 2] = [0.5, -0.25, np.log(2), np.log(3)]
    states = np.zeros((4, 4, 3), np.float32)
    states[1, 2, 1] = 5
    found = decode(objectness, states, boxes, 0.05)
    # Centre (3.0, 1.25) cells, size (2, 3) cells.
    assert found.boxes[0].tolist() == pytest.approx([2 * STRIDE, -0.25 * STRIDE, 2 * STRIDE, 3 * STRIDE])
    assert found.scores[0] == pytest.approx(1 / (1 + np.exp(-2.0)))
    assert found.states[0].argmax() == 1


def test_decode_of_nothing_is_empty() -> None:
    found = decode(
        np.full((4, 4, 1), -9, np.float32), np.zeros((4, 4, 3), np.float32), np.zeros((4, 4, 4), np.float32), 0.05
    )
    assert found.boxes.shape == (0, 4)


def test_boxes_stay_inside_the_frame() -> None:
    frame = np.zeros((100, 200, 3), np.uint8)
    boxes = np.array([[-10, -10, 30, 30], [190, 90, 50, 50], [500, 500, 10, 10]], np.float32)
    found = inside(boxes, frame)
    assert found[0].tolist() == [0, 0, 20, 20]
    assert found[1].tolist() == [190, 90, 10, 10]
    assert (found[:, 2:] > 0).all()


def test_cut_beyond_the_edge_is_grey() -> None:
    frame = np.full((40, 40, 3), 255, np.uint8)
    picture = cut(frame, -20, 0, 40, 40)
    assert (picture[:, :20] == PAD_GREY).all()
    assert (picture[:, 20:] == 255).all()
    assert (cut(frame, 100, 100, 10, 16) == PAD_GREY).all()


def test_square_has_the_longer_side_and_the_same_middle() -> None:
    left, top, side = square_around((10, 20, 50, 100))
    assert side == 120
    assert (left + side / 2, top + side / 2) == (35, 70)


def test_vote_is_the_weighted_mean_of_those_that_overlap() -> None:
    boxes = np.array([[0, 0, 10, 10], [2, 0, 10, 10], [50, 50, 10, 10]], np.float32)
    scores = np.array([0.8, 0.4, 0.9], np.float32)
    voted = vote(boxes, scores, np.array([2, 0]), 0.4)
    assert voted[0].tolist() == pytest.approx([50, 50, 10, 10])
    # Weights 0.64 and 0.16: a fifth of the way.
    assert voted[1].tolist() == pytest.approx([0.4, 0, 10, 10], abs=1e-5)
    assert vote(boxes[:0], scores[:0], np.zeros(0, np.intp), 0.4).shape == (0, 4)

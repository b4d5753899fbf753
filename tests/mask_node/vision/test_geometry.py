"""Letterboxing, overlap and suppression."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_node.vision.face_detector import STRIDE, Candidates, centres, decode, inside
from mask_node.vision.geometry import PAD_GREY, iou_matrix, letterbox, letterbox_into, suppress, vote
from mask_node.vision.mask_state import cut, cut_into, square_around


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


@given(st.integers(1, 300), st.integers(1, 300))
def test_what_was_in_a_model_s_input_before_does_not_stay(width: int, height: int) -> None:
    frame = np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)
    used = np.full((64, 80, 3), 7, np.uint8)
    letterbox_into(frame, used)
    assert np.array_equal(used, letterbox(frame, (80, 64))[0])
    small = np.full((48, 48, 3), 7, np.uint8)
    cut_into(frame, -5, height // 2, 60, small)
    assert np.array_equal(small, cut(frame, -5, height // 2, 60, 48))


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
    assert suppress(iou_matrix(boxes, boxes), scores, 0.5).tolist() == [1, 2]
    assert suppress(iou_matrix(boxes, boxes), scores, 0.5, most=1).tolist() == [1]
    assert suppress(iou_matrix(boxes[:0], boxes[:0]), scores[:0], 0.5).tolist() == []


@given(st.lists(st.tuples(*[st.integers(1, 80)] * 4), max_size=12))
def test_what_suppress_keeps_lies_apart(raw: list) -> None:
    boxes = np.array(raw, np.float32).reshape(-1, 4)
    keep = suppress(iou_matrix(boxes, boxes), np.linspace(1, 0, len(boxes), dtype=np.float32), 0.4)
    overlaps = iou_matrix(boxes[keep], boxes[keep])
    assert (overlaps[~np.eye(len(keep), dtype=bool)] <= 0.4).all()


def test_decode_by_hand() -> None:
    boxes = np.array([[0, 0, 0, 0], [0.5, -0.25, np.log(2), np.log(3)], [0, 0, 9, -9]], np.float32)
    cells = [5, 6, 15]  # of 4 x 4: the second is the third of the second row
    found = decode(np.array([-3, 2, 1], np.float32), boxes, centres((4 * STRIDE, 4 * STRIDE))[cells])
    # Centre (3.0, 1.25) cells, size (2, 3) cells.
    assert found.boxes[0].tolist() == pytest.approx([2 * STRIDE, -0.25 * STRIDE, 2 * STRIDE, 3 * STRIDE])
    assert found.scores.tolist() == pytest.approx([1 / (1 + np.exp(-logit)) for logit in (2.0, 1.0, -3.0)])
    # No size is believed beyond e**5 and e**-3 cells.
    assert found.boxes[1, 2:].tolist() == pytest.approx([np.exp(5) * STRIDE, np.exp(-3) * STRIDE], rel=1e-5)


def test_decode_of_nothing_is_empty() -> None:
    nothing = np.zeros((0, 4), np.float32)
    found = decode(nothing[:, 0], nothing, nothing[:, :2])
    assert isinstance(found, Candidates)
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
    overlaps = iou_matrix(boxes, boxes)
    voted = vote(boxes, scores, np.array([2, 0]), overlaps, 0.4)
    assert voted[0].tolist() == pytest.approx([50, 50, 10, 10])
    # Weights 0.64 and 0.16: a fifth of the way.
    assert voted[1].tolist() == pytest.approx([0.4, 0, 10, 10], abs=1e-5)
    alone = vote(boxes[1:], scores[1:], np.array([1, 0]), overlaps[1:, 1:], 0.4)
    assert alone.tolist() == boxes[[2, 1]].tolist()
    assert vote(boxes[:0], scores[:0], np.zeros(0, np.intp), overlaps[:0, :0], 0.4).shape == (0, 4)

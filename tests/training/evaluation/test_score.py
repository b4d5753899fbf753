"""Scoring against cases worked by hand, and what must hold for any case."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.evaluation.made import found, truth
from training.evaluation.matching import match
from training.evaluation.precision import average_precision
from training.evaluation.score import score


def test_all_right_is_one() -> None:
    result = score(
        [truth((0, 0, 50, 50, 0), (100, 0, 50, 50, 2))], [found((0, 0, 50, 50, 0, 0.9), (100, 0, 50, 50, 2, 0.8))]
    )
    assert result.map50 == result.compliance50 == result.map50_large == 1.0
    assert np.isnan(result.ap50["incorrect"])
    assert result.violations_called_mask == result.masked_called_violation == 0.0
    assert (result.pictures, result.faces) == (1, 2)


def test_precision_by_hand() -> None:
    # Right, wrong, right of 2: precision 1 up to recall 0.5 (51 of the 101 recalls), then 2/3 for the other 50.
    value = average_precision(np.array([0.9, 0.8, 0.7]), np.array([True, False, True]), 2)
    assert value == pytest.approx((51 * 1.0 + 50 * 2 / 3) / 101)


def test_a_face_never_found_caps_recall() -> None:
    # One of two found, at once: precision 1 at the 51 recalls from 0 to 0.5, 0 beyond.
    assert average_precision(np.array([0.9]), np.array([True]), 2) == pytest.approx(51 / 101)


def test_no_face_of_a_class_has_no_precision() -> None:
    assert np.isnan(average_precision(np.array([0.9]), np.array([False]), 0))
    assert average_precision(np.array([]), np.array([], np.bool_), 3) == 0.0


def test_second_detection_of_one_face_is_wrong() -> None:
    boxes = np.array([[0, 0, 50, 50], [2, 0, 50, 50]], np.float64)
    none = np.zeros(1, np.bool_)
    hit, skip = match(boxes, boxes[:1], none, none)
    assert hit.tolist() == [True, False]
    assert not skip.any()


def test_iou_of_half_counts_and_less_does_not() -> None:
    none = np.zeros(1, np.bool_)
    face = np.array([[0, 0, 100, 100]], np.float64)
    assert match(np.array([[0, 0, 100, 50]], np.float64), face, none, none)[0].tolist() == [True]
    assert match(np.array([[0, 0, 100, 49]], np.float64), face, none, none)[0].tolist() == [False]


def test_crowd_takes_many_and_counts_for_nothing() -> None:
    label = truth((0, 0, 100, 100, 0), (200, 0, 100, 100, 0), crowd=(1,))
    seen = found((0, 0, 100, 100, 0, 0.5), (200, 0, 30, 30, 0, 0.9), (240, 40, 30, 30, 0, 0.8))
    assert score([label], [seen]).ap50["mask"] == 1.0


def test_a_wrong_state_is_a_miss_and_a_false_alarm() -> None:
    label = truth((0, 0, 50, 50, 0), (100, 0, 50, 50, 1))
    seen = found((0, 0, 50, 50, 0, 0.6), (100, 0, 50, 50, 0, 0.9))
    result = score([label], [seen])
    # The wrong one comes first: precision 1/2 at every recall.
    assert result.ap50["mask"] == pytest.approx(0.5)
    assert result.ap50["incorrect"] == 0.0
    assert result.violations_called_mask == 1.0
    assert result.violations_found == 1


def test_compliance_joins_the_two_violations() -> None:
    label = truth((0, 0, 50, 50, 1), (100, 0, 50, 50, 2))
    seen = found((0, 0, 50, 50, 2, 0.6), (100, 0, 50, 50, 1, 0.9))
    result = score([label], [seen])
    assert result.map50 == 0.0
    assert result.compliance50 == 1.0


def test_size_limit_is_on_the_width() -> None:
    label = truth((0, 0, 40, 20, 0), (100, 0, 39, 60, 0))
    seen = found((0, 0, 40, 20, 0, 0.3), (300, 0, 39, 60, 0, 0.9))
    result = score([label], [seen])
    # Small ground truth is not missed and a small false alarm not counted among the large ...
    assert result.map50_large == 1.0
    # ... but both are among all: false alarm first, then one of two found.
    assert result.map50 == pytest.approx(51 * 0.5 / 101)


def test_confusion_leaves_out_what_is_not_sure() -> None:
    result = score([truth((0, 0, 50, 50, 2))], [found((0, 0, 50, 50, 0, 0.29))])
    assert result.violations_found == 0
    assert np.isnan(result.violations_called_mask)


def test_an_empty_picture_scores() -> None:
    result = score([truth()], [found()])
    assert np.isnan(result.map50)
    assert result.faces == 0


def test_pictures_and_predictions_must_be_parallel() -> None:
    with pytest.raises(ValueError, match="zip"):
        score([truth()], [])


SIDES = st.integers(1, 60)
PLACES = st.integers(0, 200)
FACES = st.lists(st.tuples(PLACES, PLACES, SIDES, SIDES, st.integers(0, 2)), max_size=6)
FINDS = st.lists(st.tuples(PLACES, PLACES, SIDES, SIDES, st.integers(0, 2), st.floats(0, 1)), max_size=8)


@given(FACES, FINDS)
def test_figures_are_shares(faces: list, finds: list) -> None:
    result = score([truth(*faces)], [found(*finds)])
    for value in (result.map50, result.map50_large, result.compliance50, result.violations_called_mask):
        assert np.isnan(value) or 0 <= value <= 1


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=20))
def test_average_precision_ignores_the_order_of_its_input(pairs: list) -> None:
    distinct = dict(pairs)
    scores, right = np.array(list(distinct)), np.array(list(distinct.values()))
    positives = max(1, int(right.sum()))
    forward = average_precision(scores, right, positives)
    assert forward == pytest.approx(average_precision(scores[::-1], right[::-1], positives))


@given(FACES.filter(bool))
def test_truth_itself_scores_full_marks(faces: list) -> None:
    # One face per place, so that no two overlap.
    apart = [(300 * i, 0, *face[2:]) for i, face in enumerate(faces)]
    assert score([truth(*apart)], [found(*[(*face, 0.5) for face in apart])]).map50 == pytest.approx(1.0)


@given(FACES, FINDS)
def test_a_last_wrong_detection_never_helps(faces: list, finds: list) -> None:
    before = score([truth(*faces)], [found(*finds)])
    worse = score([truth(*faces)], [found(*finds, (900, 900, 50, 50, 0, 0.0))])
    assert np.isnan(before.map50) or worse.map50 <= before.map50 + 1e-9

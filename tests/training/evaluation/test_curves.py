"""The points of charts."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.evaluation.made import found, truth
from training.data import DataError
from training.evaluation.curves import confusion, curves, roc_area
from training.evaluation.faces import FaceTable, face_table
from training.evaluation.history import read_history
from training.evaluation.intervals import point, resamples

FACES = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from((0.4, 0.6, 0.8, 1.0))), max_size=20)


def table(faces: list) -> FaceTable:
    labels = [truth((0, 0, 50, 50, label)) for label, _, _ in faces]
    return face_table(labels, [found((0, 0, 50, 50, state, 0.9, sure)) for _, state, sure in faces])


@given(FACES.filter(bool))
def test_area_is_how_often_a_violation_looks_more_like_one(faces: list) -> None:
    made = table(faces)
    score = 1 - made.probabilities[:, 0]
    bad, good = score[made.label != 0], score[made.label == 0]
    pairs = [float(b > g) + 0.5 * float(b == g) for b in bad for g in good]
    wanted = float(np.mean(pairs)) if pairs else float("nan")
    assert point(roc_area(made), len(faces)) == pytest.approx(wanted, nan_ok=True)


def test_points_and_counts() -> None:
    labels = [truth((0, 0, 50, 50, 0), (100, 0, 20, 20, 2)), truth((0, 0, 200, 200, 1))]
    seen = [found((0, 0, 50, 50, 0, 0.9, 0.95)), found((0, 0, 200, 200, 0, 0.8, 0.7))]
    made = face_table(labels, seen)
    assert confusion(made) == [[1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]]
    drawn = curves(labels, seen, made, resamples(2, 20))
    assert set(drawn.precision_recall) == {"mask", "incorrect", "no_mask"}
    assert drawn.precision_recall["mask"][0] == (0.0, 1.0)
    assert drawn.roc["violation"][0] == (0.0, 0.0)
    assert drawn.roc["violation"][-1] == (1.0, 1.0)
    assert sum(b.faces for b in drawn.reliability) == 2
    assert drawn.risk_coverage == [(0.5, 0.0), (1.0, 0.5)]
    assert [(b.least, b.faces, b.recall.value) for b in drawn.recall_by_size] == [(20, 1, 0), (40, 1, 1), (160, 1, 1)]


def test_nothing_found_draws_nothing() -> None:
    labels = [truth((0, 0, 50, 50, 0))]
    drawn = curves(labels, [found()], face_table(labels, [found()]), resamples(1, 20))
    assert drawn.roc == {}
    assert drawn.risk_coverage == []


def test_a_history_is_read_and_a_step_told_twice_counts_once(tmp_path: Path) -> None:
    (tmp_path / "history.csv").write_text("step,split,name,value\n0,train,loss,2\n10,train,loss,9\n10,train,loss,1\n")
    (one,) = read_history([tmp_path])
    assert (one.name, one.split, one.steps, one.values) == ("loss", "train", [0, 10], [2.0, 1.0])
    (tmp_path / "history.csv").write_text("step,loss\n0,2\n")
    with pytest.raises(DataError, match="needs the columns step, split, name, value"):
        read_history([tmp_path])

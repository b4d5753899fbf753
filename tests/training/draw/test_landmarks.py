"""The file of points: what is written is read, and what is none of ours is refused with a reason."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from training.cli import app
from training.data import DataError, LabelledPicture
from training.draw.find import fits, model_path
from training.draw.frame import Frame
from training.draw.landmarks import find_landmarks, read_landmarks, write_landmarks
from training.draw.points import MEAN, MESH, points_in_box

BOX = np.array([10, 20, 60, 80], np.float32)


class Finder:
    """Finds a mean face in every box of 50 px and more."""

    def find(self, picture: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, float] | None:
        assert picture.ndim == 3
        return (points_in_box(box), 1.0) if box[3] >= 50 else None


def test_points_are_found_written_and_read(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((200, 200, 3), np.uint8))
    boxes = np.array([BOX, (0, 0, 45, 45), (0, 0, 30, 30), BOX, BOX], np.float32)
    label = LabelledPicture(
        tmp_path / "a.png", 200, 200, boxes, np.array([2, 2, 2, 0, 2]), np.array([False] * 4 + [True])
    )
    found = find_landmarks(tmp_path, [label], Finder())  # type: ignore[arg-type]
    assert list(found) == [("a.png", 0)]  # not: none found, too small, masked, to be ignored
    write_landmarks(tmp_path / "run" / "points.json", found)
    again = read_landmarks(tmp_path / "run" / "points.json")
    assert again.keys() == found.keys()
    assert np.allclose(again["a.png", 0], found["a.png", 0], atol=0.051)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"mesh": [1, 2], "faces": []}'])
def test_other_files_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"x\.json"):
        read_landmarks(path)


def test_a_missing_model_is_told_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.draw.find.find_spec", lambda _: None)
    with pytest.raises(DataError, match=r"mediapipe 0\.10\.21"):
        model_path(None)
    with pytest.raises(DataError, match="no such file"):
        model_path(tmp_path / "none.tflite")
    result = CliRunner().invoke(app, ["landmarks", "--data", str(tmp_path), "--out", str(tmp_path / "o.json")])
    assert result.exit_code == 1


def test_a_frame_carries_the_mean_face_onto_its_points() -> None:
    points = points_in_box(BOX)
    frame = Frame.of(points)
    assert np.abs(frame.at(MEAN) - points).max() < 1.5
    u, v = frame.uv_of((20, 30, 60, 90))
    x, y = 40, 60
    back = frame.at(np.array([(u[y - 30, x - 20], v[y - 30, x - 20])]))[0]
    assert np.abs(back - (x + 0.5, y + 0.5)).max() < 2.0
    assert abs(frame.yaw) < 0.05


def test_points_far_from_the_face_are_not_its() -> None:
    points = points_in_box(BOX)
    assert fits(points, BOX)
    assert not fits(points + 60, BOX)
    assert not fits(points * 0.2 + 40, BOX)


def test_drawing_needs_no_tensorflow() -> None:
    import subprocess

    code = "import sys, training.draw.synthesise; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert len(MESH) == len(set(MESH)) == len(MEAN)

"""Composed pictures and crops: boxes stay on what they frame, and the same seed gives the same picture."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from training.augment import photometric
from training.compose import Album, Composer, view
from training.crops import Dealer, crops_of, place
from training.data import LabelledPicture


def square(tmp: Path | None = None, size: int = 200) -> tuple[np.ndarray, LabelledPicture]:
    """A black picture with one white rectangle, which is the "face"."""
    picture = np.zeros((size, size, 3), np.uint8)
    picture[80:130, 60:100] = 255
    path = (tmp or Path()) / "p.png"
    if tmp:
        cv2.imwrite(str(path), picture)
    box = np.array([[60, 80, 40, 50]], np.float32)
    return picture, LabelledPicture(path, size, size, box, np.array([1]), np.zeros(1, np.bool_))


def white(picture: np.ndarray) -> tuple[float, float, float, float]:
    rows, columns = np.nonzero(picture[:, :, 0] > 127)
    return columns.min(), rows.min(), columns.max() + 1 - columns.min(), rows.max() + 1 - rows.min()


@settings(max_examples=40, deadline=None)
@given(st.floats(0.3, 2.0), st.booleans(), st.floats(-20, 20), st.floats(-20, 20))
def test_a_view_moves_boxes_with_the_picture(scale: float, flip: bool, dx: float, dy: float) -> None:
    picture, label = square()
    example = view(picture, label, size=(256, 256), centre=(80 + dx, 105 + dy), scale=(scale, scale), flip=flip)
    assert np.allclose(example.boxes[0], white(example.picture), atol=1.6)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_a_crop_moves_its_box_with_the_picture(seed: int) -> None:
    picture, label = square()
    rng = np.random.default_rng(seed)
    crop = crops_of(picture, label, np.zeros((0, 4), np.float32), 112, rng)[0]
    sample = place(crop, 112, rng)
    (dx, dy, log_w, log_h) = sample.box
    w, h = np.exp(log_w) * 112, np.exp(log_h) * 112
    box = ((dx + 0.5) * 112 - w / 2, (dy + 0.5) * 112 - h / 2, w, h)
    found = white(sample.picture)
    assume(min(found[:2]) > 0 and found[0] + found[2] < 112 and found[1] + found[3] < 112)  # nothing is cut off
    middle = np.array([box[0] + box[2] / 2, box[1] + box[3] / 2])
    assert np.allclose(middle, [found[0] + found[2] / 2, found[1] + found[3] / 2], atol=2)
    # A turned rectangle is framed a little wider than it is.
    assert 0.6 < w / found[2] < 1.1
    assert 0.6 < h / found[3] < 1.1


def test_same_seed_same_picture(tmp_path: Path) -> None:
    _, label = square(tmp_path)
    composer = Composer(Album([label]), None, (320, 256))
    first, second = (composer.draw(np.random.default_rng(3)) for _ in range(2))
    assert (first.picture == second.picture).all()
    assert (first.boxes == second.boxes).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_light_keeps_the_shape(seed: int) -> None:
    picture, _ = square()
    before = picture.copy()
    out = photometric(picture, np.random.default_rng(seed))
    assert out.shape == picture.shape
    assert out.dtype == np.uint8
    assert (picture == before).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_composed_boxes_lie_inside(seed: int) -> None:
    picture, label = square()
    album = Album.__new__(Album)
    album.labels, album.pictures = [label], [picture]
    example = Composer(album, album, (160, 128)).draw(np.random.default_rng(seed))
    assert example.picture.shape == (128, 160, 3)
    assert (example.boxes[:, :2] >= 0).all()
    assert (example.boxes[:, :2] + example.boxes[:, 2:] <= (160.01, 128.01)).all()


def test_a_find_of_no_face_becomes_background() -> None:
    picture, label = square()
    finds = np.array([[62, 82, 38, 48], [150, 10, 30, 30]], np.float32)
    crops = crops_of(picture, label, finds, 112, np.random.default_rng(0))
    faces = [crop for crop in crops if crop.box is not None]
    assert len(faces) == 1
    assert len(faces[0].proposals) == 1
    assert any(crop.box is None and crop.proposals.shape == (1, 4) for crop in crops)


def test_a_dealer_without_faces_of_a_state_says_so() -> None:
    with pytest.raises(ValueError, match="no face of state"):
        Dealer([], 112).draw(np.random.default_rng(0))


def test_an_empty_album_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Album([])

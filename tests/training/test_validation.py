"""Held-out batches show what the node sees, and their targets lead back to the labels."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", exc_type=ImportError)

from mask_node.vision.mask_state import square_around
from training.data import read_scenes
from training.validation import crop_batch, crop_samples, detector_validation, second_stage_validation, whole

pytestmark = pytest.mark.filterwarnings("default")


def test_the_whole_picture_keeps_its_faces(data: Path) -> None:
    label = read_scenes(data, "val")[0]
    example = whole(label.read(), label, (320, 256))
    assert example.picture.shape == (256, 320, 3)
    # 300 x 200 pixels in 320 x 256: scaled by 16/15.
    np.testing.assert_allclose(example.boxes[:, 2:], label.boxes[:, 2:] * 320 / 300, rtol=1e-5)


def test_crops_hold_their_face_where_the_target_says(data: Path) -> None:
    label = read_scenes(data, "val")[0]
    samples = list(crop_samples(label.read(), label, 112, np.random.default_rng(0)))
    faces = [sample for sample in samples if sample.face]
    assert [sample.state for sample in faces] == [0, 1, 2]
    for sample, (_, _, w, h) in zip(faces, label.boxes.tolist(), strict=True):
        # The crop is about 1.2 times the longer side of the box, and the face about in its middle.
        assert abs(sample.box[:2]).max() < 0.25
        side = w / np.exp(sample.box[2])
        assert h / np.exp(sample.box[3]) == pytest.approx(side, rel=1e-4)
        assert 0.6 < side / square_around((0, 0, w, h))[2] < 1.6
    pictures, wanted = crop_batch(samples)
    assert pictures.shape == (len(samples), 112, 112, 3)
    assert wanted["face"].sum() == 3


def test_the_same_batches_come_every_time(data: Path) -> None:
    for one, two in zip(
        second_stage_validation(data, 48, 4).batches, second_stage_validation(data, 48, 4).batches, strict=True
    ):
        np.testing.assert_array_equal(one[0], two[0])
    validation = detector_validation(data, (64, 64), 2)
    assert [len(pictures) for pictures, _ in validation.batches] == [2, 1]
    target = validation.batches[0][1]["target"]
    states = np.eye(3)[target[..., 3].astype(int)]
    assert validation.measure({"states": states}, {"target": target})["accuracy"] == (6.0, 6.0)

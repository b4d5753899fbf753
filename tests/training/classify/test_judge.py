"""Counting right and wrong, and what it says about all such pictures."""

from pathlib import Path

import numpy as np
import pytest

from mask_node.vision.types import Frame, StateProbabilities
from training.classify.judge import as_plain, judge, mistakes, name_of, wilson
from training.classify.pictures import Deck, Look, batches, moved, read_picture
from training.data import DataError
from training.prepare.classes import ClassSet, read_class_set


def test_the_interval_holds_the_share_and_narrows() -> None:
    # 95 of 100: the textbook's 88.8 % to 97.8 %.
    assert wilson(95, 100) == pytest.approx((0.888, 0.978), abs=1e-3)
    low, high = wilson(493, 493)
    assert high == pytest.approx(1.0)
    assert 0.99 < low < 1
    assert wilson(0, 0) == (0.0, 1.0)


def test_no_answer_is_an_error(data: Path) -> None:
    pictures = read_class_set(data / "mask_faces", "val")
    said = iter(["mask", "mask", None, "no_mask", "mask", "no_mask"])

    def answer(_: Frame) -> str | None:
        return next(said)

    verdicts = judge("me", answer, pictures)
    # Labels alternate: mask, no_mask, ...
    assert verdicts.confusion == [[2, 0, 1], [1, 2, 0]]
    assert (verdicts.right, verdicts.pictures) == (4, 6)
    assert mistakes(verdicts) == ["1 mask called nothing", "1 no_mask called mask"]
    assert as_plain(verdicts)["accuracy"] == pytest.approx(4 / 6)


def test_two_classes_ask_whether_a_mask_is_there_however_it_is_worn() -> None:
    wrong = StateProbabilities(0.1, 0.5, 0.4)
    assert name_of(wrong, ["mask", "no_mask"]) == "mask"
    assert name_of(StateProbabilities(0.3, 0.15, 0.55), ["mask", "no_mask"]) == "no_mask"
    assert name_of(wrong, ["mask", "incorrect", "no_mask"]) == "incorrect"
    assert name_of(StateProbabilities(0.9, 0.05, 0.05), ["mask", "no_mask"]) == "mask"
    with pytest.raises(DataError, match="no class for no_mask"):
        name_of(StateProbabilities(0.1, 0.2, 0.7), ["mask"])


def test_a_look_squeezes_and_greys() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (50, 80, 3)).astype(np.uint8)
    assert Look(32).of(picture).shape == (32, 32, 3)
    assert Look(32, True, 1).of(picture).shape == (32, 32, 1)
    grey = Look(32, True).of(picture)
    assert grey.shape == (32, 32, 3)
    assert (grey[..., 0] == grey[..., 2]).all()
    assert moved(picture[:50, :50], 40, np.random.default_rng(1)).shape == (40, 40, 3)


def test_classes_are_drawn_alike_and_batches_come_again(data: Path) -> None:
    pictures = read_class_set(data / "mask_faces", "train")
    few = ClassSet(pictures.files[:5], np.array([0, 0, 0, 0, 1]), pictures.names, pictures.groups[:5])
    deck = Deck(few, Look(24), augment=True)
    labels = few.labels[deck.draw(np.random.default_rng(0), 400)]
    assert 0.4 < labels.mean() < 0.6
    make = batches(deck, 1, 6)
    for first, second in zip(make(3), make(3), strict=True):
        if isinstance(first, np.ndarray):
            np.testing.assert_array_equal(first, second)
    assert (make(3)[0] != make(4)[0]).any()


def test_an_empty_class_and_a_broken_picture_are_named(data: Path, tmp_path: Path) -> None:
    pictures = read_class_set(data / "mask_faces", "train")
    with pytest.raises(DataError, match="class no_mask has no picture"):
        Deck(ClassSet(pictures.files[:1], np.array([0]), pictures.names, ["a"]), Look(24), augment=False)
    (tmp_path / "x.jpg").write_text("no picture")
    with pytest.raises(DataError, match=r"x\.jpg: not a readable picture"):
        read_picture(tmp_path / "x.jpg")

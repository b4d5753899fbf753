"""The rules of slices, on pictures made to be what they look for."""

from pathlib import Path

import numpy as np
import pytest

from tests.training.evaluation.made import found, truth
from training.data import DataError, LabelledPicture
from training.evaluation.matching import Predictions
from training.evaluation.measures import Measures, measure
from training.evaluation.slices import BOX_RULES, CLOTH_RULES, OURS, TAGS, Slice, read_tags, slices

BOX = np.array([[200.0, 100.0, 100.0, 120.0]])
RNG = np.random.default_rng(0)


def rules(picture: np.ndarray, box: np.ndarray = BOX) -> set[str]:
    measures = measure(picture, box)
    return {name for name, (_, rule) in (BOX_RULES | CLOTH_RULES).items() if rule(measures)[0]}


def noise(mean: float, spread: float) -> np.ndarray:
    return np.clip(RNG.normal(mean, spread, (480, 640, 3)), 0, 255).astype(np.uint8)


def masked(colour: tuple[int, int, int]) -> np.ndarray:
    picture = noise(120, 60)
    picture[100 + 60 : 100 + 110, 200:300] = colour
    return picture


def test_light() -> None:
    assert "dark" in rules(noise(30, 20))
    assert "dark" not in rules(noise(120, 60))
    assert "hazy" in rules(noise(190, 10))
    assert "hazy" not in rules(noise(120, 60))


def test_sharpness_is_of_the_face_and_not_of_its_size() -> None:
    import cv2

    sharp = noise(120, 60)
    soft = cv2.GaussianBlur(cv2.resize(noise(120, 60)[:20, :26], (640, 480), interpolation=cv2.INTER_CUBIC), (0, 0), 6)
    assert "blurred" in rules(soft)
    assert "blurred" not in rules(sharp)
    # Too small to tell.
    assert "blurred" not in rules(soft, np.array([[200.0, 100.0, 40.0, 40.0]]))


@pytest.mark.parametrize(
    ("colour", "name"),
    [((25, 25, 25), "dark mask"), ((230, 230, 230), "light mask"), ((220, 150, 20), "coloured mask")],
)
def test_masks_by_their_cloth(colour: tuple[int, int, int], name: str) -> None:
    assert rules(masked(colour)) & set(CLOTH_RULES) == {name}


def test_pattern() -> None:
    picture = masked((230, 230, 230))
    picture[160:210, 200:300:10] = picture[160:210, 201:300:10] = picture[160:210, 202:300:10] = 20
    picture[160:210, 203:300:10] = 20
    assert "patterned mask" in rules(picture)


def test_a_box_beyond_the_picture_is_measured_too() -> None:
    measures = measure(noise(120, 60), np.array([[-20.0, -20.0, 60.0, 60.0], [630.0, 470.0, 100.0, 100.0]]))
    assert not np.isnan(measures.luminance).any()
    assert not np.isnan(measures.cloth).any()


def of(labels: list[LabelledPicture], seen: list[Predictions], tags: dict | None = None) -> dict[str, Slice]:
    def flat(count: int) -> Measures:
        return Measures(np.full(count, 120.0), np.full(count, 200.0), np.full(count, 0.5), np.full((count, 4), 20.0))

    true = [flat(len(label.boxes)) for label in labels]
    return {part.name: part for part in slices(labels, seen, true, [flat(len(s.boxes)) for s in seen], tags or {})}


def test_pictures_by_how_many_are_in_them() -> None:
    face = (0, 0, 50, 50, 0)
    labels = [truth(face), truth(face, face), truth(*[face] * 6), truth(face, name="7-photo.jpg")]
    parts = of(labels, [found() for _ in labels])
    members = {
        name: [bool(m.truth.all()) for m in parts[name].members or []]
        for name in ("two people", "crowded", "door camera")
    }
    assert members["two people"] == [False, True, False, False]
    assert members["crowded"] == [False, False, True, False]
    assert members["door camera"] == [False, False, False, True]


def test_cloth_is_of_masked_faces_only() -> None:
    parts = of([truth((0, 0, 50, 50, 0), (60, 0, 50, 50, 2))], [found((0, 0, 50, 50, 0, 0.9))])
    assert parts["dark mask"].members is not None
    assert parts["dark mask"].members[0].truth.tolist() == [True, False]
    assert not parts["dark mask"].precise


def test_tags_are_read_and_the_rest_is_not_labelled(tmp_path: Path) -> None:
    path = tmp_path / "slices.csv"
    assert read_tags(path) == {}
    path.write_text("file,face,tag\ntest/p.jpg,1,beard\ntest/p.jpg,0,scarf\n")
    tags = read_tags(path)
    parts = of([truth((0, 0, 50, 50, 0), (60, 0, 50, 50, 2))], [found()], tags)
    assert parts["beard"].members is not None
    assert parts["beard"].members[0].truth.tolist() == [False, True]
    assert parts["scarf"].members is not None
    assert parts["profile"].members is None


@pytest.mark.parametrize("text", ["file,face\na.jpg,1\n", "file,face,tag\na.jpg,one,beard\n", "file,face,tag\na.jpg\n"])
def test_a_malformed_file_of_tags_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "slices.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=r"slices\.csv:2: needs the columns"):
        read_tags(path)


def test_what_no_rule_can_measure_is_tagged_by_eye_in_val_and_test() -> None:
    tags = read_tags(OURS)
    for tag in TAGS:
        assert {file.split("/")[0] for file, _ in tags[tag]} == {"val", "test"}

"""Faces in evidence pictures are hidden from our own detector and from another (P8); nothing piles up."""

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_node.config import EvidenceSettings, TrackingSettings
from mask_node.detect import read_picture
from mask_node.pictures import COARSE, MOST_BYTES, Find, Picture, Pictures, evidence, hidden, is_wanted
from mask_node.vision.load import load_detector
from mask_node.vision.types import Face, Frame
from maskgate.states import MaskState
from tests.mask_node.fakes import ColourEyes, painted, states

Look = Callable[[Frame], list[tuple[float, float, float, float]]]

#: So many photographs of people are looked at.
PHOTOGRAPHS = 12


def cascade() -> Look:
    """Another kind of detector: local binary patterns, trained by others."""
    data, feature = pytest.importorskip("skimage.data"), pytest.importorskip("skimage.feature")
    finder = feature.Cascade(data.lbp_frontal_face_cascade_filename())

    def look(picture: Frame) -> list[tuple[float, float, float, float]]:
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        found = finder.detect_multi_scale(
            img=grey, scale_factor=1.2, step_ratio=1, min_size=(24, 24), max_size=(400, 400)
        )
        return [(each["c"], each["r"], each["width"], each["height"]) for each in found]

    return look


def yunet() -> Look:
    """A third, where its file is given."""
    path = os.environ.get("MASKGATE_YUNET", "")
    if not Path(path).is_file():
        pytest.skip("no other detector (MASKGATE_YUNET names the file of OpenCV's)")

    def look(picture: Frame) -> list[tuple[float, float, float, float]]:
        finder = cv2.FaceDetectorYN.create(path, "", picture.shape[1::-1], score_threshold=0.6)
        _, found = finder.detect(picture)
        return [] if found is None else [tuple(face[:4]) for face in found.tolist()]

    return look


def overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    """Return the share of the smaller box that both cover."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(0.0, width) * max(0.0, height) / min(a[2] * a[3], b[2] * b[3])


def sent(picture: Frame, find: Find, settings: EvidenceSettings | None = None) -> Frame:
    """Return the picture as it arrives."""
    content = np.frombuffer(evidence(picture, settings or EvidenceSettings(), find), np.uint8)
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), np.uint8)


@pytest.fixture(scope="module")
def originals(shared: Path) -> list[Frame]:
    paths = sorted((shared / "datasets" / "scenes" / "test").iterdir())
    return [read_picture(path) for path in paths[:: max(1, len(paths) // PHOTOGRAPHS)][:PHOTOGRAPHS]]


@pytest.fixture(scope="module")
def photographs(originals: list[Frame]) -> list[Frame]:
    shown = EvidenceSettings(faces="shown")
    return [sent(picture, lambda _part: [], shown) for picture in originals]


@pytest.fixture(scope="module")
def covered(originals: list[Frame]) -> list[Frame]:
    eyes = load_detector(threads=2)
    return [sent(picture, lambda part: eyes.detect(part).faces) for picture in originals]


@pytest.mark.shared
def test_our_own_detector_finds_no_face_again(photographs: list[Frame], covered: list[Frame]) -> None:
    eyes = load_detector(threads=2)
    before = [face for picture in photographs for face in eyes.detect(picture).faces if face.score >= 0.6]
    assert len(before) >= PHOTOGRAPHS / 2, "there are faces to be hidden"
    after = [face.score for picture in covered for face in eyes.detect(picture).faces]
    assert max(after, default=0) < TrackingSettings().continue_score, "not even what goes on a track"


@pytest.mark.shared
@pytest.mark.parametrize("other", [cascade, yunet])
def test_another_detector_finds_no_face_again(
    photographs: list[Frame], covered: list[Frame], other: Callable[[], Look]
) -> None:
    look, eyes = other(), load_detector(threads=2)
    before = after = 0
    for picture, hid in zip(photographs, covered, strict=True):
        faces = [face.box for face in eyes.detect(picture).faces if face.score >= 0.6]
        before += sum(any(overlap(box, face) > 0.5 for face in faces) for box in look(picture))
        after += sum(any(overlap(box, face) > 0.5 for face in faces) for box in look(hid))
    assert before >= PHOTOGRAPHS / 3, "this detector finds faces at all"
    assert after == 0


@pytest.mark.parametrize("shift", [0, 37, 90])
def test_a_photograph_that_is_always_at_hand_shows_no_face_to_either_detector(shift: int) -> None:
    """The two above without the shared photographs: one portrait that comes with scikit-image, moved in its frame."""
    portrait = pytest.importorskip("skimage.data").astronaut()[:, :, ::-1]
    picture = np.ascontiguousarray(portrait[: 480 - shift, shift:])
    eyes, look = load_detector(threads=2), cascade()
    face = max(eyes.detect(picture).faces, key=lambda each: each.score)
    assert face.score >= 0.6
    shown = sent(picture, lambda _part: [], EvidenceSettings(faces="shown"))
    assert any(overlap(box, face.box) > 0.5 for box in look(shown)), "there is a face to be found"
    hid = sent(picture, lambda part: eyes.detect(part).faces)
    assert max((each.score for each in eyes.detect(hid).faces), default=0) < TrackingSettings().continue_score
    assert not any(overlap(box, face.box) > 0.2 for box in look(hid))


def test_what_cannot_be_hidden_face_by_face_becomes_coarse_as_a_whole() -> None:
    frame = np.random.default_rng(1).integers(0, 255, (120, 160, 3), np.uint8)
    stubborn = [Face((10, 10, 40, 40), 0.9, states(MaskState.MASK))]
    picture = hidden(frame, lambda _part: stubborn)
    assert picture.shape == frame.shape
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) <= COARSE * COARSE


def test_the_original_is_left_as_it_was_and_what_is_no_face_too() -> None:
    frame = painted((100, MaskState.MASK))
    before = frame.copy()
    picture = hidden(frame, lambda part: ColourEyes().detect(part).faces)
    assert (frame == before).all()
    assert (picture[200:] == before[200:]).all()


def test_a_picture_is_small_enough_to_be_sent() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (1080, 1920, 3), np.uint8)
    content = evidence(noise, EvidenceSettings(width=1920, quality=95), lambda _part: [])
    assert len(content) <= MOST_BYTES
    assert sent(noise, lambda _part: []).shape == (360, 640, 3)


def test_only_what_the_site_wants_is_shown() -> None:
    every = [MaskState.MASK, MaskState.INCORRECT, MaskState.NO_MASK, MaskState.UNCERTAIN]
    wanted = {
        kind: [state for state in every if is_wanted(EvidenceSettings(pictures=kind), state)]  # type: ignore[arg-type]
        for kind in ("none", "violations", "all")
    }
    assert wanted == {"none": [], "violations": [MaskState.INCORRECT, MaskState.NO_MASK], "all": every}


def test_pictures_that_cannot_be_sent_are_few_and_counted() -> None:
    pictures = Pictures(3)
    for number in range(5):
        pictures.put(Picture(f"passage-{number}", b"jpeg"))
    gone: list[str] = []
    pictures.send(lambda picture: len(gone) < 2 and not gone.append(picture.name))  # type: ignore[func-returns-value]
    assert (gone, pictures.dropped) == (["passage-2", "passage-3"], 2)
    pictures.send(lambda picture: not gone.append(picture.name))  # type: ignore[func-returns-value]
    assert gone == ["passage-2", "passage-3", "passage-4"]

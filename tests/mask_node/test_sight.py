"""What is judged of a picture beside its faces: its health, motion, the region, sharpness, hands, life."""

import json
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_node.config_seeing import MotionSettings, PictureSettings, SeeingSettings
from mask_node.sight.crop import face_picture
from mask_node.sight.hand import likeness
from mask_node.sight.liveness import Life, first_look, look_again
from mask_node.sight.motion import Motion, wants_look
from mask_node.sight.picture_health import PictureHealth, appearance, judge
from mask_node.sight.region import cut_out, put_back
from mask_node.sight.sharpness import sharpness
from mask_node.sight.thumbnail import SAMPLES, Thumbnail, from_grey, thumbnail
from mask_node.sources import open_source
from mask_node.vision.types import Frame
from maskgate.messages import CameraTrouble
from tests.mask_node.fakes import face

PICTURE, MOTION, SEEING = PictureSettings(), MotionSettings(), SeeingSettings()
T = CameraTrouble


def scene(number: int = 0, noise: float = 3) -> Frame:
    """A wall with a door, and the noise of a sensor, another each time."""
    return _scene(number % 20, noise).copy()


@cache
def _scene(number: int, noise: float) -> Frame:
    picture = np.full((240, 320, 3), 120, np.float32)
    picture[40:, 100:180] = (60, 90, 140)
    picture[120:130, 160:170] = 230
    picture += np.random.default_rng(number).normal(0, noise, picture.shape).astype(np.float32)
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


def dim(picture: Frame, gain: float, offset: float = 0) -> Frame:
    return np.asarray(np.clip(picture * gain + offset, 0, 255), np.uint8)


def run(pictures: list[Frame], fps: float = 10, start: PictureHealth | None = None) -> list[CameraTrouble | None]:
    health, told = start or PictureHealth(), []
    for number, picture in enumerate(pictures):
        health = judge(health, thumbnail(picture), number / fps, PICTURE)
        told.append(health.trouble)
    return told


BAD = {
    T.BLACK: lambda n: dim(scene(n), 0.05),
    T.DARK: lambda n: dim(scene(n), 0.3),
    T.BRIGHT: lambda n: dim(scene(n), 0.5, 210),
    T.COVERED: lambda n: dim(scene(n), 0.02, 110 + n % 3),
}


@cache
def small(trouble: CameraTrouble | None, number: int) -> Thumbnail:
    return thumbnail(BAD[trouble](number) if trouble else scene(number))


@pytest.mark.parametrize("trouble", BAD)
def test_each_trouble_is_told_after_a_while_and_gone_after_a_while(trouble: CameraTrouble) -> None:
    good, bad = [scene(n) for n in range(30)], [BAD[trouble](n) for n in range(40)]
    told = run([*good, *bad, *good])
    assert told[:50] == [None] * 50  # two seconds of it
    assert told[51:70] == [trouble] * 19
    assert told[70:79] == [trouble] * 9  # one second of good
    assert told[81:] == [None] * 19


def test_a_flash_or_a_hand_that_passes_is_no_trouble() -> None:
    pictures = [scene(n) if n // 10 % 2 else BAD[T.BRIGHT](n) for n in range(200)]
    assert run(pictures) == [None] * 200


def test_a_picture_that_never_changes_is_frozen_and_one_with_noise_is_not() -> None:
    told = run([scene(1)] * 130)
    assert told[:35] == [None] * 35
    assert told[36:] == [T.FROZEN] * 94
    assert run([scene(n, noise=1) for n in range(130)]) == [None] * 130


@settings(deadline=None)
@given(st.floats(0, 1.2), st.floats(0, 255), st.integers(0, 50))
def test_what_is_told_is_not_untold_by_a_touch(gain: float, offset: float, seed: int) -> None:
    one = thumbnail(dim(scene(seed), gain, offset))
    trouble = appearance(one)
    if trouble is not None:  # hysteresis: the level that is told holds against a little light more or less
        nudged = from_grey(np.clip(one.samples.astype(np.int16) + (2 if offset < 128 else -2), 0, 255).astype(np.uint8))
        assert appearance(nudged, trouble) is not None


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from((None, *BAD)), st.integers(1, 40)), max_size=8))
def test_trouble_is_told_only_of_what_lasted_and_good_pictures_end_it(
    stretches: list[tuple[CameraTrouble | None, int]],
) -> None:
    truth = [trouble for trouble, length in stretches for _ in range(length)]
    health, told = PictureHealth(), []
    for number, trouble in enumerate(truth):
        health = judge(health, small(trouble, number % 20), number / 10, PICTURE)
        told.append(health.trouble)
    for at, trouble in enumerate(told):
        if trouble is not None:
            assert trouble in truth[: at + 1]
            assert any(truth[max(0, at - 11) : at + 1])  # a second of good pictures ends it
        if at >= 21 and len(set(truth[at - 21 : at + 1])) == 1:
            assert trouble is truth[at]


def fogged(frame: Frame) -> Frame:
    """As through a hand on the lens: light of the place, and no edge."""
    few = cv2.resize(frame, (3, 2), interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(cv2.resize(few.mean() + 0.2 * (few - few.mean()), (640, 480)), np.uint8)


@pytest.mark.shared
@pytest.mark.parametrize("name", ["masked_woman", "unmasked_man", "putting_mask_on", "hands_then_mask"])
def test_real_clips_are_well_and_darkened_or_frozen_ones_are_not(shared: Path, name: str) -> None:
    source, frames = open_source(str(shared / "datasets" / "videos" / f"{name}.mp4")), []
    while not source.ended:
        if (picture := source.read(0)) is not None:
            frames.append(picture.frame)
    frames = frames[::3]
    assert set(run(frames)) == {None}
    gamma = (np.power(np.arange(256) / 255, 2.5) * 255).astype(np.uint8)
    assert set(run([gamma[frame] for frame in frames])) == {None}
    assert run([dim(frame, 0.06) for frame in frames])[-1] is T.BLACK
    assert run([dim(frame, 0.15) for frame in frames])[-1] in (T.DARK, T.BLACK)
    assert run([dim(frame, 0.2, 215) for frame in frames])[-1] is T.BRIGHT
    assert run([fogged(frame) for frame in frames[:30]])[-1] is T.COVERED
    assert run([frames[0]] * 110)[-1] is T.FROZEN


@pytest.mark.shared
@pytest.mark.parametrize("split", ["val", "test", "webcam"])
def test_no_photograph_is_called_bad(shared: Path, split: str) -> None:
    scenes = shared / "datasets" / "scenes"
    for image in json.loads((scenes / f"{split}.json").read_text())["images"]:
        picture = cv2.imread(str(scenes / image["file_name"]))
        assert appearance(thumbnail(np.asarray(picture, np.uint8))) is None, image["file_name"]


# Motion.


def looks(pictures: list[Frame], fps: float = 10, *, busy: frozenset[int] = frozenset()) -> list[int]:
    motion, out = Motion(), []
    for number, picture in enumerate(pictures):
        look, motion = wants_look(motion, thumbnail(picture).cells, number / fps, MOTION, busy=number in busy)
        if look:
            out.append(number)
    return out


def with_person(picture: Frame, x: int) -> Frame:
    picture = picture.copy()
    cv2.rectangle(picture, (x, 80), (x + 40, 239), (30, 30, 60), -1)
    return picture


def test_an_empty_door_is_looked_at_once_a_second() -> None:
    seen = looks([scene(n) for n in range(150)])
    assert seen[:21] == list(range(21))  # the first picture is news
    assert seen[21:] == list(range(30, 150, 10))


def test_light_that_changes_is_no_motion() -> None:
    pictures = [dim(scene(n), 1, 40 * np.sin(n / 9)) for n in range(150)]
    assert len(looks(pictures)) == len(looks([scene(n) for n in range(150)]))


def test_motion_is_looked_at_at_once_and_for_a_while_after() -> None:
    pictures = [with_person(scene(n), 5 * (n - 95)) if 95 <= n < 110 else scene(n) for n in range(150)]
    seen = looks(pictures)
    assert set(range(96, 130)) <= set(seen)
    assert len([n for n in seen if n > 130]) <= 3


def test_what_moves_very_slowly_is_seen_too() -> None:
    pictures = [with_person(scene(n), 40 + n // 10) for n in range(300)]
    assert len([n for n in looks(pictures) if n > 30]) > 60


def test_somebody_who_stands_still_is_looked_at_all_the_time() -> None:
    assert looks([scene(n) for n in range(100)], busy=frozenset(range(100))) == list(range(100))


def test_without_the_gate_every_picture_is_looked_at() -> None:
    motion, off = Motion(), MotionSettings(enabled=False)
    for number in range(50):
        look, motion = wants_look(motion, thumbnail(scene(1)).cells, number / 10, off, busy=False)
        assert look


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4), st.integers(10, 700), st.integers(10, 700))
def test_what_is_found_in_a_region_is_put_where_it_is(edges: list[float], width: int, height: int) -> None:
    (left, right), (top, bottom) = sorted(edges[:2]), sorted(edges[2:])
    frame = np.zeros((height, width, 3), np.uint8)
    part, x, y = cut_out(frame, (min(left, 0.99), min(top, 0.99), right, bottom))
    assert part.size
    part[0, 0] = 255
    (found,) = put_back([face(0, 0, 1)], x, y)
    assert frame[int(found.box[1]), int(found.box[0])].tolist() == [255] * 3


# Faces.


def portrait(colour: tuple[int, int, int] | None = None) -> Frame:
    """A drawn face of 120 px; colour: of what is before the mouth."""
    picture = np.full((120, 120, 3), (110, 140, 205), np.uint8)
    cv2.rectangle(picture, (0, 0), (119, 24), (30, 35, 40), -1)  # hair
    for x in (40, 80):
        cv2.circle(picture, (x, 45), 6, (40, 40, 40), -1)
    cv2.ellipse(picture, (60, 119), (60, 20), 0, 180, 360, (60, 80, 120), -1)  # the shadow under the chin
    if colour:
        cv2.rectangle(picture, (15, 62), (105, 119), colour, -1)
    return picture


def test_a_hand_has_the_colour_of_the_face_and_a_mask_has_not() -> None:
    near, far = SEEING.hand, 2 * SEEING.hand
    for colour in ((110, 140, 205), (95, 121, 178), (120, 152, 222)):  # skin, in shadow, in light
        assert (likeness(portrait(colour)) or 0) < near
    for colour in ((230, 230, 230), (30, 30, 30), (200, 150, 80), (90, 160, 90)):  # white, black, blue, green
        assert (likeness(portrait(colour)) or 0) > far
    assert likeness(cv2.cvtColor(cv2.cvtColor(portrait(), cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)) is None


def test_blur_makes_a_face_less_sharp() -> None:
    sharp, soft, blurred = (
        sharpness(face_picture(cv2.GaussianBlur(portrait((230, 230, 230)), (0, 0), sigma), (0, 0, 120, 120)))
        for sigma in (0.3, 1.5, 6)
    )
    assert sharp > soft > blurred
    assert sharp > SEEING.sharpness > blurred


@pytest.mark.shared
def test_of_real_faces_few_are_called_blurred_or_hands(shared: Path) -> None:
    scenes = shared / "datasets" / "scenes"
    labels = json.loads((scenes / "val.json").read_text())
    files = {image["id"]: image["file_name"] for image in labels["images"]}
    hands: dict[int, list[bool]] = {1: [], 2: [], 3: []}
    blurred = []
    for label in labels["annotations"]:
        if label["iscrowd"] or min(label["bbox"][2:]) < 40:
            continue
        picture = face_picture(
            np.asarray(cv2.imread(str(scenes / files[label["image_id"]])), np.uint8), tuple(label["bbox"])
        )
        assert picture is not None
        blurred.append(sharpness(picture) < SEEING.sharpness)
        alike = likeness(picture)
        hands[label["category_id"]].append(alike is not None and alike < SEEING.hand)
    masked, bare = np.mean(hands[1]), np.mean(hands[3])
    assert np.mean(blurred) <= 0.02
    assert masked <= 0.06
    assert bare >= 0.45


def live(frames: list[Frame], boxes: list[tuple[float, float, float, float]], fps: float = 10) -> Life:
    life = first_look(frames[0], boxes[0], 0.0)
    assert life is not None
    for number, (frame, box) in enumerate(zip(frames[1:], boxes[1:], strict=True), 1):
        life = look_again(life, frame, box, number / fps, SEEING)
    return life


def in_scene(picture: Frame, x: int, y: int, number: int, light: float = 1.0) -> Frame:
    frame = scene(0, noise=0)
    frame[y : y + 120, x : x + 120] = picture
    noisy = frame * light + np.random.default_rng(number).normal(0, 6, frame.shape)
    return cv2.imdecode(cv2.imencode(".jpg", np.clip(noisy, 0, 255).astype(np.uint8), [1, 50])[1], cv2.IMREAD_COLOR)


@pytest.mark.parametrize("covered", [None, (230, 230, 230)])
def test_a_poster_stays_a_thing_under_noise_and_changing_light(covered: tuple[int, int, int] | None) -> None:
    frames = [in_scene(portrait(covered), 60, 60, n, 1 + 0.15 * np.sin(n)) for n in range(70)]
    boxes = [(60 + n % 3, 60 - n % 2, 120, 120) for n in range(70)]  # a detector is never quite still
    life = live(frames, boxes)
    assert life.thing
    assert not life.alive


def test_who_sways_by_a_few_pixels_is_alive_within_a_second() -> None:
    places = [60 + round(5 * np.sin(n / 3)) for n in range(10)]
    frames = [in_scene(portrait(), x, 60, n) for n, x in enumerate(places)]
    assert live(frames, [(x, 60, 120, 120) for x in places]).alive


def test_an_arm_that_passes_a_poster_brings_it_to_life_no_more_than_a_flash() -> None:
    frames = [in_scene(portrait(), 60, 60, n) for n in range(70)]
    for number in (20, 21, 40):
        cv2.rectangle(frames[number], (90, 0), (130, 239), (20, 20, 20), -1)
    assert live(frames, [(60, 60, 120, 120)] * 70).thing


def test_a_thing_shows_life_only_by_going_away() -> None:
    frames = [in_scene(portrait(), 60, 60, n) for n in range(60)]
    frames += [in_scene(portrait((230, 230, 230)), 60, 60, n) for n in range(30)]
    boxes = [(60.0, 60.0, 120.0, 120.0)] * 60
    assert live(frames, [*boxes, *[boxes[0]] * 30]).thing
    assert live(frames, [*boxes, *[(140.0, 60.0, 120.0, 120.0)] * 30]).alive


def test_the_samples_are_of_the_size_that_is_said() -> None:
    assert thumbnail(scene()).samples.shape == SAMPLES[::-1]

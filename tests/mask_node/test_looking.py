"""From pictures to verdicts with all that is judged of a picture on the way: nobody is told of by what cannot be."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np
import pytest

from mask_node.config_seeing import SeeingSettings, VerdictSettings
from mask_node.looking import Looker
from mask_node.passage import Verdict
from mask_node.sources import Captured
from mask_node.vision.types import Face, Frame, Sight
from maskgate.messages import CameraTrouble
from maskgate.states import MaskState
from tests.mask_node.fakes import COLOURS, ColourEyes, painted, states

M, N, U = MaskState.MASK, MaskState.NO_MASK, MaskState.UNCERTAIN
START, FPS = datetime(2026, 11, 28, 9, 0, tzinfo=UTC), 10


class Door:
    """A looker, fed picture by picture; every verdict is kept."""

    def __init__(self, looker: Looker) -> None:
        self.looker, self.index, self.verdicts = looker, 0, list[Verdict]()

    def show(self, frames: Iterable[Frame]) -> list[MaskState]:
        """Return what is told meanwhile."""
        news = []
        for frame in frames:
            seconds = self.index / FPS
            news += self.looker.look(Captured(frame, self.index, START + timedelta(seconds=seconds), seconds, seconds))
            self.index += 1
        self.verdicts += news
        return [verdict.state for verdict in news]


class SureEyes(ColourEyes):
    """Eyes that see the same masked face whatever the picture is like; `looks` counts their looks."""

    def __init__(self, *faces: Face) -> None:
        self.faces, self.looks = list(faces), 0

    def detect(self, frame: Frame) -> Sight:  # noqa: ARG002
        self.looks += 1
        return Sight(self.faces, {"total": 0.1})


def swaying(count: int, state: MaskState = M, x: int = 100) -> list[Frame]:
    """Somebody who stands there as people do."""
    return [noisy(painted((x + number % 5, state)), number) for number in range(count)]


def noisy(frame: Frame, number: int) -> Frame:
    noise = np.random.default_rng(number).integers(-2, 3, frame.shape)
    return np.asarray(np.clip(frame + noise, 0, 255), np.uint8)


def dim(frame: Frame, gain: float, offset: float = 0) -> Frame:
    return np.asarray(np.clip(frame * gain + offset, 0, 255), np.uint8)


@pytest.mark.parametrize(
    ("trouble", "gain", "offset"),
    [(CameraTrouble.BLACK, 0.05, 0), (CameraTrouble.DARK, 0.18, 0), (CameraTrouble.BRIGHT, 0.15, 230),
     (CameraTrouble.COVERED, 0.02, 110)],
)  # fmt: skip
def test_no_mask_is_told_of_by_pictures_that_cannot_be_judged(
    trouble: CameraTrouble, gain: float, offset: float
) -> None:
    eyes = SureEyes()
    door = Door(Looker(eyes))
    door.show(dim(frame, gain, offset) for frame in swaying(30))
    assert door.looker.trouble is trouble
    # Somebody comes: the eyes are sure of a face and its mask, as eyes that fail may be.
    eyes.faces = [Face((100, 60, 80, 80), 0.95, states(M, 0.97))]
    told = door.show(dim(frame, gain, offset) for frame in swaying(100))
    assert set(told) <= {U}
    assert door.show(swaying(60))[-1] is M, "the picture is well again, and somebody waits"
    assert len({verdict.passage for verdict in door.verdicts}) == 1


def test_a_picture_that_came_before_is_no_evidence() -> None:
    door = Door(Looker(ColourEyes()))
    told = door.show(swaying(4))  # alive, and too few looks for a verdict
    told += door.show([swaying(4)[-1]] * 200)
    assert set(told) <= {U}
    assert door.looker.trouble is CameraTrouble.FROZEN
    assert M in door.show(swaying(60))


def test_only_what_is_in_the_region_is_seen_and_where_it_is_in_the_picture() -> None:
    door = Door(Looker(ColourEyes(), seeing=SeeingSettings(region=(0.5, 0.0, 1.0, 1.0))))
    assert door.show(swaying(60, x=20)) == []
    assert door.show(swaying(60, x=200)) == [M]
    (track,) = door.looker.view.tracks
    assert abs(track.box[0] - 200) <= 8


@pytest.mark.parametrize(("share", "told"), [(0.3, [M]), (0.4, [])])
def test_a_face_too_small_a_share_of_the_picture_is_followed_but_no_evidence(
    share: float, told: list[MaskState]
) -> None:
    door = Door(Looker(ColourEyes(), verdict=VerdictSettings(min_face_share=share)))
    assert door.show(swaying(60)) == told  # 80 of 240 pixels
    assert len(door.looker.view.tracks) == 1


def test_at_an_empty_door_faces_are_looked_for_once_a_second() -> None:
    eyes = SureEyes()
    door = Door(Looker(eyes))
    door.show(noisy(painted(), number) for number in range(30))
    before = eyes.looks
    door.show(noisy(painted(), number) for number in range(100))
    assert eyes.looks - before == 10


def test_a_blurred_face_is_uncertain_until_it_is_sharp() -> None:
    # Painted faces have little contrast, so that what is left of them blurred is sharper than of real ones.
    door = Door(Looker(ColourEyes(), seeing=SeeingSettings(sharpness=0.05, hand=0)))

    def blurred(frame: Frame) -> Frame:
        frame = frame.copy()
        frame[30:170, 60:224] = cv2.GaussianBlur(frame, (0, 0), 8)[30:170, 60:224]
        return frame

    assert door.show(blurred(frame) for frame in swaying(60)) == [U]
    assert door.show(swaying(30)) == [M]


def test_a_hand_before_the_mouth_is_uncertain_until_more_is_seen() -> None:
    door = Door(Looker(ColourEyes()))

    def covered(frame: Frame, number: int) -> Frame:
        x = 100 + number % 5
        frame = frame.copy()
        frame[60:140, x : x + 80] = COLOURS[M]  # mouth and brow have one colour
        for stripe in range(x + 3, x + 77, 12):
            frame[63:137, stripe : stripe + 6] += 25
        return frame

    told = door.show(covered(frame, number) for number, frame in enumerate(swaying(60)))
    assert told == [U]
    assert door.show(swaying(30)) == [M]
    assert {verdict.passage for verdict in door.verdicts} == {door.verdicts[0].passage}
    assert [verdict.revision for verdict in door.verdicts] == [1, 2]


@pytest.mark.parametrize("state", [M, N])
def test_a_poster_and_a_mask_that_lies_there_are_nobody(state: MaskState) -> None:
    """The eyes take both for a face; neither ever moves."""
    door = Door(Looker(ColourEyes()))
    assert door.show(noisy(painted((100, state)), number) for number in range(300)) == []
    assert door.show(noisy(painted(), number) for number in range(60)) == []
    assert door.looker.finish() == []

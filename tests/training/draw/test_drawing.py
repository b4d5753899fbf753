"""Drawn faces: what is drawn lies where it must, leaves the rest alone, and depends on nothing but the generator."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.draw.draw_mask import draw_mask
from training.draw.frame import Frame
from training.draw.paint import Canvas
from training.draw.points import LEFT_NOSTRIL, MEAN, MOUTH, RIGHT_NOSTRIL, TIP, Points, points_in_box
from training.draw.synthesise import FROM_BARE, FROM_WORN, INCORRECT, KINDS, MASK, NO_MASK, draw, synthesise

BOX = np.array([160, 150, 90, 110], np.float32)
SKIN = (120, 150, 190)


def face() -> np.ndarray:
    """A skin-coloured ellipse with grain before a dark wall, (400, 400, 3)."""
    y, x = np.mgrid[:400, :400]
    inside = np.square((x - 205) / 48) + np.square((y - 205) / 60) < 1
    picture = np.where(inside[:, :, None], np.array(SKIN), np.array([70, 60, 50]))
    return np.clip(picture + np.random.default_rng(0).normal(0, 3, picture.shape), 0, 255).astype(np.uint8)


def turned(yaw: float, roll: float) -> Points:
    """The mean face's points on `BOX`, as a head turned by these radians about a round skull shows them."""
    depth = np.sqrt(np.clip(0.75**2 - MEAN[:, 0] ** 2, 0, None)) - 0.35
    flat = np.column_stack([MEAN[:, 0] * np.cos(yaw) + depth * np.sin(yaw), MEAN[:, 1]])
    cos, sin = np.cos(roll), np.sin(roll)
    return np.asarray(flat @ np.array([[cos, sin], [-sin, cos]]) * 68 + (205, 190), np.float32)


def at(plane: np.ndarray, points: Points, row: int) -> int:
    """The median around one of the points: grain must not decide."""
    x, y = (round(float(v)) for v in points[row])
    return int(np.median(plane[y - 1 : y + 2, x - 1 : x + 2]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("known", [True, False])
def test_the_same_generator_draws_the_same_and_far_away_nothing(kind: str, known: bool) -> None:
    points = turned(0.3, 0.1) if known else None
    before = face()
    first, second = (draw(kind, before, BOX, points, np.random.default_rng(5)) for _ in range(2))
    assert (first == second).all()
    assert (before == face()).all()  # what was given is left alone
    difference = (first != before).any(axis=2)
    assert difference.any()
    assert not difference[:20].any()
    assert not difference[:, :10].any()
    assert not difference[:, -10:].any()
    other = draw(kind, before, BOX, points, np.random.default_rng(6))
    assert (other != first).any()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(-0.6, 0.6), st.floats(-0.3, 0.3))
def test_a_mask_covers_what_it_must_and_bares_what_it_must(seed: int, yaw: float, roll: float) -> None:
    points = turned(yaw, roll)
    alpha_right, alpha_under = covered("right", points, seed), covered("under_nose", points, seed)
    for row in (TIP, MOUTH, LEFT_NOSTRIL, RIGHT_NOSTRIL):
        assert at(alpha_right, points, row) > 200
    assert at(alpha_under, points, MOUTH) > 200
    assert at(alpha_under, points, TIP) < 120  # a soft shadow may fall on it, cloth may not


def covered(kind: str, points: Points, seed: int) -> np.ndarray:
    """(H, W) 0..255: how much is covered by opaque things, from what is left of black and of white pictures."""
    outs = []
    for level in (40, 200):
        canvas = Canvas(np.full((400, 400, 3), level, np.uint8), Frame.of(points), np.random.default_rng(seed))
        canvas.blur, canvas.noise, canvas.level, canvas.cast = 0.5, 0.0, 1.0, np.ones(3, np.float32)
        draw_mask(canvas, kind)
        outs.append(canvas.picture.astype(int).mean(axis=2))
    return np.clip(255 - np.abs(outs[1] - outs[0]) / 160 * 255, 0, 255)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_only_what_hides_the_mouth_wrongly_is_called_wrong(seed: int) -> None:
    for new, table in FROM_BARE.items():
        picture, state = synthesise(face(), BOX, NO_MASK, turned(0.1, 0), np.random.default_rng(seed), wanted=new)
        assert state == new
        assert picture.dtype == np.uint8
        assert abs(sum(table.values()) - 1) < 1e-9
    for worn, table in FROM_WORN.items():
        assert synthesise(face(), BOX, worn, None, np.random.default_rng(seed))[1] == worn
        assert abs(sum(table.values()) - 1) < 1e-9


def test_only_bare_faces_change_their_state() -> None:
    with pytest.raises(ValueError, match="only bare faces"):
        synthesise(face(), BOX, MASK, None, np.random.default_rng(0), wanted=INCORRECT)


def test_hands_beards_and_cups_are_no_masks() -> None:
    assert set(FROM_BARE[NO_MASK]) == {"hand", "beard", "thing", "glasses"}


def test_a_chin_outside_of_the_picture_gets_no_mask() -> None:
    close = face()[:235]  # cut through the mouth
    points = points_in_box(BOX)
    one, other = (draw(kind, close, BOX, points, np.random.default_rng(1)) for kind in ("chin", "under_nose"))
    assert (one == other).all()


def test_the_grey_around_a_picture_stays_grey() -> None:
    picture = face()
    picture[:, :180] = 114
    picture[250:] = 114
    for kind in KINDS:
        out = draw(kind, picture, BOX, None, np.random.default_rng(3))
        assert (out[:, :180] == 114).all()
        assert (out[250:] == 114).all()


@pytest.mark.parametrize("box", [(0, 0, 1, 1), (-50, -50, 30, 30), (390, 390, 200, 200), (-300, -300, 1000, 1000)])
def test_odd_boxes_are_survived(box: tuple[int, int, int, int]) -> None:
    for kind in KINDS:
        out = draw(kind, face(), np.array(box, np.float32), None, np.random.default_rng(2))
        assert out.shape == (400, 400, 3)

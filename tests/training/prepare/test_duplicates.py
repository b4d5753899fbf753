"""One photo is known again, scaled, recompressed, darker, mirrored; another is not."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.prepare.duplicates import components, near_pairs, nearest
from training.prepare.fingerprint import NEAR, distances, fingerprint

from .conftest import Picture, scene


def changed(picture: Picture, how: str) -> Picture:
    match how:
        case "smaller":
            return np.asarray(cv2.resize(picture, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA), np.uint8)
        case "stretched":
            return np.asarray(cv2.resize(picture, (96, 96)), np.uint8)
        case "recompressed":
            return np.asarray(
                cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 15])[1], 1), np.uint8
            )
        case "darker":
            return np.asarray(picture * 0.5 + 10, np.uint8)
        case "grey":
            return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
        case _:
            return np.ascontiguousarray(picture[:, ::-1])


@pytest.mark.parametrize("how", ["smaller", "stretched", "recompressed", "darker", "grey", "mirrored"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_copy_is_near(how: str, seed: int) -> None:
    one = scene(seed, 320, 240)
    (pair,) = near_pairs([fingerprint(one), fingerprint(changed(one, how))])
    assert (pair.one, pair.two) == (0, 1)
    assert pair.distance <= NEAR // 2
    assert pair.mirrored == (how == "mirrored")


def test_others_are_far() -> None:
    prints = [fingerprint(scene(seed)) for seed in range(60)]
    assert near_pairs(prints) == []
    far = distances(prints[0].bits, np.array([other.bits for other in prints[1:]]))
    assert 115 < far.mean() < 141


def test_flat_pictures_resemble_nothing() -> None:
    black, grey = (fingerprint(np.full((40, 40, 3), value, np.uint8)) for value in (0, 90))
    assert near_pairs([black, grey, black]) == []
    assert nearest([black], [black]) == {}


def test_the_nearest_of_several_is_named() -> None:
    one = scene(1, 320, 240)
    others = [scene(2), changed(one, "mirrored"), changed(one, "darker")]
    found = nearest([fingerprint(scene(3)), fingerprint(one)], [fingerprint(other) for other in others])
    assert list(found) == [1]
    assert found[1].two in {1, 2}
    assert nearest([fingerprint(one)], []) == {}


def test_what_hangs_together_is_one_group() -> None:
    assert components(6, [(4, 5), (1, 3), (3, 5)]) == [0, 1, 2, 1, 1, 1]
    assert components(0, []) == []


@given(st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), max_size=20))
def test_groups_are_the_finest_that_hold_every_pair(pairs: list[tuple[int, int]]) -> None:
    groups = components(15, pairs)
    assert all(groups[one] == groups[two] for one, two in pairs)
    # A group of n needs at least n - 1 pairs.
    assert len(set(groups)) >= 15 - len({tuple(sorted(pair)) for pair in pairs if pair[0] != pair[1]})
    assert groups == components(15, [(two, one) for one, two in reversed(pairs)])

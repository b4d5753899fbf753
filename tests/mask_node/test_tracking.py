"""One face keeps one track, and another gets another."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from mask_node.config_seeing import TrackingSettings
from mask_node.tracking import Tracks, follow, hold, inside
from mask_node.vision.types import Face
from tests.mask_node.fakes import face

SETTINGS = TrackingSettings()


def run(*frames: list[Face], fps: float = 25, start: Tracks | None = None) -> list[Tracks]:
    tracks, out = start or Tracks(), []
    for number, faces in enumerate(frames):
        tracks = follow(tracks, faces, number / fps, SETTINGS)
        out.append(tracks)
    return out


def ids(tracks: Tracks) -> list[int]:
    return [track.id for track in tracks.live]


def test_a_walking_face_keeps_its_track() -> None:
    seen = run(*([face(10 * n, 100 + n)] for n in range(50)))
    assert all(ids(tracks) == [1] for tracks in seen)


def test_at_five_frames_a_second_too() -> None:
    seen = run(*([face(40 * n)] for n in range(20)), fps=5)
    assert all(ids(tracks) == [1] for tracks in seen)


def test_a_short_gap_is_bridged_where_the_walk_would_have_led() -> None:
    frames = [[face(8 * n)] if not 10 <= n < 25 else [] for n in range(40)]
    assert ids(run(*frames)[-1]) == [1]


def test_a_long_gap_ends_the_track() -> None:
    assert ids(run([face(100)], *([[]] * 30), [face(100)])[-1]) == [2]


def test_a_weak_face_continues_a_track_but_begins_none() -> None:
    assert ids(run(*([face(100, score=0.4)] for _ in range(10)))[-1]) == []
    continued = run([face(100)], *([face(100, score=0.4)] for _ in range(50)))[-1]
    assert ids(continued) == [1]
    assert continued.live[0].face is not None


def test_a_face_too_weak_for_anything_is_nothing() -> None:
    assert run([face(100)], [face(100, score=0.1)])[-1].live[0].face is None


def test_two_who_cross_keep_their_tracks() -> None:
    frames = [[face(20 * n, 100), face(600 - 20 * n, 130)] for n in range(31)]
    last = run(*frames)[-1]
    assert {track.id: track.box[0] for track in last.live} == {1: 600, 2: 0}


def crossing(rng: random.Random, *, missed: float) -> bool:
    """Whether two who cross end with the tracks that they began with, and no third was begun.

    The one behind is not seen while half of it is covered; boxes jump by a few pixels, and some are missed.
    """
    speeds, rows = (rng.uniform(120, 500), rng.uniform(-500, -120)), (rng.randint(80, 140), rng.randint(80, 140))
    sizes, fps, tracks = (rng.randint(60, 120), rng.randint(60, 120)), rng.choice((12.5, 25.0)), Tracks()
    for number in range(int(2.4 * fps)):
        boxes = [
            (x + speed * number / fps + rng.gauss(0, 1.5), y + rng.gauss(0, 1.5), size)
            for x, speed, y, size in zip((0, 640), speeds, rows, sizes, strict=True)
        ]
        front, behind = face(*boxes[0]), face(*boxes[1])
        shown = [front] if inside(behind.box, front.box) > 0.5 else [front, behind]
        if number > 2 and rng.random() < missed:
            shown.pop()
        tracks = follow(tracks, shown, number / fps, SETTINGS)
    return tracks.next_id == 3 and all(track.box[2] == sizes[track.id - 1] for track in tracks.live)


def test_two_who_cross_keep_their_tracks_though_one_hides_the_other() -> None:
    rng = random.Random(2022)
    kept = [sum(crossing(rng, missed=missed) for _ in range(200)) / 200 for missed in (0.0, 0.1)]
    assert kept[0] >= 0.98
    assert kept[1] >= 0.95


@settings(deadline=None, max_examples=40)
@given(
    start=st.integers(0, 400), speed=st.floats(-150, 150), size=st.integers(40, 200), gap=st.integers(1, 10),
    again=st.integers(5, 20),
)  # fmt: skip
def test_somebody_hidden_for_a_moment_keeps_the_track(
    start: int, speed: float, size: int, gap: int, again: int
) -> None:
    """At 12.5 pictures a second, hidden for up to 0.8 s."""
    frames = [[face(start + speed * n / 12.5, size=size)] if not again <= n < again + gap else [] for n in range(40)]
    assert ids(run(*frames, fps=12.5)[-1]) == [1]


def test_a_track_is_held_over_pictures_that_were_not_looked_at() -> None:
    tracks = follow(Tracks(), [face(100)], 0, SETTINGS)
    for number in range(1, 50):
        tracks = hold(tracks, number / 10)
    assert ids(follow(tracks, [face(100)], 5, SETTINGS)) == [1]


def test_a_box_within_a_face_is_no_second_face() -> None:
    nested = face(110, 110, 40, score=0.8)
    assert ids(run(*([face(100), nested] for _ in range(5)))[-1]) == [1]


def test_somebody_far_away_is_somebody_else() -> None:
    assert ids(run([face(0)], [face(500)])[-1]) == [1, 2]


@given(
    frames=st.lists(
        st.lists(st.tuples(st.integers(0, 600), st.integers(0, 400), st.sampled_from((0.4, 0.6, 0.9))), max_size=4),
        max_size=12,
    ),
    data=st.data(),
)
def test_the_order_of_faces_does_not_matter_and_ids_are_never_used_again(
    frames: list[list[tuple[int, int, float]]], data: st.DataObject
) -> None:
    one, other = Tracks(), Tracks()
    gone: set[int] = set()
    for number, places in enumerate(frames):
        faces = [face(x, y, score=score) for x, y, score in places]
        before = set(ids(one))
        one = follow(one, faces, number / 5, SETTINGS)
        other = follow(other, data.draw(st.permutations(faces)), number / 5, SETTINGS)
        assert one == other
        gone |= before - set(ids(one))
        assert not gone & set(ids(one))
        shown = [track.face for track in one.live if track.face]
        assert len(shown) == len({id(each) for each in shown})

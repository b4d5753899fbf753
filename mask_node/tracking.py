"""Follow each face from frame to frame. Pure: tracks, faces and a time in; tracks out.

Faces of a low score may continue a track but not begin one, the idea of ByteTrack (Zhang et al., "ByteTrack:
Multi-Object Tracking by Associating Every Detection Box", ECCV 2022). Where that uses a Kalman filter, a smoothed
constant velocity is enough for people who stop at a door.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from mask_node.assignment import assign
from mask_node.config_seeing import TrackingSettings
from mask_node.vision.types import Box, Face

#: A face may be found this far from where it was expected, in face sizes, and further the longer it was unseen.
REACH, REACH_PER_S = 0.7, 1.0
#: Of two tracks that fit a face as well, one unseen for this many seconds fits half as well.
DOUBT_S = 0.3
#: Faces of one person do not grow or shrink by more than this between two looks.
SIZE_RATIO = 2.5
#: Of two boxes of which one lies in the other by more than this share of itself, one is no face of its own.
INSIDE = 0.7
#: How much of a new measurement of speed is believed.
NEW_SPEED = 0.4
#: A guess of speed is worth nothing for longer than this, in seconds.
GUESS_S = 0.5


@dataclass(frozen=True, slots=True)
class Track:
    """One face followed. Times in seconds of the source; `face` is None where this frame does not show it."""

    id: int
    box: Box
    velocity: tuple[float, float]  # of the centre, pixels per second
    last_at: float
    face: Face | None


@dataclass(frozen=True, slots=True)
class Tracks:
    """All that the tracker knows between two frames."""

    live: tuple[Track, ...] = ()
    next_id: int = 1


def follow(before: Tracks, faces: Iterable[Face], now: float, settings: TrackingSettings) -> Tracks:
    """Return the tracks after a frame at `now` that shows `faces`; those unseen for `lost_s` are gone.

    The order of `faces` does not matter.
    """
    seen = _distinct(sorted(faces, key=lambda face: (-face.score, face.box)), settings.continue_score)
    live = [track for track in before.live if now - track.last_at <= settings.lost_s]
    strong = [face for face in seen if face.score >= settings.begin_score]
    weak = [face for face in seen if face.score < settings.begin_score]
    surely = _match(live, strong, now)
    left_over = [track for track in live if all(track is not other for other, _ in surely)]
    matched = surely + _match(left_over, weak, now)
    after = {track.id: _moved(track, face, now) for track, face in matched}
    tracks = [after.get(track.id) or replace(track, face=None) for track in live]
    fresh = [face for face in strong if all(face is not other for _, other in surely)]
    tracks += [Track(before.next_id + number, face.box, (0.0, 0.0), now, face) for number, face in enumerate(fresh)]
    return Tracks(tuple(tracks), before.next_id + len(fresh))


def hold(before: Tracks, now: float) -> Tracks:
    """Return the tracks after a picture that was not looked at, because nothing in it has changed."""
    return replace(before, live=tuple(replace(track, last_at=now, face=None) for track in before.live))


def inside(part: Box, whole: Box) -> float:
    """Return the share of the area of `part` that lies in `whole`, 0..1."""
    width = min(part[0] + part[2], whole[0] + whole[2]) - max(part[0], whole[0])
    height = min(part[1] + part[3], whole[1] + whole[3]) - max(part[1], whole[1])
    area = part[2] * part[3]
    return max(0.0, width) * max(0.0, height) / area if area > 0 else 0.0


def nearness(a: Box, b: Box, reach: float) -> float:
    """Return how well two boxes may be one face a moment apart: 0 cannot be, 1 the same place and size.

    reach: how far the centre may have moved, in sizes of the larger face.
    """
    size_a, size_b = math.sqrt(a[2] * a[3]), math.sqrt(b[2] * b[3])
    if min(size_a, size_b) <= 0 or max(size_a, size_b) > SIZE_RATIO * min(size_a, size_b):
        return 0.0
    (ax, ay), (bx, by) = _centre(a), _centre(b)
    distance = math.hypot(ax - bx, ay - by) / max(size_a, size_b)
    if distance >= reach:
        return 0.0
    common = inside(a, b) * a[2] * a[3]
    overlap = common / (a[2] * a[3] + b[2] * b[3] - common)
    # Overlap tells near boxes apart, distance those that a fast walk or a slow camera has torn apart.
    return 0.5 * overlap + 0.5 * (1 - distance / reach) * math.sqrt(min(size_a, size_b) / max(size_a, size_b))


def _distinct(faces: Sequence[Face], least: float) -> list[Face]:
    """Keep the surer of two boxes of which one lies in the other: a face and a part of it, or a face and its head."""
    kept: list[Face] = []
    for face in faces:
        nested = any(max(inside(face.box, o.box), inside(o.box, face.box)) > INSIDE for o in kept)
        if face.score >= least and not nested:
            kept.append(face)
    return kept


def _match(tracks: Sequence[Track], faces: Sequence[Face], now: float) -> list[tuple[Track, Face]]:
    near = []
    for track in tracks:
        unseen = now - track.last_at
        # Whoever was seen a moment ago comes first: it is the one in front that goes on where two cross.
        trust = 1 / (1 + unseen / DOUBT_S)
        reach = REACH + REACH_PER_S * unseen
        near.append([trust * nearness(_expected(track, now), face.box, reach) for face in faces])
    pairs = assign([[-value for value in row] for row in near])
    return [(tracks[row], faces[column]) for row, column in pairs if near[row][column] > 0]


def _expected(track: Track, now: float) -> Box:
    x, y, w, h = track.box
    ahead = min(now - track.last_at, GUESS_S)
    return (x + track.velocity[0] * ahead, y + track.velocity[1] * ahead, w, h)


def _moved(track: Track, face: Face, now: float) -> Track:
    (x0, y0), (x1, y1) = _centre(track.box), _centre(face.box)
    seconds = max(now - track.last_at, 1e-3)
    vx, vy = track.velocity
    velocity = (vx + NEW_SPEED * ((x1 - x0) / seconds - vx), vy + NEW_SPEED * ((y1 - y0) / seconds - vy))
    return replace(track, box=face.box, velocity=velocity, last_at=now, face=face)


def _centre(box: Box) -> tuple[float, float]:
    return box[0] + box[2] / 2, box[1] + box[3] / 2

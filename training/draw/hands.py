"""Hands before a face, in the face's own skin colour. A hand is no mask, whatever it covers."""

from dataclasses import dataclass

import cv2
import numpy as np

from training.draw.frame import Array
from training.draw.paint import Canvas, Plane, grain

#: Poses and their shares: fingers laid over the mouth, a fist, both hands, one raised finger, the chin in the hand.
POSES = {"cover": 0.42, "fist": 0.2, "both": 0.16, "finger": 0.1, "chin": 0.12}
#: Lengths of index to little finger over the hand's width.
_LENGTHS = np.array([0.85, 1.0, 0.95, 0.72])

#: Strokes thinner than this (half width over the hand's) are fingers.
FINGER = 0.14


@dataclass(frozen=True, slots=True)
class Hand:
    """Where a hand is. wrist_to_tips: radians, 0 points to the picture's right, -pi/2 up. size: its width in pixels.

    at: pixels of the knuckles' middle. reach: (4,) lengths of the fingers, 1 is stretched. mirror: 1 or -1.
    """

    at: Array
    wrist_to_tips: float
    size: float
    reach: Array
    mirror: int
    thumb: bool


def draw_hand(canvas: Canvas, pose: str | None = None) -> None:
    """One hand or two before the face. pose: a key of `POSES`; by default one by its share."""
    rng = canvas.rng
    pose = pose or str(rng.choice(list(POSES), p=list(POSES.values())))
    skin = canvas.skin * rng.uniform(0.82, 1.1) + rng.normal(0, 5, 3)
    for hand in _placed(canvas, pose):
        paint_hand(canvas, hand, np.asarray(skin, np.float32))


def _placed(canvas: Canvas, pose: str) -> list[Hand]:
    rng, frame = canvas.rng, canvas.frame
    side = int(rng.choice((-1, 1)))
    size = frame.unit * float(rng.uniform(0.56, 0.78))
    spread = np.clip(_LENGTHS * rng.uniform(0.85, 1.05) + rng.normal(0, 0.05, 4), 0.3, 1.15)
    bent = _LENGTHS * rng.uniform(0.28, 0.45)
    up = -np.pi / 2

    def hand(u: float, v: float, angle: float, reach: Array, mirror: int, *, thumb: bool = True) -> Hand:
        place = frame.at(np.array([(u, v)]))[0] + rng.normal(0, 0.06 * frame.unit, 2)
        return Hand(place, angle, size, reach, mirror, thumb)

    if pose == "cover":
        angle = up - side * rng.uniform(0.2, 1.6)  # the arm comes from below on `side`
        back = 0.42 * size / frame.unit
        return [hand(-np.cos(angle) * back, 0.6 - np.sin(angle) * back * 0.8, angle, spread, side,
                     thumb=bool(rng.random() < 0.7))]  # fmt: skip
    if pose == "fist":
        return [hand(rng.normal(0, 0.08), rng.uniform(0.58, 0.75), up - side * rng.uniform(0.0, 1.2), bent, side)]
    if pose == "finger":
        reach = bent.copy()
        reach[0] = 0.95
        return [hand(side * 0.25 * size / frame.unit, rng.uniform(0.85, 1.0), up, reach, side)]
    if pose == "both":
        angle = rng.uniform(0.15, 1.3)
        return [hand(s * rng.uniform(0.28, 0.42), rng.uniform(0.72, 0.95), up - s * angle, spread, s) for s in (-1, 1)]
    return [hand(side * rng.uniform(0.3, 0.5), rng.uniform(1.0, 1.15), up - side * rng.uniform(-0.4, 0.5), spread
                 if rng.random() < 0.5 else bent, side)]  # fmt: skip


def paint_hand(canvas: Canvas, hand: Hand, skin: Array | Plane) -> None:
    """Lay one hand over the picture: rounded strokes, each lighter along its middle, one in front of the other."""
    rng = canvas.rng
    cos, sin = np.cos(hand.wrist_to_tips), np.sin(hand.wrist_to_tips)
    forward, across = np.array([cos, sin]), np.array([-sin, cos]) * hand.mirror
    reach = 2.6 * hand.size
    area = canvas.area(np.stack([hand.at - reach, hand.at + reach]), 2)
    x = ((np.arange(area[0], area[2]) + 0.5 - hand.at[0]) / hand.size).astype(np.float32)[None]
    y = ((np.arange(area[1], area[3]) + 0.5 - hand.at[1]) / hand.size).astype(np.float32)[:, None]
    a = np.asarray(x * np.float32(across[0]) + y * np.float32(across[1]), np.float32)
    f = np.asarray(x * np.float32(forward[0]) + y * np.float32(forward[1]), np.float32)
    alpha = np.zeros(a.shape, np.float32)
    shade = np.full(a.shape, 0.85, np.float32)
    slant = rng.uniform(-0.25, 0.25)
    for start, end, thick, flat in _bones(hand, rng):
        _stroke(alpha, shade, (a, f), (start, end, thick, flat), size=hand.size, slant=slant)
    fan = 1 - 0.1 * np.clip(-f - 0.2, 0, 1)
    uneven = cv2.resize(grain((8, 8), rng), a.shape[::-1], interpolation=cv2.INTER_CUBIC)
    tone = shade * fan * (1 + 0.04 * uneven)
    colour = np.asarray(skin, np.float32) * tone[:, :, None]
    colour[:, :, 2] += (1 - np.clip(tone, 0, 1)) * 22  # shaded skin is redder
    if rng.random() < 0.6:
        sleeve = np.float32(rng.uniform(15, 220, 3)) * np.float32(canvas.level)
        colour = np.where((f < -rng.uniform(1.2, 1.9))[:, :, None], sleeve * tone[:, :, None], colour)
    canvas.lay(area, np.asarray(colour, np.float32), alpha, shadow=float(rng.uniform(0.15, 0.4)))


def _bones(hand: Hand, rng: np.random.Generator) -> list[tuple[Array, Array, float, float]]:
    """Strokes from back to front: start and end (across, forward), half width, flatness 0..1; in widths of the hand."""
    out = [
        (np.array([0.0, -2.6]), np.array([0.0, -1.0]), 0.34, 0.5),
        (np.array([0.06, -0.85]), np.array([0.0, -0.3]), 0.47, 0.75),
    ]
    if hand.thumb:
        tip = np.array([-rng.uniform(0.45, 0.95), rng.uniform(-0.3, 0.25)])
        out.append((np.array([-0.3, -0.75]), np.array([-0.5, -0.4]), 0.16, 0.2))
        out.append((np.array([-0.5, -0.4]), tip, 0.125, 0.1))
    fan = rng.uniform(-0.03, 0.05) if rng.random() < 0.65 else rng.uniform(0.05, 0.17)
    for number in rng.permutation(4):
        base = np.array([(number - 1.5) * 0.255, -0.12 - 0.05 * abs(number - 1.3)])
        turn = (number - 1.5) * fan + rng.normal(0, 0.03)
        end = base + (hand.reach[number] + 0.1) * np.array([np.sin(turn), np.cos(turn)])
        out.append((base, end, 0.135 - 0.012 * (number == 3), 0.1))
    return out


def _stroke(
    alpha: Plane, shade: Plane, place: tuple[Plane, Plane], bone: tuple[Array, Array, float, float],
    *, size: float, slant: float,
) -> None:  # fmt: skip
    """Add one rounded stroke in front of what is there. Changes `alpha` and `shade`."""
    (start, end, thick, flat) = bone
    # Only where the stroke can be: a box around it in the picture's rows and columns.
    reach = np.float32(np.linalg.norm(end - start) / 2 + thick + 2 / size)
    near = (
        np.square(place[0] - np.float32((start + end)[0] / 2)) + np.square(place[1] - np.float32((start + end)[1] / 2))
        < reach * reach
    )
    rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
    if not rows.size:
        return
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    along = (end - start).astype(np.float32)
    da, df = place[0][part] - np.float32(start[0]), place[1][part] - np.float32(start[1])
    share = np.clip((da * along[0] + df * along[1]) / np.float32(max(float(along @ along), 1e-6)), 0, 1)
    da -= share * along[0]
    df -= share * along[1]
    off = np.sqrt(da * da + df * df) * np.float32(1 / thick)
    cover = np.clip((1 - off) * np.float32(thick * size) + 0.5, 0, 1)
    bulge = np.sqrt(np.clip(1.04 - off * off, 0.0, 1))
    own = 0.66 + 0.38 * (np.float32(flat) + np.float32(1 - flat) * bulge) + np.float32(slant / thick * 0.5) * da
    if thick < FINGER:
        own -= 0.07 * np.exp(-np.square((np.abs(share - 0.62) - 0.17) * np.float32(22)))  # the joints' creases
    alpha[part] += cover * (1 - alpha[part])
    shade[part] += cover * (own - shade[part])

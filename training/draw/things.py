"""Things before a bare mouth: a cup, a telephone, a microphone. None is a mask."""

import cv2
import numpy as np

from training.draw.cloth import printed
from training.draw.frame import Array
from training.draw.hands import Hand, paint_hand
from training.draw.paint import Area, Canvas, Plane, fill, grain

THINGS = ("cup", "phone", "microphone")


def draw_thing(canvas: Canvas, what: str | None = None) -> None:
    """A cup at the mouth, a telephone before or beside the face, or a microphone; often with the hand that holds it."""
    rng = canvas.rng
    what = what or str(rng.choice(THINGS))
    {"cup": _cup, "phone": _phone, "microphone": _microphone}[what](canvas)


def _turned(points: Array, at: Array, turn: float, scale: float) -> Array:
    cos, sin = np.cos(turn), np.sin(turn)
    return np.asarray(points @ np.array([[cos, sin], [-sin, cos]]) * scale + at, np.float64)


def _place(canvas: Canvas, u: float, v: float) -> Array:
    return np.asarray(canvas.frame.at(np.array([(u, v)]))[0], np.float64)


def _hold(canvas: Canvas, at: Array, side: int) -> None:
    """A hand around the thing at pixels `at`, its arm from below on `side`."""
    rng = canvas.rng
    angle = -np.pi / 2 - side * rng.uniform(0.7, 1.4)
    reach = np.array([0.5, 0.55, 0.52, 0.45]) * rng.uniform(0.8, 1.1)
    grip = at + np.array([side * 0.1 * canvas.frame.unit, 0])
    hand = Hand(grip, angle, canvas.frame.unit * rng.uniform(0.55, 0.7), reach,
                side, thumb=False)  # fmt: skip
    paint_hand(canvas, hand, canvas.skin * np.float32(rng.uniform(0.85, 1.05)))


def _lay(canvas: Canvas, shape: Array, colour: Plane, area: Area) -> None:
    canvas.lay(area, np.asarray(colour * np.float32(canvas.level) * canvas.cast, np.float32), fill([shape], area),
               shadow=float(canvas.rng.uniform(0.1, 0.35)))  # fmt: skip


def _across(shape: Array, area: Area, turn: float) -> tuple[Plane, Plane]:
    """-1..1 across and 0..1 down a turned shape."""
    middle, reach = shape.mean(axis=0), np.ptp(shape, axis=0).max() / 2
    x = ((np.arange(area[0], area[2]) + 0.5 - middle[0]) / reach).astype(np.float32)[None]
    y = ((np.arange(area[1], area[3]) + 0.5 - middle[1]) / reach).astype(np.float32)[:, None]
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    return np.asarray(x * cos + y * sin, np.float32), np.asarray((y * cos - x * sin + 1) / 2, np.float32)


def _cup(canvas: Canvas) -> None:
    rng, unit = canvas.rng, canvas.frame.unit
    wide, low, high = rng.uniform(0.24, 0.34), rng.uniform(0.7, 1.0), rng.uniform(0.55, 0.95)
    rim = [(np.cos(t) * wide, np.sin(t) * wide * 0.28) for t in np.linspace(np.pi, 2 * np.pi, 9)]
    foot = [(np.cos(t) * wide * low, high + np.sin(t) * wide * 0.22) for t in np.linspace(0, np.pi, 7)]
    at, turn = _place(canvas, rng.normal(0, 0.06), rng.uniform(0.5, 0.66)), float(rng.normal(0, 0.15))
    shape = _turned(np.array(rim + foot), at, turn, unit)
    area = canvas.area(shape, 4)
    s, t = _across(shape, area, turn)
    colour = np.empty((*s.shape, 3), np.float32)
    colour[:] = rng.uniform(190, 245) if rng.random() < 0.5 else rng.uniform(20, 230, 3)
    if rng.random() < 0.4:
        colour += printed(s, t, rng)[:, :, None] * (rng.uniform(20, 230, 3).astype(np.float32) - colour)
    shade = 1.05 - 0.5 * np.square(s - rng.uniform(-0.4, 0.4)) - 0.15 * (t < 0.06)
    _lay(canvas, shape, colour * np.clip(shade, 0.3, 1.2)[:, :, None], area)
    if rng.random() < 0.75:
        side = int(rng.choice((-1, 1)))
        _hold(canvas, at + np.array([side * 0.15 * unit, 0.55 * high * unit]), side)


def _phone(canvas: Canvas) -> None:
    rng, unit = canvas.rng, canvas.frame.unit
    wide, high = rng.uniform(0.26, 0.34), rng.uniform(0.5, 0.65)
    side = int(rng.choice((-1, 1)))
    beside = rng.random() < 0.5
    u, v = (
        (side * rng.uniform(0.5, 0.66), rng.uniform(0.4, 0.6))
        if beside
        else (rng.normal(0, 0.12), rng.uniform(0.6, 0.9))
    )
    turn = float(rng.normal(-side * 0.3, 0.15) if beside else rng.normal(0, 0.12) + np.pi / 2 * (rng.random() < 0.25))
    if beside:
        wide *= 0.55
    corner = 0.06
    quarter = np.linspace(0, np.pi / 2, 4)
    points = [((wide - corner) * a + corner * np.cos(q + o), (high - corner) * b + corner * np.sin(q + o))
              for a, b, o in ((1, 1, 0), (-1, 1, np.pi / 2), (-1, -1, np.pi), (1, -1, 1.5 * np.pi))
              for q in quarter]  # fmt: skip
    at = _place(canvas, u, v)
    shape = _turned(np.array(points), at, turn, unit)
    area = canvas.area(shape, 4)
    s, t = _across(shape, area, turn)
    base = rng.uniform(12, 60, 3) if rng.random() < 0.65 else rng.uniform(120, 240, 3)
    colour = np.asarray(base, np.float32) * (1 + np.float32(rng.uniform(-0.3, 0.3)) * (s + t))[:, :, None]
    lens = np.hypot(s + 0.28, (t - 0.14) * 2) < 0.1
    colour = np.where(lens[:, :, None], np.float32(25), colour)
    _lay(canvas, shape, np.asarray(colour, np.float32), area)
    if rng.random() < 0.85:
        _hold(canvas, at + np.array([side * 0.1 * unit, 0.25 * unit]), side)


def _microphone(canvas: Canvas) -> None:
    rng, unit = canvas.rng, canvas.frame.unit
    side = int(rng.choice((-1, 1)))
    at, ball = _place(canvas, side * rng.uniform(0, 0.15), rng.uniform(0.66, 0.85)), rng.uniform(0.11, 0.19)
    turn = side * float(rng.uniform(-1.0, 0.1))
    body = np.array([(-0.4 * ball, 0.5 * ball), (0.4 * ball, 0.5 * ball), (0.3 * ball, 1.1), (-0.3 * ball, 1.1)])
    shaft = _turned(body, at, turn, unit)
    area = canvas.area(shaft, 4)
    s, _ = _across(shaft, area, turn)
    grey = np.float32(rng.uniform(20, 70))
    _lay(canvas, shaft, np.repeat((grey * (1 + 0.5 * s))[:, :, None], 3, axis=2), area)
    turns = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    head = _turned(np.stack([np.cos(turns), np.sin(turns) * 1.1], axis=1) * ball, at, turn, unit)
    area = canvas.area(head, 4)
    s, t = _across(head, area, turn)
    net = cv2.GaussianBlur(grain(s.shape, rng), (0, 0), 0.7) * 14
    tone = rng.uniform(25, 150) * (1.1 - 0.5 * (s * s + np.square(2 * t - 1)) - 0.3 * s) + net
    _lay(canvas, head, np.repeat(np.clip(tone, 5, 250)[:, :, None], 3, axis=2).astype(np.float32), area)
    if rng.random() < 0.8:
        _hold(canvas, _turned(np.array([(0.0, 0.6)]), at, turn, unit)[0], side)

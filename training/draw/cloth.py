"""What masks and scarves are made of: colours, pleats, seams and prints, as functions of the place on the mask."""

import cv2
import numpy as np

from training.augment import Rng
from training.draw.paint import Plane, grain

#: Kinds of mask and their shares among those drawn.
MAKES = {"surgical": 0.42, "cloth": 0.34, "ffp2": 0.24}
#: Share of cloth masks that carry a print, and of surgical ones that do.
PRINT_SHARE = {"surgical": 0.04, "cloth": 0.45, "ffp2": 0.02, "scarf": 0.35}
#: BGR of white light, with shares: surgical blue, white, green, pink, black, grey, violet.
SURGICAL = ((222, 190, 140), (232, 232, 228), (188, 200, 150), (200, 175, 226), (40, 37, 36), (150, 150, 148),
            (205, 165, 170))  # fmt: skip
SURGICAL_SHARES = (0.46, 0.2, 0.08, 0.06, 0.12, 0.04, 0.04)
#: Cloth: black, charcoal, navy, white, beige, red, wine, olive, teal, grey, skin-like.
CLOTH = ((30, 28, 28), (62, 60, 60), (84, 48, 32), (232, 232, 230), (165, 190, 210), (52, 48, 178), (60, 36, 98),
         (62, 98, 92), (140, 116, 44), (138, 136, 134), (140, 165, 205))  # fmt: skip
CLOTH_SHARES = (0.24, 0.1, 0.1, 0.14, 0.07, 0.07, 0.05, 0.05, 0.06, 0.08, 0.04)
FFP2 = ((230, 231, 229), (40, 38, 38), (170, 168, 166), (215, 190, 165), (200, 180, 230))
FFP2_SHARES = (0.68, 0.18, 0.06, 0.04, 0.04)
COLOURS = {
    "surgical": (SURGICAL, SURGICAL_SHARES), "cloth": (CLOTH, CLOTH_SHARES), "ffp2": (FFP2, FFP2_SHARES),
    "scarf": (CLOTH, CLOTH_SHARES),
}  # fmt: skip


def choose_make(rng: Rng) -> str:
    """A key of `MAKES` by its share."""
    return str(rng.choice(list(MAKES), p=list(MAKES.values())))


def dyed(make: str, s: Plane, t: Plane, rng: Rng) -> Plane:
    """(h, w, 3) BGR of unlit cloth, with a print where chance says.

    s: (h, w) -1..1 across the mask, 0 at its middle; t: (h, w) 0..1 from its upper to its lower edge.
    """
    colours, shares = COLOURS[make]
    weights = np.array(shares) / sum(shares)
    base = np.array(colours[int(rng.choice(len(colours), p=weights))], np.float32) + rng.uniform(-14, 14, 3)
    first = np.clip(base, 12, 246).astype(np.float32)
    out = np.empty((*s.shape, 3), np.float32)
    out[:] = first
    if rng.random() < PRINT_SHARE[make]:
        second = rng.uniform(15, 240, 3).astype(np.float32)
        share = printed(s, t, rng)
        out += share[:, :, None] * (second - first)
    return out


def printed(s: Plane, t: Plane, rng: Rng) -> Plane:
    """(h, w) share 0..1 of a second colour: stripes, checks, dots, blots, camouflage or a small emblem."""
    kind = rng.integers(6)
    turn, size = rng.uniform(0, np.pi), rng.uniform(2.5, 9)
    a = (np.cos(turn) * s + np.sin(turn) * t * 1.2) * size
    b = (np.cos(turn) * t * 1.2 - np.sin(turn) * s) * size
    if kind == 0:
        return np.asarray(np.clip(np.sin(a * np.pi) * 4 + rng.uniform(-2, 1.5), 0, 1), np.float32)
    if kind == 1:
        lines = np.clip(np.sin(a * np.pi) * 4, 0, 1) + np.clip(np.sin(b * np.pi) * 4, 0, 1)
        return np.asarray(lines / 2, np.float32)
    if kind == 2:
        from_dot = np.hypot(a - np.round(a), b - np.round(b))
        return np.asarray(np.clip((rng.uniform(0.18, 0.36) - from_dot) * 12, 0, 1), np.float32)
    if kind == 5:
        where, wide = rng.uniform(-0.5, 0.5), rng.uniform(0.06, 0.16)
        inside = (np.abs(s - where) < wide) & (np.abs(t - rng.uniform(0.45, 0.75)) < wide * rng.uniform(0.4, 1.2))
        return np.asarray(inside * rng.uniform(0.5, 1), np.float32)
    cells = int(rng.integers(5, 11))
    coarse = grain((cells, cells), rng) if kind == 3 else cv2.GaussianBlur(grain((cells, cells), rng), (0, 0), 0.8)
    x, y = (s + 1) * (cells - 1) / 2, t * (cells - 1)
    blots = cv2.remap(coarse, np.clip(x, 0, cells - 1), np.clip(y, 0, cells - 1), cv2.INTER_CUBIC)
    return np.asarray(np.clip(blots * 5 / max(float(coarse.std()), 0.1) * 0.8 - rng.uniform(0, 3), 0, 1), np.float32)


def relief(make: str, s: Plane, t: Plane, rng: Rng) -> Plane:
    """(h, w) factor of brightness (about 0.5..1.2) by the cloth's own shape: bulge, pleats, seams, creases."""
    aslant = rng.normal(0, 0.1)
    shade = 1.05 + aslant * s - rng.uniform(0.12, 0.34) * s * s - rng.uniform(0.0, 0.22) * np.maximum(t - 0.45, 0)
    droop = t - rng.uniform(-0.08, 0.1) * s * s
    if make == "surgical":
        depth = rng.uniform(0.08, 0.24)
        count = int(rng.integers(2, 5))
        for line in np.linspace(0.26, 0.8, count) + rng.normal(0, 0.02, count):
            below = droop - line  # a fold's shadow is sharp above and fades below
            shade -= depth * np.exp(-np.abs(below) * np.where(below > 0, 16, 60))
            shade += 0.35 * depth * np.exp(-np.square((below + 0.05) / 0.025))
        if rng.random() < 0.6:
            shade += rng.uniform(-0.07, 0.07) * np.exp(-np.square((t - 0.06) / 0.03))
    elif make == "ffp2":
        left = rng.uniform(-0.14, 0.14)  # the two halves of the beak face the light differently
        shade += left * np.clip(s * 6, -1, 1)
        shade -= rng.uniform(0.0, 0.14) * np.exp(-np.square(s / 0.035))
        bend = t - 0.4 - rng.uniform(-0.25, 0.1) * np.abs(s)
        shade -= max(0.0, rng.uniform(-0.1, 0.1)) * np.exp(-np.square(bend / 0.03))
        shade -= rng.uniform(0, 0.1) * np.exp(-np.square((np.abs(s) - 0.8) / 0.03))
    elif make == "scarf":
        for _ in range(int(rng.integers(2, 6))):  # folds that hang round the neck
            fold = t - rng.uniform(0.1, 1.0) - rng.uniform(-0.3, 0.3) * s + rng.uniform(-0.25, 0.1) * s * s
            shade -= rng.uniform(0.1, 0.35) * np.exp(-np.abs(fold) * np.where(fold > 0, 9, 40))
    else:
        if rng.random() < 0.6:
            shade -= rng.uniform(0.04, 0.16) * np.exp(-np.square(s / 0.03))
        shade -= rng.uniform(0, 0.12) * np.exp(-np.square((t - 0.07) / 0.02))
    return np.asarray(np.clip(shade + creases(s, t, rng), 0.4, 1.25), np.float32)


def creases(s: Plane, t: Plane, rng: Rng) -> Plane:
    """(h, w) small soft unevenness about 0, as worn cloth has."""
    coarse = cv2.GaussianBlur(grain((10, 10), rng), (0, 0), 0.7)
    x, y = (s + 1.2) * 3.7, (t + 0.1) * 7.5
    uneven = cv2.remap(coarse, np.clip(x, 0, 9), np.clip(y, 0, 9), cv2.INTER_CUBIC)
    return np.asarray(uneven * np.float32(rng.uniform(0.02, 0.13)), np.float32)

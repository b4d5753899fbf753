"""The demo's clip: one person comes to a door, first bare, then with a mask.

Made from the public-domain portrait of an astronaut (NASA) that scikit-image ships, so that the repository carries
no picture of anybody. The mask is drawn, the corridor is drawn, the walk is computed; every run gives the same
frames. Nothing downstream knows: the node sees it as it would a camera's.
"""

import argparse
import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Layer = NDArray[np.float32]

WIDTH, HEIGHT, FPS = 640, 480, 15
#: What happens, in seconds: an empty corridor, somebody's stay, and so on.
EMPTY_S, STAY_S, GAP_S = 1.0, 5.0, 4.0
#: Length of the whole clip.
SECONDS = EMPTY_S + STAY_S + GAP_S + STAY_S + EMPTY_S

#: Where nose and chin are in the photograph (x, y in pixels of its 512 x 512).
_MASK_OUTLINE = (
    (222, 110), (237, 118), (258, 126), (266, 142), (259, 161), (243, 175), (221, 182),
    (202, 175), (189, 160), (182, 141), (189, 124), (208, 117),
)  # fmt: skip
_EAR_LOOPS = (((189, 126), (177, 122)), ((191, 158), (178, 134)), ((258, 128), (272, 125)), ((258, 160), (272, 138)))
_MASK_BLUE = (214, 186, 150)  # BGR
_FOLDS = 4
_FINE = 4  # drawing is done this many times larger, then shrunk, for smooth edges


def _photograph() -> Picture:
    import skimage.data

    photograph: Picture = np.ascontiguousarray(skimage.data.astronaut()[..., ::-1])  # type: ignore[no-untyped-call]
    return photograph


def _cut_out(photograph: Picture) -> Layer:
    """Return how much of each pixel is the person, 0 to 1, shape (512, 512)."""
    cv2.setRNGSeed(7)
    labels = np.full(photograph.shape[:2], cv2.GC_PR_BGD, np.uint8)
    labels[:, 420:] = labels[:10] = cv2.GC_BGD
    labels[:170, :130] = labels[:230, 330:] = labels[370:, :48] = cv2.GC_BGD
    cv2.ellipse(labels, (227, 110), (78, 98), 0, 0, 360, int(cv2.GC_PR_FGD), -1)
    cv2.ellipse(labels, (225, 110), (50, 75), 0, 0, 360, int(cv2.GC_FGD), -1)
    body = np.array([(0, 512), (0, 330), (90, 215), (180, 165), (265, 165), (330, 230), (400, 330), (410, 512)])
    cv2.fillPoly(labels, [body], int(cv2.GC_PR_FGD))
    inner = np.array([(30, 512), (60, 330), (120, 235), (200, 180), (250, 180), (310, 260), (350, 350), (360, 512)])
    cv2.fillPoly(labels, [inner], int(cv2.GC_FGD))
    nowhere = (0, 0, 1, 1)  # a rectangle is asked for and not used
    cv2.grabCut(photograph, labels, nowhere, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)
    person = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    # The largest piece only: specks of the background are nobody.
    _, pieces, stats, _ = cv2.connectedComponentsWithStats(person)
    person = (pieces == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))).astype(np.uint8)
    inside = cv2.erode(person, np.ones((3, 3), np.uint8)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(inside, (0, 0), 1.2), np.float32)


def _wear_mask(photograph: Picture) -> Picture:
    """Draw a pleated medical mask over nose, mouth and chin."""
    size = (photograph.shape[1] * _FINE, photograph.shape[0] * _FINE)
    large = cv2.resize(photograph, size, interpolation=cv2.INTER_CUBIC)
    outline = (np.array(_MASK_OUTLINE, np.float32) * _FINE).astype(np.int32)
    for start, end in _EAR_LOOPS:
        ends = [(x * _FINE, y * _FINE) for x, y in (start, end)]
        cv2.line(large, ends[0], ends[1], (235, 235, 235), _FINE, cv2.LINE_AA)
    cover = cv2.fillPoly(np.zeros(large.shape[:2], np.uint8), [outline], 255)
    cover = cv2.GaussianBlur(cover, (0, 0), _FINE * 0.6)
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]].astype(np.float32) / _FINE
    # Cloth is lit as the face under it: bright in the middle and above, darker to the sides; pleats run across.
    across = (columns - 222) / 42
    light = 1.08 - 0.26 * across**2 - 0.05 * np.clip((rows - 112) / 70, 0, 1)
    dips = (rows - 120 - 4 * across**2) / 55 * _FOLDS
    light -= 0.09 * np.exp(-(((dips - np.round(dips)) / 0.12) ** 2)) * ((dips > 0.4) & (dips < _FOLDS - 0.4))
    grain = np.random.default_rng(7).normal(0, 0.012, light.shape).astype(np.float32)
    cloth = np.clip(np.array(_MASK_BLUE, np.float32) * (light + grain)[..., None], 0, 255)
    weight = (cover.astype(np.float32) / 255)[..., None]
    mixed = large * (1 - weight) + cloth * weight
    small = cv2.resize(mixed, photograph.shape[1::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _corridor() -> Picture:
    """Draw an empty corridor: floor, walls, a lamp."""
    picture = np.full((HEIGHT, WIDTH, 3), (176, 182, 186), np.uint8)
    cv2.fillPoly(picture, [np.array([(0, HEIGHT), (200, 300), (440, 300), (WIDTH, HEIGHT)])], (104, 112, 122))
    cv2.fillPoly(picture, [np.array([(0, 0), (200, 90), (440, 90), (WIDTH, 0)])], (214, 218, 220))
    cv2.rectangle(picture, (200, 90), (440, 300), (160, 168, 172), -1)
    cv2.rectangle(picture, (275, 130), (365, 300), (120, 138, 150), -1)
    cv2.ellipse(picture, (320, 60), (60, 12), 0, 0, 360, (250, 252, 252), -1)
    for near, far in ((0, 200), (WIDTH, 440)):
        cv2.line(picture, (near, 0), (far, 90), (150, 156, 160), 2, cv2.LINE_AA)
        cv2.line(picture, (near, HEIGHT), (far, 300), (90, 96, 104), 2, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 2.5), np.uint8)


def _pose(t: float) -> tuple[float, float, float, float]:
    """Return x and y of the head (pixels), size and lean (degrees) at `t` seconds of a stay of `STAY_S`."""
    walk = 1.2
    if t < walk:
        path = 1 - (1 - t / walk) ** 2
        x, size = -150 + 470 * path, 0.85 + 0.2 * path
    elif t > STAY_S - walk:
        path = ((t - STAY_S + walk) / walk) ** 2
        x, size = 320 + 480 * path, 1.05 - 0.1 * path
    else:
        x, size = 320.0, 1.05
    stride = 7 * abs(math.sin(2.4 * math.pi * t)) if t < walk or t > STAY_S - walk else 0.0
    return x + 5 * math.sin(1.7 * t), 190 + 3 * math.sin(2.3 * t) - stride, size, 2.5 * math.sin(1.3 * t)


def frames() -> Iterator[Picture]:
    """Yield the clip's frames, (480, 640, 3) BGR."""
    corridor, photograph = _corridor(), _photograph()
    person = _cut_out(photograph)
    chance = np.random.default_rng(11)
    noises = [chance.normal(0, 2.0, corridor.shape).astype(np.float32) for _ in range(7)]

    def seen(look: Picture | None, number: int) -> Picture:
        t, picture = number / FPS, corridor.astype(np.float32)
        if look is not None:
            x, y, size, lean = _pose(t)
            place = cv2.getRotationMatrix2D((222, 130), lean, size)
            place[:, 2] += np.array((x - 222, y - 130))
            moved = cv2.warpAffine(look, place, (WIDTH, HEIGHT), flags=cv2.INTER_AREA)
            weight = cv2.warpAffine(person, place, (WIDTH, HEIGHT))[..., None]
            picture = picture * (1 - weight) + moved * weight
        return np.asarray(np.clip(picture + noises[number % len(noises)], 0, 255), np.uint8)

    for look, seconds in (
        (None, EMPTY_S), (photograph, STAY_S), (None, GAP_S), (_wear_mask(photograph), STAY_S), (None, EMPTY_S),
    ):  # fmt: skip
        for number in range(round(seconds * FPS)):
            yield seen(look, number)


def make_clip(path: Path) -> Path:
    """Write the clip (MPEG-4, 15 frames/s, 16 s) to `path` and return it; raises `OSError` when it cannot."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part.mp4")
    writer = cv2.VideoWriter(str(unfinished), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (WIDTH, HEIGHT))
    if not writer.isOpened():
        raise OSError(f"cannot write a video to {path}")
    for frame in frames():
        writer.write(frame)
    writer.release()
    return unfinished.replace(path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path, help="where to write the clip, for example var/clip.mp4")
    print(make_clip(parser.parse_args().path))

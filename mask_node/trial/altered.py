"""Clips as other cameras would have filmed them: slower, faster, smaller, noisy, dark, compressed. Deterministic."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from mask_node.sources.base import Captured, file_time
from mask_node.vision.types import Frame

Pictures = Iterator[Captured]
Alteration = Callable[[Pictures, float], Pictures]

WIDTH, NOISE, GAMMA, QUALITY = 320, 15.0, 2.5, 30


def _timed(frames: Iterator[Frame], fps: float) -> Pictures:
    for index, frame in enumerate(frames):
        yield Captured(frame, index, file_time(index, fps), index / fps, index / fps)


def half_rate(pictures: Pictures, fps: float) -> Pictures:
    """Every other picture."""
    return _timed((picture.frame for number, picture in enumerate(pictures) if number % 2 == 0), fps / 2)


def double_rate(pictures: Pictures, fps: float) -> Pictures:
    """Between each two pictures their mean."""

    def frames() -> Iterator[Frame]:
        before: Frame | None = None
        for picture in pictures:
            if before is not None:
                yield np.asarray(cv2.addWeighted(before, 0.5, picture.frame, 0.5, 0), np.uint8)
            yield picture.frame
            before = picture.frame

    return _timed(frames(), 2 * fps)


def _each(change: Callable[[Frame, int], Frame]) -> Alteration:
    def altered(pictures: Pictures, _fps: float) -> Pictures:
        return (replace(picture, frame=change(picture.frame, picture.index)) for picture in pictures)

    return altered


def _smaller(frame: Frame, _index: int) -> Frame:
    size = (WIDTH, round(frame.shape[0] * WIDTH / frame.shape[1]))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)


@lru_cache(maxsize=8)
def _noise(number: int, shape: tuple[int, ...]) -> NDArray[np.int16]:
    return np.random.default_rng(number).normal(0, NOISE, shape).astype(np.int16)


def _noisy(frame: Frame, index: int) -> Frame:
    # Eight pictures of noise, moved about, do: making one takes longer than looking at it.
    noise = np.roll(_noise(index % 8, frame.shape), index * 7919, axis=1)
    return np.asarray(np.clip(frame + noise, 0, 255), np.uint8)


def _dark(frame: Frame, _index: int) -> Frame:
    levels = (np.power(np.arange(256) / 255, GAMMA) * 255).astype(np.uint8)
    return np.asarray(cv2.LUT(frame, levels), np.uint8)


def _compressed(frame: Frame, _index: int) -> Frame:
    content = cv2.imencode(".jpg", frame, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), np.uint8)


#: By the name that the table gives them.
ALTERATIONS: dict[str, Alteration] = {
    "as filmed": lambda pictures, _fps: pictures,
    "half the frame rate": half_rate,
    "twice the frame rate": double_rate,
    f"{WIDTH} px wide": _each(_smaller),
    f"noise of {NOISE:.0f} levels": _each(_noisy),
    f"dark, gamma {GAMMA}": _each(_dark),
    f"JPEG quality {QUALITY}": _each(_compressed),
}
#: Pictures of the altered clip for each of the clip as filmed.
RATES = {"half the frame rate": 0.5, "twice the frame rate": 2.0}

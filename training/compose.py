"""Compose the detector's training pictures: zooms into faces, half mosaics, single faces and whole photographs."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mask_node.vision.geometry import PAD_GREY
from training.augment import Picture, Rng, photometric
from training.data import LabelledPicture

#: Shares of the kinds of composed picture; the rest are mosaics.
WHOLE_SHARE, ZOOM_SHARE = 0.22, 0.40
#: Share of the tiles and views that show a single face picture instead of a photograph.
SINGLE_SHARE = 0.30
#: A face that keeps less than this share of its area inside the view is not worth learning; it is ignored.
KEEP_SHARE = 0.4
#: A face whose longer side is below this many pixels of the composed picture is ignored.
SMALLEST_FACE = 5.0


@dataclass(frozen=True, slots=True)
class Example:
    """One composed picture: (H, W, 3) uint8 BGR, boxes (N, 4) x, y, w, h, states (N,), ignore (N,)."""

    picture: Picture
    boxes: NDArray[np.float32]
    states: NDArray[np.int64]
    ignore: NDArray[np.bool_]


class Album:
    """Labelled pictures held in memory, because decoding costs more than composing (about 1.5 GB for the two sets)."""

    def __init__(self, pictures: Sequence[LabelledPicture]) -> None:
        if not pictures:
            raise ValueError("an album needs at least one picture")
        self.labels = list(pictures)
        self.pictures = [label.read() for label in pictures]

    def __len__(self) -> int:
        return len(self.labels)


def view(
    picture: Picture,
    label: LabelledPicture,
    *,
    size: tuple[int, int],
    centre: tuple[float, float],
    scale: tuple[float, float],
    angle: float = 0.0,
    flip: bool = False,
) -> Example:
    """The part of a picture around `centre` (pixels), scaled (x, y), turned by `angle` (radians), perhaps mirrored.

    size: width, height of the result. Outside the picture the result is grey, as letterboxing makes it.
    """
    width, height = size
    cos, sin = np.cos(angle), np.sin(angle)
    linear = np.array([[cos * scale[0], -sin * scale[1]], [sin * scale[0], cos * scale[1]]])
    if flip:
        linear[0] = -linear[0]
    shift = np.array([width / 2, height / 2]) - linear @ np.array(centre)
    shrink = min(1.0, max(scale))
    source = picture
    if shrink < 0.8:  # shrink by area first: linear sampling alone would alias
        source = np.asarray(cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8)
        fx, fy = source.shape[1] / picture.shape[1], source.shape[0] / picture.shape[0]
        warp = np.column_stack([linear / np.array([fx, fy]), shift])
    else:
        warp = np.column_stack([linear, shift])
    # Boxes live on pixel edges, OpenCV's indices on pixel centres: half a pixel apart.
    warp[:, 2] += warp[:, :2] @ np.array([0.5, 0.5]) - 0.5
    out = cv2.warpAffine(source, warp, size, flags=cv2.INTER_LINEAR, borderValue=(PAD_GREY,) * 3)
    boxes = label.boxes.astype(np.float64)
    middles = (boxes[:, :2] + boxes[:, 2:] / 2) @ linear.T + shift
    sizes = boxes[:, 2:] * np.array(scale)
    return clip(np.asarray(out, np.uint8), middles, sizes, label.states, label.ignore)


def clip(
    picture: Picture, middles: NDArray[np.float64], sizes: NDArray[np.float64],
    states: NDArray[np.int64], ignore: NDArray[np.bool_],
) -> Example:  # fmt: skip
    """Cut boxes at the picture's edge; drop those outside, ignore those mostly outside or too small."""
    limit = np.array([picture.shape[1], picture.shape[0]])
    low = np.clip(middles - sizes / 2, 0, limit)
    high = np.clip(middles + sizes / 2, 0, limit)
    area = np.prod(high - low, axis=1)
    inside = area > 0
    poor = (area < KEEP_SHARE * np.prod(sizes, axis=1)) | ((high - low).max(axis=1, initial=0) < SMALLEST_FACE)
    boxes = np.concatenate([low, high - low], axis=1).astype(np.float32)
    return Example(picture, boxes[inside], states[inside], (ignore | poor)[inside])


class Composer:
    """Draws composed pictures. The same generator state gives the same picture."""

    def __init__(self, scenes: Album, singles: Album | None, size: tuple[int, int]) -> None:
        """size: width and height of the composed pictures."""
        self.scenes, self.singles, self.size = scenes, singles, size

    def draw(self, rng: Rng) -> Example:
        """One composed picture with light and lens effects."""
        kind = rng.random()
        if kind < WHOLE_SHARE:
            example = self.whole(rng)
        elif kind < WHOLE_SHARE + ZOOM_SHARE:
            example = self.zoom(self.size, rng, reach=(0.05, 0.85))
        else:
            example = self.mosaic(rng)
        return Example(photometric(example.picture, rng), example.boxes, example.states, example.ignore)

    def pick(self, rng: Rng) -> tuple[Picture, LabelledPicture]:
        """A random picture of one of the two albums."""
        album = self.scenes
        if self.singles is not None and rng.random() < SINGLE_SHARE:
            album = self.singles
        index = int(rng.integers(len(album)))
        return album.pictures[index], album.labels[index]

    def whole(self, rng: Rng) -> Example:
        """A photograph as the node letterboxes it, a little scaled, turned and moved."""
        picture, label = self.pick(rng)
        height, width = picture.shape[:2]
        scale = min(self.size[0] / width, self.size[1] / height) * rng.uniform(0.8, 1.15)
        centre = (width * rng.uniform(0.42, 0.58), height * rng.uniform(0.42, 0.58))
        return self._view((picture, label), self.size, centre, scale, rng)

    def zoom(self, size: tuple[int, int], rng: Rng, reach: tuple[float, float]) -> Example:
        """Around one face, whose longer side becomes `reach` (shares of the view, log-uniform) of the view."""
        picture, label = self.pick(rng)
        known = np.flatnonzero(~label.ignore)
        if known.size == 0:
            return self.whole_view(picture, label, size, rng)
        weights = np.where(label.states[known] == 1, 3.0, 1.0)
        x, y, w, h = label.boxes[rng.choice(known, p=weights / weights.sum())]
        side = max(float(w), float(h))
        share = float(np.exp(rng.uniform(np.log(reach[0]), np.log(reach[1]))))
        # Growing a face much beyond its pixels teaches blur, and shrinking a picture to a stamp teaches grey.
        least = 0.85 * min(size[0] / picture.shape[1], size[1] / picture.shape[0])
        scale = max(min(share * min(size) / side, 2.5), least)
        room_x, room_y = size[0] / scale, size[1] / scale
        centre = (
            float(x) + float(w) / 2 + rng.uniform(-0.38, 0.38) * max(0.0, room_x - float(w)),
            float(y) + float(h) / 2 + rng.uniform(-0.38, 0.38) * max(0.0, room_y - float(h)),
        )
        return self._view((picture, label), size, centre, scale, rng)

    def whole_view(self, picture: Picture, label: LabelledPicture, size: tuple[int, int], rng: Rng) -> Example:
        """All of a picture, fitted into a view."""
        height, width = picture.shape[:2]
        scale = min(size[0] / width, size[1] / height)
        return self._view((picture, label), size, (width / 2, height / 2), scale, rng)

    def mosaic(self, rng: Rng) -> Example:
        """Four views of four pictures side by side, split at a random point."""
        width, height = self.size
        x, y = (int(side * rng.uniform(0.35, 0.65)) for side in self.size)
        out = np.empty((height, width, 3), np.uint8)
        parts: list[Example] = []
        for left, right in ((0, x), (x, width)):
            for top, bottom in ((0, y), (y, height)):
                part = self.zoom((right - left, bottom - top), rng, reach=(0.08, 0.9))
                out[top:bottom, left:right] = part.picture
                moved = part.boxes + np.array([left, top, 0, 0], np.float32)
                parts.append(Example(out, moved, part.states, part.ignore))
        return Example(
            out,
            np.concatenate([p.boxes for p in parts]),
            np.concatenate([p.states for p in parts]),
            np.concatenate([p.ignore for p in parts]),
        )

    def _view(
        self,
        pick: tuple[Picture, LabelledPicture],
        size: tuple[int, int],
        centre: tuple[float, float],
        scale: float,
        rng: Rng,
    ) -> Example:
        stretch = float(np.exp(rng.normal(0, 0.06)))
        angle = float(rng.normal(0, 0.08)) if rng.random() < 0.5 else 0.0
        flip = bool(rng.random() < 0.5)
        scales = (scale * stretch, scale / stretch)
        return view(*pick, size=size, centre=centre, scale=scales, angle=angle, flip=flip)

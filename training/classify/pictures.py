"""What a classifier sees: the whole picture, squeezed into a square, in colour or grey, perhaps altered."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from mask_node.vision.geometry import PAD_GREY
from training.augment import Picture, Rng, photometric
from training.data import DataError
from training.feed import Batch, MakeBatch, one_hot
from training.prepare.classes import ClassSet

#: A kept picture is this much larger than the model's input, so that a closer view stays sharp.
ROOM = 1.2


@dataclass(frozen=True, slots=True)
class Look:
    """size: side of the input in pixels. grayscale: no colour. channels: 3 BGR (three times the grey), or 1 of grey."""

    size: int
    grayscale: bool = False
    channels: int = 3

    def squeezed(self, picture: Picture, room: float = 1.0) -> Picture:
        """(S, S, 3) BGR of a (H, W, 3) picture, its proportions lost, as the tutorials do; S is `room` times size."""
        side = round(self.size * room)
        shrinking = cv2.INTER_AREA if max(picture.shape[:2]) > side else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(picture, (side, side), interpolation=shrinking), np.uint8)

    def toned(self, picture: Picture) -> Picture:
        """(S, S, channels) of (S, S, 3) BGR."""
        if not self.grayscale:
            return picture
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)[:, :, None]
        return np.repeat(grey, self.channels, axis=2).astype(np.uint8)

    def of(self, picture: Picture) -> Picture:
        """(size, size, channels) of a whole (H, W, 3) BGR picture."""
        return self.toned(self.squeezed(picture))


def read_picture(path: Path) -> Picture:
    """(H, W, 3) BGR. Raises DataError if the file is no picture."""
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise DataError(f"{path}: not a readable picture; prepare the data set again")
    return np.asarray(picture, np.uint8)


def moved(picture: Picture, size: int, rng: Rng) -> Picture:
    """(size, size, 3) view of a larger square: mirrored, turned, scaled and shifted at random."""
    side = picture.shape[0]
    angle, scale = rng.normal(0, 7.0), size / side * float(np.exp(rng.uniform(-0.12, 0.22)))
    warp = cv2.getRotationMatrix2D((side / 2, side / 2), float(angle), scale)
    warp[:, 2] += size / 2 - side / 2 + rng.uniform(-0.06, 0.06, 2) * size
    source = picture[:, ::-1] if rng.random() < 0.5 else picture
    out = cv2.warpAffine(
        np.ascontiguousarray(source), warp, (size, size), flags=cv2.INTER_LINEAR, borderValue=(PAD_GREY,) * 3
    )
    return np.asarray(out, np.uint8)


class Deck:
    """The pictures of one split in memory, drawn with every class as often as the others."""

    def __init__(self, pictures: ClassSet, look: Look, *, augment: bool) -> None:
        self.look, self.augment, self.labels, self.names = look, augment, pictures.labels, pictures.names
        self._kept = [look.squeezed(read_picture(path), ROOM if augment else 1.0) for path in pictures.files]
        self._classes = [np.flatnonzero(self.labels == index) for index in range(len(self.names))]
        empty = [name for name, members in zip(self.names, self._classes, strict=True) if not len(members)]
        if empty:
            raise DataError(f"class {empty[0]} has no picture in this split; every class needs some to train on")

    def __len__(self) -> int:
        return len(self._kept)

    def view(self, index: int, rng: Rng | None) -> Picture:
        """(size, size, channels) of one picture; altered by `rng` where there is one."""
        if rng is None or not self.augment:
            return self.look.of(self._kept[index])
        return self.look.toned(photometric(moved(self._kept[index], self.look.size, rng), rng))

    def draw(self, rng: Rng, count: int) -> NDArray[np.int64]:
        """(count,) indices of pictures; classes are equally likely."""
        classes = rng.integers(len(self._classes), size=count)
        return np.array([rng.choice(self._classes[index]) for index in classes], np.int64)


def batches(deck: Deck, seed: int, size: int) -> MakeBatch:
    """Batch number `step`: (B, S, S, C) pictures and `label` (B, K) one-hot, drawn from (seed, step)."""

    def make(step: int) -> Batch:
        rng = np.random.default_rng([seed, step])
        chosen = deck.draw(rng, size)
        pictures = np.stack([deck.view(int(index), rng) for index in chosen])
        return pictures, {"label": one_hot(deck.labels[chosen], len(deck.names))}

    return make


def whole_batches(pictures: ClassSet, look: Look, size: int) -> Sequence[Batch]:
    """All pictures of a split as they are, in order, in batches like those of `batches`."""
    out, rest = [], iter(range(len(pictures)))
    while part := list(islice(rest, size)):
        stack = np.stack([look.of(read_picture(pictures.files[index])) for index in part])
        out.append((stack, {"label": one_hot(pictures.labels[part], len(pictures.names))}))
    return out

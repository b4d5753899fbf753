"""Boxes and the pictures cut around them. Boxes are x, y, w, h in pixels unless a name says otherwise."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mask_node.vision.types import Frame

Boxes = NDArray[np.float32]

#: What surrounds a picture that does not fill the model's input.
PAD_GREY = 114


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a picture was put into a model's input: input = picture * scale + (left, top)."""

    scale: float
    left: float
    top: float

    def to_picture(self, boxes: Boxes) -> Boxes:
        """(N, 4) boxes of the input, in pixels of the picture."""
        out = boxes.astype(np.float32, copy=True)
        out[:, 0] -= self.left
        out[:, 1] -= self.top
        return np.asarray(out / np.float32(self.scale), np.float32)

    def to_input(self, boxes: Boxes) -> Boxes:
        """(N, 4) boxes of the picture, in pixels of the input."""
        out = boxes.astype(np.float32) * np.float32(self.scale)
        out[:, 0] += self.left
        out[:, 1] += self.top
        return np.asarray(out, np.float32)


def resized(picture: Frame, size: tuple[int, int], shrink: int = cv2.INTER_AREA, out: Frame | None = None) -> Frame:
    """The picture at `size` (width, height): halved by areas while it is twice too large, then brought to size.

    Halves are the one case that OpenCV shrinks by areas quickly: a face that fills the frame would else take as long
    to shrink as to read. shrink: how the rest is done, of less than a half. out: where the result goes.
    """
    while picture.shape[1] >= 2 * size[0] and picture.shape[0] >= 2 * size[1]:
        height, width = picture.shape[0] // 2, picture.shape[1] // 2
        even = picture[: 2 * height, : 2 * width]
        last = out if (width, height) == size else None
        picture = np.asarray(cv2.resize(even, (width, height), dst=last, interpolation=cv2.INTER_AREA), np.uint8)
    if picture is out:
        return picture
    how = shrink if picture.shape[1] > size[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, size, dst=out, interpolation=how), np.uint8)


def letterbox(frame: Frame, size: tuple[int, int]) -> tuple[Frame, Letterbox]:
    """The whole frame inside a picture of `size` (width, height), centred on grey, its proportions kept."""
    out = np.empty((size[1], size[0], 3), np.uint8)
    return out, letterbox_into(frame, out)


def letterbox_into(frame: Frame, out: Frame) -> Letterbox:
    """The same into a (h, w, 3) picture that is there."""
    (height, width), (high, wide) = frame.shape[:2], out.shape[:2]
    scale = min(wide / width, high / height)
    new_w, new_h = max(1, round(width * scale)), max(1, round(height * scale))
    left, top = (wide - new_w) // 2, (high - new_h) // 2
    for rest in (out[:top], out[top + new_h :], out[:, :left], out[:, left + new_w :]):
        if rest.size:
            rest[:] = PAD_GREY
    resized(frame, (new_w, new_h), out=out[top : top + new_h, left : left + new_w])
    return Letterbox(scale, left, top)


def iou_matrix(a: Boxes, b: Boxes) -> NDArray[np.float32]:
    """(N, M) intersection over union of (N, 4) and (M, 4) boxes, 0..1."""
    (ax, ay, aw, ah), (bx, by, bw, bh) = a.T, b.T
    across = np.minimum.outer(ax + aw, bx + bw) - np.maximum.outer(ax, bx)
    down = np.minimum.outer(ay + ah, by + bh) - np.maximum.outer(ay, by)
    common = np.maximum(across, 0) * np.maximum(down, 0)
    union = np.add.outer(aw * ah, bw * bh) - common
    return np.asarray(common / np.maximum(union, 1e-9), np.float32)


def suppress(
    overlaps: NDArray[np.float32], scores: NDArray[np.float32], limit: float, most: int = 200
) -> NDArray[np.intp]:
    """Indices of the boxes that no better one overlaps by more than `limit`, best first, at most `most`.

    overlaps: (N, N) `iou_matrix` of the boxes with themselves.
    """
    covers = overlaps > limit
    gone = np.zeros(len(scores), np.bool_)
    keep: list[int] = []
    for index in np.argsort(-scores, kind="stable").tolist():
        if not gone[index]:
            keep.append(index)
            if len(keep) == most:
                break
            gone |= covers[index]
    return np.array(keep, np.intp)


def vote(
    boxes: Boxes, scores: NDArray[np.float32], keep: NDArray[np.intp], overlaps: NDArray[np.float32], limit: float
) -> Boxes:
    """(K, 4) the kept boxes, each moved to the mean of all that overlap it by `limit` or more.

    overlaps: as `suppress` takes them. Weights are squared scores; sizes are averaged as logarithms. Neighbouring cells
    frame one face each a little differently, and their mean lies nearer than the best of them.
    """
    together = overlaps[keep] >= limit
    if np.count_nonzero(together) <= len(keep):  # each overlaps itself alone
        return boxes[keep]
    weights = together * np.square(scores)
    parts = np.concatenate([boxes[:, :2] + boxes[:, 2:] / 2, np.log(boxes[:, 2:])], axis=1)
    mean = (weights @ parts) / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    size = np.exp(mean[:, 2:])
    return np.concatenate([mean[:, :2] - size / 2, size], axis=1).astype(np.float32)

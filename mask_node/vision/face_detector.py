"""Stage one: find faces in a whole frame."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mask_node.vision.geometry import iou_matrix, letterbox_into, suppress, vote
from mask_node.vision.runtime import Model
from mask_node.vision.types import Frame

#: Pixels of the input per cell of the output maps.
STRIDE = 8
#: Boxes that overlap a better one by more than this are the same face.
SAME_FACE = 0.45
#: A kept box is averaged with the candidates that overlap it by this much. Both chosen on the val split.
VOTE = 0.4
#: Candidates down to this score have a say in such an average, even where they are not given themselves.
VOTERS = 0.08
#: At most this many cells are decoded; the surest are taken.
MOST_CELLS = 300


@dataclass(frozen=True, slots=True)
class Candidates:
    """Possible faces, surest first. boxes: (N, 4) x, y, w, h in pixels. scores: (N,) 0..1."""

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]


NOBODY = Candidates(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))


def sigmoid(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits to 0..1."""
    return np.asarray(1 / (1 + np.exp(-x)), np.float32)


def centres(size: tuple[int, int]) -> NDArray[np.float32]:
    """(h * w, 2) x, y in pixels of the centres of an input's cells, row by row. size: its width and height."""
    across, down = np.meshgrid(np.arange(size[0] // STRIDE), np.arange(size[1] // STRIDE))
    return np.asarray(STRIDE * (np.stack([across.ravel(), down.ravel()], axis=1) + 0.5), np.float32)


def decode(logits: NDArray[np.float32], boxes: NDArray[np.float32], around: NDArray[np.float32]) -> Candidates:
    """Candidates in pixels of the model's input, from the (N,) logits and (N, 4) box numbers of some cells.

    around: (N, 2) the cells' centres in pixels. A box is the offset of its centre from the cell's, and the log of its
    size, all in cells.
    """
    order = np.argsort(-logits, kind="stable")[:MOST_CELLS]
    found = boxes[order]
    sizes = np.exp(np.minimum(np.maximum(found[:, 2:], -3), 5)) * np.float32(STRIDE)
    found[:, :2] = found[:, :2] * np.float32(STRIDE) + around[order] - sizes / 2
    found[:, 2:] = sizes
    return Candidates(found, sigmoid(logits[order]))


class FaceDetector:
    """The face detector and its thresholds, from its card."""

    def __init__(self, model: Model) -> None:
        self.model = model
        #: Candidates below this score are not given at all.
        self.least = model.card.thresholds["candidate"]
        least = min(VOTERS, self.least)
        self._floor = np.float32(np.log(least / (1 - least)))
        self._centres = centres(model.size)

    def find(self, frame: Frame) -> Candidates:
        """All candidates of a frame, one per face, cut at the frame's edge."""
        place = self.model.see(lambda canvas: letterbox_into(frame, canvas))
        objectness, boxes = self.model.outputs["objectness"], self.model.outputs["boxes"]
        logits = objectness.real(objectness.raw().reshape(-1))
        cells = np.flatnonzero(logits >= self._floor)
        if not cells.size:
            return NOBODY
        # Few of the boxes are ever looked at: only theirs are brought to numbers.
        found = decode(logits[cells], boxes.real(boxes.raw().reshape(-1, 4)[cells]), self._centres[cells])
        overlaps = iou_matrix(found.boxes, found.boxes)
        keep = suppress(overlaps, found.scores, SAME_FACE)
        keep = keep[found.scores[keep] >= self.least]
        if not keep.size:
            return NOBODY
        best = place.to_picture(vote(found.boxes, found.scores, keep, overlaps, VOTE))
        return Candidates(inside(best, frame), found.scores[keep])


def inside(boxes: NDArray[np.float32], frame: Frame) -> NDArray[np.float32]:
    """(N, 4) boxes cut at the frame's edge; one that lies wholly outside becomes a single pixel at the edge."""
    limit = np.array([frame.shape[1], frame.shape[0]], np.float32)
    out = np.empty(boxes.shape, np.float32)
    low, size = out[:, :2], out[:, 2:]
    np.minimum(np.maximum(boxes[:, :2], 0), limit - 1, out=low)
    np.minimum(np.maximum(boxes[:, :2] + boxes[:, 2:], low + 1), limit, out=size)
    size -= low
    return out

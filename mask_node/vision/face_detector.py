"""Stage one: find faces in a whole frame."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mask_node.vision.geometry import letterbox, suppress, vote
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
    """Possible faces, surest first.

    boxes: (N, 4) x, y, w, h in pixels. scores: (N,) 0..1. states: (N, 3) probabilities.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    states: NDArray[np.float32]


def sigmoid(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits to 0..1."""
    return np.asarray(1 / (1 + np.exp(-x)), np.float32)


def softmax(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits on the last axis to probabilities that sum to 1."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True), np.float32)


def decode(
    objectness: NDArray[np.float32], states: NDArray[np.float32], boxes: NDArray[np.float32], least: float
) -> Candidates:
    """Candidates in pixels of the model's input, from the three (h, w, n) maps of logits and box numbers.

    A box is the offset of its centre from the cell's, and the log of its size, all in cells.
    """
    width = objectness.shape[1]
    logits = objectness.reshape(-1)
    floor = np.log(least / (1 - least))
    cells = np.flatnonzero(logits >= floor)
    cells = cells[np.argsort(-logits[cells], kind="stable")[:MOST_CELLS]]
    scores = sigmoid(logits[cells])
    raw = boxes.reshape(-1, 4)[cells]
    centres = np.stack([cells % width, cells // width], axis=1) + np.float32(0.5) + raw[:, :2]
    sizes = np.exp(np.clip(raw[:, 2:], -3, 5))
    found = np.concatenate([centres - sizes / 2, sizes], axis=1).astype(np.float32) * np.float32(STRIDE)
    return Candidates(found, scores, softmax(states.reshape(-1, 3)[cells]))


class FaceDetector:
    """The face detector and its thresholds, from its card."""

    def __init__(self, model: Model) -> None:
        self.model = model
        #: Candidates below this score are not given at all.
        self.least = model.card.thresholds["candidate"]

    def find(self, frame: Frame) -> Candidates:
        """All candidates of a frame, one per face, cut at the frame's edge."""
        picture, box = letterbox(frame, self.model.size)
        out = self.model.run(picture)
        found = decode(out["objectness"], out["states"], out["boxes"], min(VOTERS, self.least))
        keep = suppress(found.boxes, found.scores, SAME_FACE)
        keep = keep[found.scores[keep] >= self.least]
        boxes = box.to_picture(vote(found.boxes, found.scores, keep, VOTE))
        return Candidates(inside(boxes, frame), found.scores[keep], found.states[keep])


def inside(boxes: NDArray[np.float32], frame: Frame) -> NDArray[np.float32]:
    """(N, 4) boxes cut at the frame's edge; one that lies wholly outside becomes a single pixel at the edge."""
    limit = np.array([frame.shape[1], frame.shape[0]], np.float32)
    low = np.clip(boxes[:, :2], 0, limit - 1)
    high = np.clip(boxes[:, :2] + boxes[:, 2:], low + 1, limit)
    return np.concatenate([low, high - low], axis=1).astype(np.float32)

"""Stage two: one square crop around a face to its mask state, whether it is a face at all, and a better box."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from mask_node.vision.geometry import PAD_GREY, resized
from mask_node.vision.runtime import Model
from mask_node.vision.types import Box, Frame, StateProbabilities

#: Side of the square crop over the longer side of the box: a little air shows where the mask ends.
CONTEXT = 1.2


@dataclass(frozen=True, slots=True)
class Reading:
    """What one crop shows. face: how surely it is a face, 0..1. box: x, y, w, h in pixels of the frame."""

    face: float
    states: StateProbabilities
    box: Box


def square_around(box: Box, context: float = CONTEXT) -> tuple[int, int, int]:
    """Left, top and side in whole pixels of the square around a box; it may reach beyond the picture."""
    x, y, w, h = box
    side = max(2, round(max(w, h) * context))
    return round(x + w / 2 - side / 2), round(y + h / 2 - side / 2), side


def cut(frame: Frame, left: int, top: int, side: int, size: int) -> Frame:
    """The (size, size, 3) picture of a square of the frame; what lies outside the frame is grey."""
    out = np.empty((size, size, 3), np.uint8)
    cut_into(frame, left, top, side, out)
    return out


def cut_into(frame: Frame, left: int, top: int, side: int, out: Frame) -> None:
    """The same into a (size, size, 3) picture that is there."""
    height, width = frame.shape[:2]
    x1, y1, x2, y2 = max(0, left), max(0, top), min(width, left + side), min(height, top + side)
    if x2 <= x1 or y2 <= y1:
        out[:] = PAD_GREY
        return
    part = frame[y1:y2, x1:x2]
    if part.shape[:2] != (side, side):
        part = np.asarray(
            cv2.copyMakeBorder(
                part, y1 - top, top + side - y2, x1 - left, left + side - x2,
                cv2.BORDER_CONSTANT, value=(PAD_GREY,) * 3,
            ),
            np.uint8,
        )  # fmt: skip
    # Linear, because crops are cut linearly in training: on val, by areas costs more and finds no more.
    resized(part, (out.shape[1], out.shape[0]), cv2.INTER_LINEAR, out)


class MaskStateReader:
    """The second stage and its calibration, from its card."""

    def __init__(self, model: Model) -> None:
        self.model = model
        #: States' logits are divided by this before softmax, so that probabilities mean what they say.
        self.temperature = model.card.calibration.get("state_temperature", 1.0)

    def read(self, frame: Frame, box: Box) -> Reading:
        """Look again at one box (x, y, w, h in pixels of the frame)."""
        left, top, side = square_around(box)
        self.model.see(lambda canvas: cut_into(frame, left, top, side, canvas))
        # So few numbers are quicker one by one than as arrays.
        (face,), states, (dx, dy, log_w, log_h) = (self._numbers(name) for name in ("face", "states", "box"))
        highest = max(states)
        likely = [math.exp((logit - highest) / self.temperature) for logit in states]
        total = sum(likely)
        w, h = side * math.exp(min(log_w, 1.0)), side * math.exp(min(log_h, 1.0))
        return Reading(
            face=1 / (1 + math.exp(-face)),
            states=StateProbabilities(*(value / total for value in likely)),
            box=(left + side * (0.5 + dx) - w / 2, top + side * (0.5 + dy) - h / 2, w, h),
        )

    def _numbers(self, name: str) -> list[float]:
        output = self.model.outputs[name]
        values: list[float] = output.real(output.raw()).tolist()
        return values

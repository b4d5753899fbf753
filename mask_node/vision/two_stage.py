"""The detector and the second stage as one: frame in, faces with states out."""

import time

import numpy as np

from mask_node.vision.face_detector import FaceDetector, inside
from mask_node.vision.geometry import suppress, vote
from mask_node.vision.mask_state import Box, MaskStateReader
from mask_node.vision.types import Face, Frame, Sight

#: A face's score is face ** FACE_POWER * detector ** DETECTOR_POWER. Chosen on the val split.
FACE_POWER, DETECTOR_POWER = 0.7, 0.3
#: How far a box goes from the detector's to the second stage's. Chosen on the val split.
CORRECTION = 0.85
#: Corrected boxes that overlap a surer one by more than this are the same face.
SAME_FACE = 0.5
#: A kept box is averaged with the others that overlap it by this much. Chosen on the val split.
VOTE = 0.5


class TwoStageDetector:
    """Finds candidates, looks at each again, and keeps one face per place."""

    def __init__(self, faces: FaceDetector, states: MaskStateReader) -> None:
        self.faces, self.states = faces, states

    @property
    def model_id(self) -> str:
        """Both models' ids."""
        return f"{self.faces.model.card.model_id}+{self.states.model.card.model_id}"

    def detect(self, frame: Frame) -> Sight:
        """Faces of a (H, W, 3) BGR frame, surest first, down to the scores that the cards' thresholds name."""
        began = time.perf_counter()
        found = self.faces.find(frame)
        searched = time.perf_counter()
        faces = []
        for box, score in zip(found.boxes.tolist(), found.scores.tolist(), strict=True):
            reading = self.states.read(frame, (box[0], box[1], box[2], box[3]))
            faces.append(
                Face(_between(box, reading.box), reading.face**FACE_POWER * score**DETECTOR_POWER, reading.states)
            )
        faces = _distinct(faces, frame)
        ended = time.perf_counter()
        ms = {"detect": (searched - began) * 1e3, "state": (ended - searched) * 1e3, "total": (ended - began) * 1e3}
        return Sight(faces, ms)


def _between(first: list[float], second: Box) -> Box:
    x, y, w, h = (a + CORRECTION * (b - a) for a, b in zip(first, second, strict=True))
    return x, y, w, h


def _distinct(faces: list[Face], frame: Frame) -> list[Face]:
    """One face per place, surest first, boxes cut at the frame's edge."""
    if not faces:
        return []
    boxes = np.array([face.box for face in faces], np.float32)
    confidences = np.array([face.confidence for face in faces], np.float32)
    keep = suppress(boxes, confidences, SAME_FACE)
    best = inside(vote(boxes, confidences, keep, VOTE), frame).tolist()
    return [
        Face((box[0], box[1], box[2], box[3]), faces[index].score, faces[index].states)
        for box, index in zip(best, keep, strict=True)
    ]

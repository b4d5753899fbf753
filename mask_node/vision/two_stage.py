"""The detector and the second stage as one: frame in, faces with states out."""

import time

import numpy as np

from mask_node.vision.face_detector import FaceDetector, inside
from mask_node.vision.geometry import suppress
from mask_node.vision.mask_state import MaskStateReader
from mask_node.vision.types import Face, Frame, Sight

#: A face's score is face ** FACE_POWER * detector ** DETECTOR_POWER. Chosen on the val split.
FACE_POWER, DETECTOR_POWER = 0.7, 0.3
#: Corrected boxes that overlap a surer one by more than this are the same face.
SAME_FACE = 0.5


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
            faces.append(Face(reading.box, reading.face**FACE_POWER * score**DETECTOR_POWER, reading.states))
        faces = _distinct(faces, frame)
        ended = time.perf_counter()
        ms = {"detect": (searched - began) * 1e3, "state": (ended - searched) * 1e3, "total": (ended - began) * 1e3}
        return Sight(faces, ms)


def _distinct(faces: list[Face], frame: Frame) -> list[Face]:
    """One face per place, surest first, boxes cut at the frame's edge."""
    if not faces:
        return []
    boxes = inside(np.array([face.box for face in faces], np.float32), frame)
    confidences = np.array([face.confidence for face in faces], np.float32)
    return [
        Face((float(x), float(y), float(w), float(h)), faces[i].score, faces[i].states)
        for i in suppress(boxes, confidences, SAME_FACE)
        for x, y, w, h in (boxes[i],)
    ]

"""The detector and the second stage as one: frame in, faces with states out."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mask_node.vision.face_detector import Candidates, FaceDetector, inside
from mask_node.vision.geometry import iou_matrix, suppress, vote
from mask_node.vision.mask_state import MaskStateReader, Reading
from mask_node.vision.types import Face, Frame, Sight


@dataclass(frozen=True, slots=True)
class Settings:
    """How two looks become one face; chosen on the val split by `maskgate train tune`.

    A face's score is face ** face_power * detector ** detector_power; its box is the second stage's. same_face: boxes
    that overlap a surer one by more than this (IoU) are the same face. vote: a kept box is averaged with others that
    overlap it by this much.
    """

    face_power: float = 0.7
    detector_power: float = 0.3
    same_face: float = 0.5
    vote: float = 0.5


class TwoStageDetector:
    """Finds candidates, looks at each again, and keeps one face per place."""

    def __init__(self, faces: FaceDetector, states: MaskStateReader, settings: Settings | None = None) -> None:
        self.faces, self.states, self.settings = faces, states, settings or Settings()

    @property
    def model_id(self) -> str:
        """Both models' ids."""
        return f"{self.faces.model.card.model_id}+{self.states.model.card.model_id}"

    def detect(self, frame: Frame) -> Sight:
        """Faces of a (H, W, 3) BGR frame, surest first, down to the scores that the cards' thresholds name."""
        began = time.perf_counter()
        found = self.faces.find(frame)
        searched = time.perf_counter()
        faces = merged(found, self.look_again(frame, found), frame, self.settings)
        ended = time.perf_counter()
        ms = {"detect": (searched - began) * 1e3, "state": (ended - searched) * 1e3, "total": (ended - began) * 1e3}
        return Sight(faces, ms)

    def look_again(self, frame: Frame, found: Candidates) -> list[Reading]:
        """What the second stage says of each candidate."""
        return [self.states.read(frame, (x, y, w, h)) for x, y, w, h in found.boxes.tolist()]


def merged(found: Candidates, readings: Sequence[Reading], frame: Frame, settings: Settings) -> list[Face]:
    """One face per place, surest first, boxes cut at the frame's edge."""
    if not readings:
        return []
    faces = [
        Face(reading.box, reading.face**settings.face_power * score**settings.detector_power, reading.states)
        for reading, score in zip(readings, found.scores.tolist(), strict=True)
    ]
    boxes = np.array([face.box for face in faces], np.float32)
    confidences = np.array([face.confidence for face in faces], np.float32)
    overlaps = iou_matrix(boxes, boxes)
    keep = suppress(overlaps, confidences, settings.same_face)
    best = inside(vote(boxes, confidences, keep, overlaps, settings.vote), frame).tolist()
    return [
        Face((x, y, w, h), faces[index].score, faces[index].states)
        for (x, y, w, h), index in zip(best, keep.tolist(), strict=True)
    ]

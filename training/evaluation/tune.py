"""Choose the settings by which two looks become one face, on the val split: one coordinate at a time, twice round."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mask_node.vision.face_detector import Candidates
from mask_node.vision.mask_state import Reading
from mask_node.vision.two_stage import Settings, TwoStageDetector, merged
from mask_node.vision.types import Frame
from training.data import LabelledPicture
from training.evaluation.look import as_predictions
from training.evaluation.score import Score, score

#: What is tried for each setting.
CHOICES: dict[str, tuple[float, ...]] = {
    "face_power": (0.3, 0.5, 0.7, 0.85, 1.0),
    "detector_power": (0.0, 0.15, 0.3, 0.5, 0.7),
    "same_face": (0.4, 0.45, 0.5, 0.55, 0.6),
    "vote": (0.4, 0.5, 0.6, 0.7, 1.0),
}
ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Look:
    """All that both models said of one picture, kept so that every setting can be tried on it."""

    frame: Frame
    found: Candidates
    readings: list[Reading]


def look_once(detector: TwoStageDetector, pictures: Sequence[LabelledPicture]) -> list[Look]:
    """Run both models over the pictures."""
    looks = []
    for label in pictures:
        frame = label.read()
        found = detector.faces.find(frame)
        looks.append(Look(frame, found, detector.look_again(frame, found)))
    return looks


def worth(result: Score) -> float:
    """What is made large: the mean of the four average precisions, three-state and compliance, all and large."""
    parts = (result.map50, result.compliance50, result.map50_large, result.compliance50_large)
    return float(np.mean(parts))


def tune(
    looks: Sequence[Look], pictures: Sequence[LabelledPicture], start: Settings, say: Callable[[str], None]
) -> Settings:
    """The best settings found from `start`. A setting changes only where that gains at least a thousandth."""

    def judge(settings: Settings) -> Score:
        faces = [merged(look.found, look.readings, look.frame, settings) for look in looks]
        return score(pictures, [as_predictions(found) for found in faces])

    best, most = start, worth(judge(start))
    say(f"{most:.4f} {best}")
    for _ in range(ROUNDS):
        for name, values in CHOICES.items():
            for value in values:
                tried = replace(best, **{name: value})
                gained = worth(judge(tried))
                if gained >= most + 0.001:
                    best, most = tried, gained
                    say(f"{most:.4f} {name} {value:g}")
    return best

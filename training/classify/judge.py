"""How right a classifier, or the node's own pair, is on labelled face pictures."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mask_node.vision.card import ModelError, checked_model
from mask_node.vision.load import load_detector, load_mask_state
from mask_node.vision.mask_state import CONTEXT
from mask_node.vision.runtime import Model
from mask_node.vision.types import Frame, StateProbabilities
from maskgate.states import MaskState
from training.classify.pictures import Look, read_picture
from training.data import DataError
from training.prepare.classes import ClassSet

#: One picture to the name of its class, or None for no answer.
Answer = Callable[[Frame], str | None]


@dataclass(frozen=True, slots=True)
class Verdicts:
    """One judge's answers. confusion[i][j]: pictures of class i called class j; the last column: no answer."""

    judge: str
    names: list[str]
    confusion: list[list[int]]

    @property
    def pictures(self) -> int:
        """How many were judged."""
        return sum(sum(row) for row in self.confusion)

    @property
    def right(self) -> int:
        """How many were judged rightly; no answer is never right."""
        return sum(row[index] for index, row in enumerate(self.confusion))

    @property
    def accuracy(self) -> float:
        """Share of right answers, 0..1."""
        return self.right / self.pictures

    @property
    def interval(self) -> tuple[float, float]:
        """Where the accuracy on all such pictures lies, with 95 % confidence."""
        return wilson(self.right, self.pictures)


def wilson(right: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """The score interval of a share (Wilson 1927, doi:10.2307/2276774); sound near 1 too. z: 1.96 for 95 %."""
    if not count:
        return 0.0, 1.0
    share = right / count
    middle = share + z * z / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def judge(name: str, answer: Answer, pictures: ClassSet) -> Verdicts:
    """Ask for every picture of a split."""
    count = len(pictures.names)
    confusion = np.zeros((count, count + 1), np.int64)
    for path, label in zip(pictures.files, pictures.labels, strict=True):
        said = answer(read_picture(path))
        confusion[label, count if said is None else pictures.names.index(said)] += 1
    return Verdicts(name, pictures.names, confusion.tolist())


def keras_run(folder: Path) -> tuple[str, Answer]:
    """The float model of a finished run. Raises DataError if there is none."""
    import tensorflow as tf

    from training.classify.models import build, read_classifier
    from training.fit import WEIGHTS, load_weights, scaled

    classifier = read_classifier(folder)
    model = build(classifier)
    load_weights(model, folder / WEIGHTS)
    # One graph: a picture at a time, Keras alone spends its time between the layers.
    forward = tf.function(lambda pictures: model(scaled(pictures), training=False))

    def answer(picture: Frame) -> str:
        values = forward(tf.constant(classifier.look.of(picture)[None])).numpy()[0]
        return classifier.names[int(values.argmax())]

    return f"{classifier.kind}, Keras", answer


def exported(path: Path) -> tuple[str, Answer]:
    """An exported classifier, by the path of its model or card. Raises ModelError if it is another kind of model."""
    card, content = checked_model(path.with_suffix(".json"))
    if card.kind != "mask_classifier":
        raise ModelError(f"{path}: its kind is {card.kind}, mask_classifier is needed")
    model = Model(card, content)
    channels = card.input.shape[3]
    look = Look(model.size[0], card.input.meaning.startswith("grey"), channels)

    def answer(picture: Frame) -> str:
        return card.labels[int(model.run(look.of(picture))["classes"].argmax())]

    return f"{path.stem}, {card.format}", answer


def whole_picture(models: Path, names: Sequence[str]) -> tuple[str, Answer]:
    """The node's second stage, the whole picture for a crop: the box is so much smaller that its context fills it."""
    reader = load_mask_state(models)

    def answer(picture: Frame) -> str:
        height, width = picture.shape[:2]
        w, h = width / CONTEXT, height / CONTEXT
        return name_of(reader.read(picture, ((width - w) / 2, (height - h) / 2, w, h)).states, names)

    return "node's second stage, picture whole", answer


def own_detector(models: Path, names: Sequence[str]) -> tuple[str, Answer]:
    """The node's pair: the surest face counts; none is no answer."""
    detector = load_detector(models)

    def answer(picture: Frame) -> str | None:
        faces = detector.detect(picture).faces
        return name_of(faces[0].states, names) if faces else None

    return "node's pair, own detector", answer


def name_of(states: StateProbabilities, names: Sequence[str]) -> str:
    """The likeliest state as one of the set's classes.

    A set without `incorrect` asks whether a mask is on the face, not how it is worn: `mask` and `incorrect` count
    together there. Raises DataError if the set has no class for the state.
    """
    state = states.best
    if MaskState.INCORRECT not in names:
        state = MaskState.NO_MASK if states.no_mask > states.mask + states.incorrect else MaskState.MASK
    if state.value not in names:
        raise DataError(f"the set has no class for {state.value}; its classes are {', '.join(names)}")
    return state.value


def mistakes(verdicts: Verdicts) -> list[str]:
    """What was taken for what, how often, the most frequent first."""
    said = [*verdicts.names, "nothing"]
    wrong = [
        (count, f"{count} {verdicts.names[i]} called {said[j]}")
        for i, row in enumerate(verdicts.confusion)
        for j, count in enumerate(row)
        if i != j and count
    ]
    return [text for _, text in sorted(wrong, key=lambda item: -item[0])]


def as_plain(verdicts: Verdicts) -> dict[str, object]:
    """For JSON."""
    low, high = verdicts.interval
    return {
        "judge": verdicts.judge, "pictures": verdicts.pictures, "right": verdicts.right,
        "accuracy": verdicts.accuracy, "interval": [low, high],
        "names": verdicts.names, "confusion": verdicts.confusion,
    }  # fmt: skip

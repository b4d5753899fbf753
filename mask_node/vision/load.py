"""Open the models that come with the node, or others with the same names."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mask_node.vision.card import ModelCard, ModelError, checked_model
from mask_node.vision.face_detector import FaceDetector
from mask_node.vision.mask_state import MaskStateReader
from mask_node.vision.runtime import Model
from mask_node.vision.two_stage import TwoStageDetector
from mask_node.vision.types import Detector

#: The models of the package.
MODELS = Path(__file__).resolve().parent.parent / "models"
FACE_DETECTOR, MASK_STATE = "face_detector", "mask_state"


def load_detector(
    models: Path | None = None, threads: int = 1, *, delegates: Sequence[Any] = (), suffix: str = ""
) -> Detector:
    """The pair of models in a folder (default: the package's own), ready to run on `threads` threads.

    delegates: of the runtime, for other hardware; suffix: of the names of the models that are made for it.
    Raises ModelError if a model or its card is missing, damaged or of the wrong kind.
    """
    folder = models or MODELS
    faces = FaceDetector(_open(folder, FACE_DETECTOR, threads, delegates, suffix))
    return TwoStageDetector(faces, MaskStateReader(_open(folder, MASK_STATE, threads, delegates, suffix)))


def load_face_detector(folder: Path, threads: int = 1) -> FaceDetector:
    """Stage one alone."""
    return FaceDetector(_open(folder, FACE_DETECTOR, threads))


def load_mask_state(folder: Path, threads: int = 1) -> MaskStateReader:
    """Stage two alone."""
    return MaskStateReader(_open(folder, MASK_STATE, threads))


def _open(folder: Path, kind: str, threads: int, delegates: Sequence[Any] = (), suffix: str = "") -> Model:
    path = folder / f"{kind}{suffix}.json"
    card, content = checked_model(path)
    _check_kind(path, card, kind)
    return Model(card, content, threads, delegates)


def _check_kind(path: Path, card: ModelCard, kind: str) -> None:
    if card.kind != kind:
        raise ModelError(f"{path}: its kind is {card.kind}, {kind} is needed; install the pair of files anew")

"""Open the models that come with the node, or others with the same names."""

from pathlib import Path

from mask_node.vision.card import ModelCard, ModelError, checked_model
from mask_node.vision.face_detector import FaceDetector
from mask_node.vision.mask_state import MaskStateReader
from mask_node.vision.runtime import Model
from mask_node.vision.two_stage import TwoStageDetector
from mask_node.vision.types import Detector

#: The models of the package.
MODELS = Path(__file__).resolve().parent.parent / "models"
FACE_DETECTOR, MASK_STATE = "face_detector", "mask_state"


def load_detector(models: Path | None = None, threads: int = 1) -> Detector:
    """The pair of models in a folder (default: the package's own), ready to run on `threads` threads.

    Raises ModelError if a model or its card is missing, damaged or of the wrong kind.
    """
    folder = models or MODELS
    return TwoStageDetector(load_face_detector(folder, threads), load_mask_state(folder, threads))


def load_face_detector(folder: Path, threads: int = 1) -> FaceDetector:
    """Stage one alone."""
    return FaceDetector(_open(folder, FACE_DETECTOR, threads))


def load_mask_state(folder: Path, threads: int = 1) -> MaskStateReader:
    """Stage two alone."""
    return MaskStateReader(_open(folder, MASK_STATE, threads))


def _open(folder: Path, kind: str, threads: int) -> Model:
    path = folder / f"{kind}.json"
    card, content = checked_model(path)
    _check_kind(path, card, kind)
    return Model(card, content, threads)


def _check_kind(path: Path, card: ModelCard, kind: str) -> None:
    if card.kind != kind:
        raise ModelError(f"{path}: its kind is {card.kind}, {kind} is needed; install the pair of files anew")

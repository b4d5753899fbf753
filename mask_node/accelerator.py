"""The models on an Edge TPU where there is one, else on the processor; which of the two is told in health."""

import ctypes
import ctypes.util
import logging
from pathlib import Path
from typing import Any

from mask_node.vision import load
from mask_node.vision.card import ModelError
from mask_node.vision.types import Detector

log = logging.getLogger(__name__)

#: Google's library for the Edge TPU; installed only where there is one.
LIBRARY = "edgetpu"
#: Models compiled for it lie beside the others, with cards of their own: `face_detector_edgetpu.json` and so on.
SUFFIX = "_edgetpu"


def load_best(models: Path | None, threads: int, *, edge_tpu: bool = True) -> tuple[Detector, str]:
    """Return the detector and what it runs on: `edgetpu`, `cpu`, or `cpu` with why it is not the Edge TPU.

    threads: of the processor. Raises `ModelError` if the models cannot be used on the processor either.
    """
    folder = models or load.MODELS
    if not edge_tpu or not (library := ctypes.util.find_library(LIBRARY)):
        return load.load_detector(models, threads), "cpu"
    why = "no models compiled for it"
    if (folder / f"face_detector{SUFFIX}.json").is_file():
        try:
            return load.load_detector(models, threads, delegates=[_delegate(library)], suffix=SUFFIX), "edgetpu"
        except (ModelError, OSError, RuntimeError, ValueError) as error:
            why = str(error) or type(error).__name__
    log.warning("the Edge TPU is not used: %s; the models run on the processor", why)
    return load.load_detector(models, threads), f"cpu (Edge TPU: {why})"


def _delegate(library: str) -> Any:
    # The runtime leaves a half-made object behind when it is given a library of another kind.
    if not hasattr(ctypes.CDLL(library), "tflite_plugin_create_delegate"):
        raise ValueError(f"{library} is no library of an Edge TPU")
    try:
        from ai_edge_litert.interpreter import load_delegate
    except ImportError:
        from tflite_runtime.interpreter import load_delegate
    return load_delegate(library)

"""Look at picture files once, without a camera: what `maskgate node detect` prints and training scores."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mask_node.sources.opencv import decode_picture
from mask_node.vision.load import load_detector
from mask_node.vision.types import Detector, Face, Frame
from maskgate.states import MODEL_STATES


class PictureError(Exception):
    """A file is not a readable picture; the text names it and what to do."""


def read_picture(path: Path) -> Frame:
    """The picture, (H, W, 3) BGR. Raises PictureError if the file is missing or is no picture."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise PictureError(f"{path}: no such file; check the name") from None
    except OSError as error:
        raise PictureError(
            f"{path}: cannot be read ({error.strerror}); give a picture file that you may read"
        ) from error
    picture = decode_picture(content)
    if picture is None:
        raise PictureError(f"{path}: not a picture that OpenCV reads; give a JPEG, PNG, BMP or WebP file")
    return picture


def detect_files(
    paths: Iterable[Path | str], *, threads: int = 1, detector: Detector | None = None
) -> Iterator[dict[str, Any]]:
    """One record per picture, in order: file, width, height, faces (surest first) and ms per stage.

    Boxes are x, y, w, h in pixels of the picture. detector: default the node's own models on `threads` threads.
    Raises PictureError at the first file that cannot be read, and ModelError if the models cannot be used.
    """
    eyes = detector or load_detector(threads=threads)
    for path in paths:
        frame = read_picture(Path(path))
        sight = eyes.detect(frame)
        yield {
            "file": str(path),
            "width": frame.shape[1],
            "height": frame.shape[0],
            "faces": [face_record(face) for face in sight.faces],
            "ms": {stage: round(value, 2) for stage, value in sight.ms.items()},
        }


def face_record(face: Face) -> dict[str, Any]:
    """One face as plain JSON values."""
    return {
        "box": [round(value, 1) for value in face.box],
        "state": face.state.value,
        "confidence": round(face.confidence, 4),
        "states": {state.value: round(face.states.of(state), 4) for state in MODEL_STATES},
    }

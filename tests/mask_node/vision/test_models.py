"""The models that come with the node: refused when damaged, and right about a face that nobody trained on."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from mask_node.detect import PictureError, detect_files
from mask_node.vision.card import ModelError, read_card
from mask_node.vision.load import MODELS, load_detector
from mask_node.vision.types import Detector, Face, StateProbabilities
from maskgate.states import MaskState

LARGEST = 5_000_000


@pytest.fixture(scope="module")
def detector() -> Detector:
    return load_detector()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(MODELS, tmp_path / "models"))


@pytest.fixture(scope="module")
def astronaut() -> np.ndarray:
    data = pytest.importorskip("skimage.data", reason="scikit-image brings the photograph")
    return np.ascontiguousarray(data.astronaut()[:, :, ::-1])


def test_cards_describe_small_models() -> None:
    for kind in ("face_detector", "mask_state"):
        card = read_card(MODELS / f"{kind}.json")
        assert card.kind == kind
        assert card.input.dtype == "uint8"
        assert (MODELS / card.file).stat().st_size < LARGEST
        assert card.limits
        assert card.training.command


def test_a_damaged_model_is_refused(copy: Path) -> None:
    path = copy / "face_detector.tflite"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"face_detector\.tflite.*install both again"):
        load_detector(copy)


def test_a_model_without_card_or_file_is_refused(copy: Path) -> None:
    (copy / "mask_state.tflite").unlink()
    with pytest.raises(ModelError, match="no such model file"):
        load_detector(copy)
    (copy / "mask_state.json").unlink()
    with pytest.raises(ModelError, match="no model card"):
        load_detector(copy)


def test_a_malformed_card_names_its_field(copy: Path) -> None:
    path = copy / "mask_state.json"
    card = json.loads(path.read_text())
    card["sha256"] = "beef"
    path.write_text(json.dumps(card))
    with pytest.raises(ModelError, match="sha256"):
        load_detector(copy)


def test_a_card_of_the_wrong_kind_is_refused(copy: Path) -> None:
    shutil.copy(copy / "mask_state.json", copy / "face_detector.json")
    with pytest.raises(ModelError, match="its kind is mask_state"):
        load_detector(copy)


def test_a_card_of_another_shape_is_refused(copy: Path) -> None:
    path = copy / "face_detector.json"
    card = json.loads(path.read_text())
    card["input"]["shape"] = [1, 320, 320, 3]
    path.write_text(json.dumps(card))
    with pytest.raises(ModelError, match="its card says"):
        load_detector(copy)


@pytest.mark.parametrize(("place", "told"), [("input", "takes uint8"), ("outputs", r"gives \w+ as \w+")])
def test_a_card_of_another_type_is_refused(copy: Path, place: str, told: str) -> None:
    path = copy / "mask_state.json"
    card = json.loads(path.read_text())
    for tensor in card[place] if place == "outputs" else [card[place]]:
        tensor["dtype"] = "float16"
    path.write_text(json.dumps(card))
    with pytest.raises(ModelError, match=told + ", its card says float16"):
        load_detector(copy)


def test_a_classifier_is_refused_where_a_stage_is_needed(copy: Path) -> None:
    path = copy / "mask_state.json"
    card = json.loads(path.read_text()) | {"kind": "mask_classifier"}
    path.write_text(json.dumps(card))
    with pytest.raises(ModelError, match="its kind is mask_classifier, mask_state is needed"):
        load_detector(copy)


def test_the_model_id_tells_models_apart(detector: Detector) -> None:
    assert detector.model_id.count("maskgate-") == 2


def test_confidence_grows_with_score_and_state() -> None:
    low = Face((0, 0, 1, 1), 0.5, StateProbabilities(0.6, 0.2, 0.2))
    high = Face((0, 0, 1, 1), 0.5, StateProbabilities(0.9, 0.05, 0.05))
    assert low.state is MaskState.MASK
    assert low.confidence < high.confidence
    assert 0 <= high.confidence <= 1


@pytest.mark.parametrize("width", [60, 90, 130, 200])
def test_a_bare_face_has_no_mask(detector: Detector, astronaut: np.ndarray, width: int) -> None:
    # The face of the 512 px photograph is about 105 px wide.
    scale = width / 105
    picture = cv2.resize(
        astronaut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    )
    best = detector.detect(np.asarray(picture, np.uint8)).faces[0]
    assert best.state is MaskState.NO_MASK
    assert best.confidence > 0.5
    x, y, w, h = (value / scale for value in best.box)
    assert abs(x + w / 2 - 224) < 40
    assert abs(y + h / 2 - 125) < 50
    assert 70 < w < 200


@pytest.mark.parametrize("shape", [(480, 640, 3), (1, 1, 3), (10, 2000, 3)])
def test_any_picture_gives_a_sight(detector: Detector, shape: tuple[int, int, int]) -> None:
    sight = detector.detect(np.zeros(shape, np.uint8))
    assert sight.ms["total"] > 0
    assert all(face.confidence < 0.5 for face in sight.faces)


def test_records_hold_what_the_command_prints(tmp_path: Path, astronaut: np.ndarray) -> None:
    path = tmp_path / "face.png"
    cv2.imwrite(str(path), astronaut)
    (record,) = detect_files([path])
    assert list(record) == ["file", "width", "height", "faces", "ms"]
    assert (record["file"], record["width"], record["height"]) == (str(path), 512, 512)
    face = record["faces"][0]
    assert list(face) == ["box", "state", "confidence", "states"]
    assert list(face["states"]) == ["mask", "incorrect", "no_mask"]
    assert sum(face["states"].values()) == pytest.approx(1, abs=2e-4)
    assert face["box"] == [round(value, 1) for value in face["box"]]
    confidences = [f["confidence"] for f in record["faces"]]
    assert confidences == sorted(confidences, reverse=True)
    assert json.loads(json.dumps(record)) == record


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"gone\.jpg: no such file"):
        next(detect_files([tmp_path / "gone.jpg"]))
    (tmp_path / "text.jpg").write_text("no picture")
    with pytest.raises(PictureError, match=r"text\.jpg: not a picture"):
        next(detect_files([tmp_path / "text.jpg"]))
    (tmp_path / "empty.jpg").touch()
    with pytest.raises(PictureError, match=r"empty\.jpg: not a picture"):
        next(detect_files([tmp_path / "empty.jpg"]))

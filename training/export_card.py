"""Write and amend model cards."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from mask_node.vision.card import Figure, ModelCard, Tensor, TrainingFacts, sha256_of

#: Every model must stay below this, in bytes.
LARGEST = 5_000_000

LIMITS = [
    "Trained on photographs from the internet and single face pictures; faces under 14 px were not learnt.",
    "About 3 or 4 in 100 training labels are doubtful, mostly between mask and incorrect.",
    "Not made to tell who somebody is, and not measured by age, skin or dress.",
    "A picture of a masked face is a masked face to it: it does not notice prints and screens.",
]

MEANINGS = {
    "face_detector": {
        "objectness": "logit that a face's centre lies in the cell, by cell of 8 px",
        "states": "logits of mask, incorrect, no_mask",
        "boxes": "centre x, y from the cell's centre and log of w, h, in cells",
    },
    "mask_state": {
        "states": "logits of mask, incorrect, no_mask",
        "face": "logit that the crop shows a face",
        "box": "centre x, y from the crop's centre and log of w, h, in sides of the crop",
    },
}

#: Candidates below this get no second look: on val 0.1 looks at three times as many and finds no more.
THRESHOLDS = {"face_detector": {"candidate": 0.2}, "mask_state": {}}


def write_model(
    kind: Literal["face_detector", "mask_state"],
    content: bytes,
    folder: Path,
    *,
    version: str,
    training: TrainingFacts,
    size: tuple[int, int],
    shapes: Mapping[str, Sequence[int]],
) -> ModelCard:
    """Write `<kind>.tflite` and its card. Raises ValueError if the model is too large for a board."""
    if len(content) > LARGEST:
        raise ValueError(f"{kind}: {len(content)} bytes, at most {LARGEST} are allowed; make the model smaller")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind}.tflite"
    path.write_bytes(content)
    card = ModelCard(
        name=f"maskgate-{kind.replace('_', '-')}",
        version=version,
        kind=kind,
        file=path.name,
        sha256=sha256_of(path),
        input=Tensor(name="picture", shape=(1, size[1], size[0], 3), dtype="uint8", meaning="BGR, 0..255"),
        outputs=[
            Tensor(name=name, shape=tuple(shapes[name]), dtype="float32", meaning=text)
            for name, text in MEANINGS[kind].items()
        ],
        thresholds=dict(THRESHOLDS[kind]),
        training=training,
        limits=LIMITS,
        licence="Apache-2.0",
        date=datetime.now(UTC).date(),
    )
    write_card(card, folder)
    return card


def write_card(card: ModelCard, folder: Path) -> None:
    """Write the card beside its model."""
    text = json.dumps(card.model_dump(mode="json"), indent=2) + "\n"
    (folder / f"{card.kind}.json").write_text(text, encoding="utf-8")


def record_figures(card: ModelCard, figures: Sequence[Figure]) -> ModelCard:
    """The card with these figures in place of older ones of the same name and split."""
    new = {(figure.name, figure.split) for figure in figures}
    kept = [figure for figure in card.figures if (figure.name, figure.split) not in new]
    return card.model_copy(update={"figures": [*kept, *figures]})

"""Write and amend model cards: JSON for the loader, Markdown made from it for people."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from mask_node.vision.card import Figure, ModelCard, Tensor, TrainingFacts, sha256_of
from training.export.markdown import markdown

Kind = Literal["face_detector", "mask_state", "mask_classifier"]
Format = Literal["int8", "float16", "float32"]

#: Every int8 model must stay below this, in bytes: it is what boards get.
LARGEST = 5_000_000

LIMITS = {
    "node": [
        "Trained on photographs from the internet and single face pictures; faces under 14 px were not learnt.",
        "About 3 or 4 in 100 training labels are doubtful, mostly between mask and incorrect.",
        "Not made to tell who somebody is, and not measured by age, skin or dress.",
        "A picture of a masked face is a masked face to it: it does not notice prints and screens.",
    ],
    "mask_classifier": [
        "Takes a picture that one face fills; it finds no faces and says nothing of a picture without one.",
        "A baseline to compare with: the node does not run on it.",
        "Not made to tell who somebody is, and not measured by age, skin or dress.",
    ],
}

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
    "mask_classifier": {"classes": "probability of each of the card's labels"},
}

#: Candidates below this get no second look: on val 0.1 looks at three times as many and finds no more.
THRESHOLDS = {"face_detector": {"candidate": 0.12}, "mask_state": {}, "mask_classifier": {}}


def write_model(
    kind: Kind,
    content: bytes,
    folder: Path,
    *,
    version: str,
    training: TrainingFacts,
    shape: tuple[int, ...],
    shapes: Mapping[str, Sequence[int]],
    form: Format = "int8",
    stem: str = "",
    labels: Sequence[str] = (),
    colours: str = "BGR",
) -> ModelCard:
    """Write `<stem>.tflite` (stem: the kind, if not given) with its card. shape: of the input, with the batch of 1.

    Raises ValueError if an int8 model is too large for a board.
    """
    stem = stem or kind
    if form == "int8" and len(content) > LARGEST:
        raise ValueError(f"{stem}: {len(content)} bytes, at most {LARGEST} are allowed; make the model smaller")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{stem}.tflite"
    path.write_bytes(content)
    whole = form == "int8"
    card = ModelCard(
        name=f"maskgate-{stem.replace('_', '-')}" + ("" if whole else f"-{form}"),
        version=version,
        kind=kind,
        format=form,
        file=path.name,
        sha256=sha256_of(path),
        input=Tensor(
            name="picture",
            shape=shape,
            dtype="uint8" if whole else "float32",
            meaning=f"{colours}, 0..255" if whole else f"{colours}, value / 127.5 - 1",
        ),
        outputs=[
            Tensor(name=name, shape=tuple(shapes[name]), dtype="int8" if whole else "float32", meaning=text)
            for name, text in MEANINGS[kind].items()
        ],
        labels=list(labels),
        thresholds=dict(THRESHOLDS[kind]),
        training=training,
        limits=LIMITS.get(kind, LIMITS["node"]),
        licence="Apache-2.0",
        date=datetime.now(UTC).date(),
    )
    write_card(card, folder)
    return card


def write_card(card: ModelCard, folder: Path) -> None:
    """Write the card beside its model, as JSON and as Markdown."""
    stem = Path(card.file).stem
    text = json.dumps(card.model_dump(mode="json"), indent=2) + "\n"
    (folder / f"{stem}.json").write_text(text, encoding="utf-8")
    write_page(card, folder)


def write_page(card: ModelCard, folder: Path) -> Path:
    """Write the card's Markdown beside it; the page's path."""
    path = folder / f"{Path(card.file).stem}.md"
    path.write_text(markdown(card), encoding="utf-8")
    return path


def record_figures(card: ModelCard, figures: Sequence[Figure]) -> ModelCard:
    """The card with these figures in place of older ones of the same name and split."""
    new = {(figure.name, figure.split) for figure in figures}
    kept = [figure for figure in card.figures if (figure.name, figure.split) not in new]
    return card.model_copy(update={"figures": [*kept, *figures]})

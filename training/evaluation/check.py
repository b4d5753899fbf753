"""Is a committed model as good as its card says? Pure, but for reading the card."""

from collections.abc import Sequence
from pathlib import Path

from mask_node.vision.card import Figure, ModelError, read_card
from training.evaluation.evaluate import SplitResult

#: Runtimes round int8 products differently by a level, which moves boxes by hundredths of a pixel and confidences by
#: thousandths: an average precision by less than this.
PRECISION_TOLERANCE = 0.002
#: A share of faces moves in steps of one face; this many may fall on the other side of a threshold.
FACES_TOLERANCE = 1.0
#: Figures that are averages over faces found: their noise is of the same kind as a share's.
_COUNTED = ("called", "recall", "accuracy", "error", "answered")
#: Figures of which more is worse.
_WORSE_UP = ("called", "error", "aurc")
_SIZES = ("pictures", "faces")
_INFORMATION = ("violations_found", "masked_found")
#: Fitted rather than scored, by a command of its own.
_NOT_HERE = ("state_log_loss",)


def check_cards(models: Path, split: str, key: str, part: SplitResult) -> list[str]:
    """One sentence per figure that is worse than a card of the folder says; empty when none is.

    Raises ModelError if no card has a figure of this split: a check of nothing must not pass.
    """
    figures: dict[str, Figure] = {}
    for kind in ("face_detector", "mask_state"):
        for figure in read_card(models / f"{kind}.json").figures:
            if figure.split == split and figure.name not in _NOT_HERE:
                figures[figure.name] = figure
    if not figures:
        raise ModelError(f"{models}: the cards have no figure of {split}; write them with evaluate --record")
    judged = part.models[key]
    sizes = {"pictures": part.pictures, "faces": part.faces}
    measured = {name: estimate.value for name, estimate in judged.figures.items()}
    return [
        sentence
        for figure in figures.values()
        if (sentence := _compare(split, figure, sizes | measured, _faces(figure.name, judged.confusion)))
    ]


def _compare(split: str, figure: Figure, measured: dict[str, float], faces: int) -> str | None:
    name = figure.name
    if name in _INFORMATION:
        return None
    if name not in measured:
        return f"{split}: the card has {name}, which is not measured any more; write the cards again"
    value = measured[name]
    if name in _SIZES:
        same = value == figure.value
        return None if same else f"{split}: {value:g} {name}, the card was written on {figure.value:g}; other data"
    loss = value - figure.value if any(part in name for part in _WORSE_UP) else figure.value - value
    # Cards hold four decimals. Written so that a figure without a value is worse than one that has one.
    if loss <= tolerance(name, faces) + 5e-5:
        return None
    return f"{split}: {name} is {value:.4f}, its card says {figure.value:.4f}"


def tolerance(name: str, faces: int) -> float:
    """How much worse a figure may be. faces: how many it is a share of."""
    if any(part in name for part in _COUNTED):
        return max(PRECISION_TOLERANCE, FACES_TOLERANCE / max(faces, 1))
    return PRECISION_TOLERANCE


def _faces(name: str, confusion: Sequence[Sequence[int]]) -> int:
    """How many faces a share of this name is at least about. confusion: rows true, columns called, the last not found.

    Shares of part of the faces (a size) are taken for shares of a quarter of them.
    """
    found = [sum(row[:3]) for row in confusion]
    if name.startswith("violations"):
        count = found[1] + found[2]
    elif name.startswith("incorrect"):
        count = found[1]
    elif name.startswith("masked"):
        count = found[0]
    elif name.startswith("recall_") and name.removeprefix("recall_") in ("mask", "incorrect", "no_mask"):
        count = sum(confusion[("mask", "incorrect", "no_mask").index(name.removeprefix("recall_"))])
    else:
        count = sum(found)
    return count // 4 if name.endswith(("_large", "_small", "_medium")) else count

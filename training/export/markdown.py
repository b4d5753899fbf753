"""The page of a model card. It says nothing that the card does not."""

from collections.abc import Iterable, Iterator, Sequence

from mask_node.vision.card import ModelCard, Tensor


def markdown(card: ModelCard) -> str:
    """The card as Markdown. Made from the JSON beside it: change that, or export again, and make the page anew."""
    return "\n".join(_lines(card)) + "\n"


def _lines(card: ModelCard) -> Iterator[str]:
    yield f"# {card.name} {card.version}"
    yield ""
    yield f"Made from `{card.file.removesuffix('.tflite')}.json`; do not change it by hand (`maskgate train cards`)."
    yield ""
    yield from _table(
        ("what", ""),
        [
            ("kind", card.kind),
            ("file", f"`{card.file}`, {card.format}"),
            ("sha256", f"`{card.sha256}`"),
            ("date", card.date.isoformat()),
            ("licence", card.licence),
            *([("labels", ", ".join(card.labels))] if card.labels else []),
        ],
    )
    yield from ("", "## Takes and gives", "")
    tensors = [("in", card.input), *(("out", tensor) for tensor in card.outputs)]
    yield from _table(("", "name", "shape", "type", "meaning"), [(way, *_tensor(tensor)) for way, tensor in tensors])
    yield from ("", "## Thresholds and calibration", "")
    numbers = card.thresholds | card.calibration
    yield from _table(("name", "value"), [(n, f"{v:g}") for n, v in numbers.items()]) if numbers else ["None."]
    yield from ("", "## Training", "")
    facts = card.training
    yield from _table(("data", "what of it"), list(facts.data.items()))
    yield ""
    yield f"Started from {facts.start}; {facts.steps} steps of {facts.batch}, seed {facts.seed}."
    yield from ("", f"    {facts.command}")
    if facts.notes:
        yield from ("", facts.notes)
    yield from ("", "## Figures", "")
    yield from _figures(card) if card.figures else ["None were measured."]
    yield from ("", "## Limits", "")
    yield from (f"- {limit}" for limit in card.limits)


def _tensor(tensor: Tensor) -> tuple[str, str, str, str]:
    return tensor.name, " x ".join(str(n) for n in tensor.shape), tensor.dtype, tensor.meaning


def _figures(card: ModelCard) -> Iterator[str]:
    splits = list(dict.fromkeys(figure.split for figure in card.figures))
    values = {(figure.name, figure.split): f"{figure.value:g}" for figure in card.figures}
    names = dict.fromkeys(figure.name for figure in card.figures)
    yield from _table(("figure", *splits), [(name, *(values.get((name, s), "") for s in splits)) for name in names])
    yield from ("", "Measured by:", "")
    yield from (f"    {command}" for command in dict.fromkeys(figure.command for figure in card.figures))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    for row in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(row)} |"

"""Export a run: weights in; models, cards and a report out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mask_node.vision.card import ModelCard, ModelError
from mask_node.vision.runtime import Model
from training.export import sources
from training.export.agreement import Agreement, agreement
from training.export.card import Format, record_figures, write_card, write_model
from training.export.convert import convert, output_shapes
from training.export.operators import Operators, operators

STAGES = ("detector", "second-stage", "mobilenet", "cnn")


@dataclass(frozen=True, slots=True)
class Exported:
    """One written model. operators, agreed: of int8 only, or None."""

    path: Path
    card: ModelCard
    operators: Operators | None = None
    agreed: Agreement | None = None


def export_stage(
    stage: str, data: Sequence[Path], folder: Path, models: Path, version: str,
    *, interim: bool = False, notes: str = "", formats: Sequence[Format] = ("int8",), edge_tpu: bool = False,
    ranges: int = sources.RANGE_PICTURES,
) -> list[Exported]:  # fmt: skip
    """Write the model of a run into `models` (int8) and its sub-folders `float16` and `float32`.

    ranges: pictures that set the ranges of int8. edge_tpu: refuse an int8 model that an Edge TPU would not run whole;
    nothing is written then. Agreement of int8 with float is measured on val by the node's runtime and kept in the card.
    Raises DataError, ModelError.
    """
    if stage in ("detector", "second-stage"):
        source = sources.stage_source(stage, data, folder, interim=interim, notes=notes, ranges=ranges)
    else:
        source = sources.classifier_source(data[0], folder, interim=interim, notes=notes, ranges=ranges)
    contents: dict[Format, bytes] = {form: convert(source.model, source.ranges, form) for form in formats}
    report = operators(contents["int8"]) if "int8" in contents else None
    if edge_tpu and report and report.troubles:
        raise ModelError(f"{stage}: an Edge TPU would not run all of it: {'; '.join(report.troubles)}")
    out = {form: _write(source, content, models, version, form) for form, content in contents.items()}
    if report:
        plain = contents.get("float32") or convert(source.model, source.ranges, "float32")
        out["int8"] = _compared(out["int8"], contents["int8"], plain, source, report)
    return list(out.values())


def place(models: Path, form: Format) -> Path:
    """The folder of a format: int8 is what the node runs, the others lie below."""
    return models if form == "int8" else models / form


def _write(source: sources.Source, content: bytes, models: Path, version: str, form: Format) -> Exported:
    folder = place(models, form)
    card = write_model(
        source.kind, content, folder, version=version, training=source.training, form=form, stem=source.stem,
        shape=(1, *(int(n) for n in source.model.inputs[0].shape[1:])), shapes=output_shapes(source.model),
        labels=source.labels, colours=source.colours,
    )  # fmt: skip
    Model(card, content)  # the node's runtime takes it, and finds it as the card says
    return Exported(folder / card.file, card)


def _compared(exported: Exported, content: bytes, plain: bytes, source: sources.Source, report: Operators) -> Exported:
    card = exported.card
    like = {"dtype": "float32"}
    reference = card.model_copy(
        update={
            "input": card.input.model_copy(update=like),
            "outputs": [tensor.model_copy(update=like) for tensor in card.outputs],
        }
    )
    agreed = agreement(Model(reference, plain), Model(card, content), source.compared())
    command = f"maskgate train export {source.training.command.split()[3]}"
    card = record_figures(card, agreed.figures("val", command))
    write_card(card, exported.path.parent)
    return Exported(exported.path, card, report, agreed)

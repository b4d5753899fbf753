"""`maskgate train export`, `... operators` and `... cards`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console

from mask_node.vision.card import read_card
from mask_node.vision.load import MODELS
from training.data import DataError
from training.export.card import Format, write_page
from training.export.operators import operator_table, read_operators
from training.options import Folder, Models, plain_errors, say


class Stage(StrEnum):
    """What can be exported."""

    DETECTOR = "detector"
    SECOND_STAGE = "second-stage"
    MOBILENET = "mobilenet"
    CNN = "cnn"


Data = Annotated[list[Path], typer.Option(help="The data that the run was trained on; for a stage more than one.")]
File = Annotated[Path, typer.Argument(help="A TFLite model.")]


def export(
    *,
    stage: Annotated[Stage, typer.Argument()],
    data: Data, folder: Folder = None, models: Models = MODELS, version: str = "1.0",
    formats: Annotated[str, typer.Option(help="Of int8, float16, float32, with commas between.")] = "int8",
    edge_tpu: Annotated[bool, typer.Option("--edge-tpu", help="Refuse what an Edge TPU would not run whole.")] = False,
    notes: Annotated[str, typer.Option(help="What the card shall add about the training.")] = "",
    ranges: Annotated[int, typer.Option(min=1, help="Pictures that set the ranges of int8.")] = 320,
    interim: Annotated[bool, typer.Option("--interim", help="From the last checkpoint of an unfinished run.")] = False,
) -> None:  # fmt: skip
    """Turn a finished run into TFLite with cards: int8 into --models, floats into its folders float16 and float32."""
    with plain_errors():
        chosen = parse_formats(formats)
        from training.export.stage import export_stage

        for one in export_stage(
            stage.value, data, folder or Path("runs") / stage.value, models, version, interim=interim, notes=notes,
            formats=chosen, edge_tpu=edge_tpu, ranges=ranges,
        ):  # fmt: skip
            say(f"{one.path}: {one.card.model_id}, {one.path.stat().st_size / 1e6:.2f} MB")
            if one.agreed:
                say(f"int8 and float32: {one.agreed}")
            if one.operators:
                Console().print(operator_table(one.path.name, one.operators))
                for trouble in one.operators.troubles:
                    say(f"warning: not for an Edge TPU alone: {trouble}")


def parse_formats(text: str) -> list[Format]:
    """`int8,float16` as a list. Raises DataError for an unknown one."""
    known = get_args(Format)
    words = [word.strip() for word in text.split(",") if word.strip()]
    wrong = [word for word in words if word not in known]
    if wrong or not words:
        raise DataError(f"--formats {text}: take one or more of {', '.join(known)}, with commas between")
    return [form for form in known if form in words]


def operators(file: File) -> None:
    """Which operators a TFLite model is made of, and whether an Edge TPU runs them; exit code 1 if it does not."""
    with plain_errors():
        report = read_operators(file)
        Console().print(operator_table(file.name, report))
        for trouble in report.troubles:
            say(f"not for an Edge TPU alone: {trouble}")
        raise typer.Exit(1 if report.troubles else 0)


def cards(models: Models = MODELS) -> None:
    """Write the Markdown page of every model card in a folder anew."""
    with plain_errors():
        for path in sorted(models.glob("*.json")):
            say(str(write_page(read_card(path), models)))

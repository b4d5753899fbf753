"""Options and manners that the commands under `maskgate train` share."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mask_node.vision.card import ModelError
from maskgate.config import ConfigError
from training.data import DataError

Data = Annotated[Path, typer.Option(help="Folder that holds scenes/ and mask_faces/.")]
Folders = Annotated[list[Path], typer.Option(help="Folder that holds scenes/ and mask_faces/; more give either.")]
Backbone = Annotated[Path | None, typer.Option(help="Weights of a finished `fit backbone` for this stage.")]
Start = Annotated[Path | None, typer.Option(help="Weights of a finished run to go on from, with a new schedule.")]
Folder = Annotated[Path | None, typer.Option(help="Where checkpoints and the result go; default runs/<stage>.")]
Landmarks = Annotated[Path | None, typer.Option(help="File of `train landmarks`, to draw on faces in any pose.")]
Corrections = Annotated[
    list[Path] | None, typer.Option(help="File of label corrections (file,face,from,to,reason); several times.")
]
Models = Annotated[Path, typer.Option(help="Folder of the two models and their cards.")]


class Stage(StrEnum):
    """The node's two models."""

    DETECTOR = "detector"
    SECOND_STAGE = "second-stage"


@contextmanager
def plain_errors() -> Iterator[None]:
    """A sentence and exit code 1 instead of a stack trace for what the user can mend."""
    try:
        yield
    except (ConfigError, DataError, ModelError) as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None


def say(line: str) -> None:
    """Print at once, so that a log file can be followed."""
    typer.echo(line)

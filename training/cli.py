"""Commands that make and judge the models: `maskgate train ...`."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mask_node.vision.card import ModelError
from mask_node.vision.load import MODELS
from training.data import DataError
from training.evaluation.cli import Split, benchmark, evaluate, tune
from training.prepare.cli import prepare

app = typer.Typer(no_args_is_help=True, help="Train, export and score the models.")
fit_app = typer.Typer(no_args_is_help=True, help="Train one of the two stages; an interrupted run goes on.")
app.add_typer(fit_app, name="fit")

Data = Annotated[Path, typer.Option(help="Folder that holds scenes/ and mask_faces/.")]
Folders = Annotated[list[Path], typer.Option(help="Folder that holds scenes/ and mask_faces/; more give either.")]
Backbone = Annotated[Path | None, typer.Option(help="Weights of a finished `fit backbone` for this stage.")]
Start = Annotated[Path | None, typer.Option(help="Weights of a finished run to go on from, with a new schedule.")]
Folder = Annotated[Path | None, typer.Option(help="Where checkpoints and the result go; default runs/<stage>.")]
Landmarks = Annotated[Path | None, typer.Option(help="File of `train landmarks`, to draw on faces in any pose.")]
Corrections = Annotated[Path | None, typer.Option(help="File of label corrections (file,face,from,to,reason).")]
Models = Annotated[Path, typer.Option(help="Folder of the two models and their cards.")]


class Stage(StrEnum):
    """The two models."""

    DETECTOR = "detector"
    SECOND_STAGE = "second-stage"


@contextmanager
def plain_errors() -> Iterator[None]:
    """A sentence and exit code 1 instead of a stack trace for what the user can mend."""
    try:
        yield
    except (DataError, ModelError) as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(1) from None


def say(line: str) -> None:
    """Print at once, so that a log file can be followed."""
    print(line, flush=True)


app.command()(plain_errors()(prepare))
app.command()(plain_errors()(evaluate))
app.command()(plain_errors()(benchmark))
app.command()(plain_errors()(tune))


@fit_app.command("backbone")
def fit_backbone(
    *,
    stage: Stage, data: Folders,
    imagenet: Annotated[Path, typer.Option(help="ImageNet weights of MobileNetV2 1.0 without its top (.weights.h5).")],
    folder: Folder = None,
    steps: int = 1300, batch: int = 16, rate: float = 3e-3, seed: int = 1,
) -> None:  # fmt: skip
    """Teach the narrow backbone of a stage what the whole ImageNet MobileNetV2 sees; both stages start from it."""
    with plain_errors():
        from training import backbone, imitate
        from training.fit import FitConfig
        from training.stage_one import train_composer

        widths = backbone.DETECTOR if stage is Stage.DETECTOR else backbone.MASK_STATE
        composer = train_composer(data, (imitate.SIZE, imitate.SIZE))
        config = FitConfig(steps=steps, batch=batch, rate=rate, seed=seed)
        run = imitate.open_run(composer, folder or Path(f"runs/backbone-{stage.value}"), imagenet, config, widths)
        run.fit(say=say)
        say(str(run.finish()))


@fit_app.command("detector")
def fit_detector(
    *,
    data: Folders, backbone: Backbone = None, folder: Folder = None, corrections: Corrections = None,
    steps: int = 1500, batch: int = 16, rate: float = 1e-3, seed: int = 1, start: Start = None,
) -> None:  # fmt: skip
    """Train stage one, the face detector."""
    with plain_errors():
        from training import stage_one
        from training.fit import FitConfig

        config = FitConfig(steps=steps, batch=batch, rate=rate, seed=seed, start=str(start or ""))
        run = stage_one.open_run(data, folder or Path("runs/detector"), backbone, config, corrections=corrections)
        run.fit(say=say)
        say(str(run.finish()))


@fit_app.command("second-stage")
def fit_second_stage(
    *,
    data: Folders, backbone: Backbone = None, folder: Folder = None, models: Models = MODELS,
    landmarks: Landmarks = None, corrections: Corrections = None,
    steps: int = 2000, batch: int = 64, rate: float = 3e-4, seed: int = 1, start: Start = None,
) -> None:  # fmt: skip
    """Train stage two on labels and on what the exported detector in --models finds in the train pictures."""
    with plain_errors():
        from mask_node.vision.load import load_face_detector
        from training import stage_two
        from training.fit import FitConfig

        config = FitConfig(steps=steps, batch=batch, rate=rate, seed=seed, start=str(start or ""))
        finder = load_face_detector(models, threads=2)
        run = stage_two.open_run(
            data,
            folder or Path("runs/second-stage"),
            backbone,
            config,
            finder=finder,
            landmarks=landmarks,
            corrections=corrections,
        )
        run.fit(say=say)
        say(str(run.finish()))


@app.command()
def landmarks(
    *,
    data: Data,
    out: Annotated[Path, typer.Option(help="The JSON file to write; keep it beside the run.")],
    model: Annotated[Path | None, typer.Option(help="face_landmark.tflite out of a wheel of mediapipe.")] = None,
) -> None:
    """Find the points of bare train faces, which drawn masks, hands and glasses follow."""
    with plain_errors():
        from training.data import read_mask_faces, read_scenes
        from training.draw.find import PointFinder, model_path
        from training.draw.landmarks import find_landmarks, write_landmarks

        finder = PointFinder(model_path(model))
        pictures = [*read_scenes(data, "train"), *read_mask_faces(data, "train")]
        write_landmarks(out, find_landmarks(data, pictures, finder, say))
        say(str(out))


@app.command()
def export(
    *,
    stage: Stage, data: Folders, folder: Folder = None, models: Models = MODELS, version: str = "1.0",
    notes: Annotated[str, typer.Option(help="What the card shall add about the training.")] = "",
    interim: Annotated[bool, typer.Option(help="From the last checkpoint of a run that still goes on.")] = False,
) -> None:  # fmt: skip
    """Quantise a finished run to int8 and write the model and its card."""
    with plain_errors():
        from training.exporting import export_stage

        card = export_stage(
            stage.value, data, folder or Path("runs") / stage.value, models, version, interim=interim, notes=notes
        )
        say(f"{models / card.file}: {card.model_id}")


@app.command()
def calibrate(*, data: Data, models: Models = MODELS) -> None:
    """Fit the second stage's temperature on the val split and write it into its card."""
    with plain_errors():
        from mask_node.vision.load import load_detector
        from training.data import read_scenes
        from training.evaluation.calibrate import fit_temperature, found_faces, record_temperature

        fitted = fit_temperature(*found_faces(load_detector(models), read_scenes(data, "val")))
        record_temperature(models, fitted, "val")
        say(f"{fitted.faces} faces: temperature changed by a factor of {fitted.temperature:.3f}")
        say(f"log loss {fitted.loss_before:.3f} to {fitted.loss:.3f}")
        say(f"calibration error {fitted.error_before:.3f} to {fitted.error:.3f}")


@app.command()
def score(
    *,
    data: Data,
    split: Split = Split.VAL,
    models: Models = MODELS,
    predictions: Annotated[
        Path | None, typer.Option(help="JSON lines of `maskgate node detect --json` instead of running the models.")
    ] = None,
    threads: int = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    record: Annotated[bool, typer.Option(help="Write the figures into the models' cards.")] = False,
) -> None:
    """Score the node's own detector, or its printed predictions, on a split of the photographs."""
    with plain_errors():
        from mask_node.vision.load import load_detector
        from training.data import read_scenes
        from training.evaluation.look import look, read_predictions
        from training.evaluation.record import plain, record_score, table
        from training.evaluation.score import score as score_of

        pictures = read_scenes(data, split.value)
        if predictions:
            found, ms = read_predictions(predictions, pictures)
        else:
            found, ms = look(load_detector(models, threads), pictures)
        result = score_of(pictures, found)
        if record and not predictions:
            record_score(models, split.value, result)
        if as_json:
            print(json.dumps(plain({"split": split.value, **asdict(result), "ms": ms})))
        else:
            table(split.value, result, ms)


if __name__ == "__main__":
    app()

"""Commands that make and judge the models: `maskgate train ...`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from mask_node.vision.load import MODELS
from training.classify.cli import classify_report
from training.data import DataError
from training.evaluation.cli import Split, benchmark, evaluate, tune
from training.export.cli import cards, export, operators
from training.fit_cli import fit_app
from training.options import Corrections, Data, Models, plain_errors, say
from training.prepare.cli import prepare

app = typer.Typer(no_args_is_help=True, help="Train, export and score the models.")
app.command()(plain_errors()(prepare))
app.command()(plain_errors()(evaluate))
app.command()(plain_errors()(benchmark))
app.command()(plain_errors()(tune))
app.add_typer(fit_app, name="fit")
app.command("export")(export)
app.command("operators")(operators)
app.command("cards")(cards)
app.command("classify-report")(classify_report)


@app.command("average")
def average_runs(
    runs: Annotated[list[Path], typer.Argument(help="Folders of finished runs of one model.")],
    out: Annotated[Path, typer.Option(help="The folder to write, for `export --folder`.")],
) -> None:
    """Take the mean of several finished runs' weights; runs that went on from common weights are meant."""
    with plain_errors():
        from training.average import average

        say(str(average(runs, out)))


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
    corrections: Corrections = None,
    threads: int = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    record: Annotated[bool, typer.Option(help="Write the figures into the models' cards.")] = False,
) -> None:
    """Score the node's own detector, or its printed predictions, on a split of the photographs."""
    with plain_errors():
        from mask_node.vision.load import load_detector
        from training.evaluation.look import look, read_predictions
        from training.evaluation.record import plain, record_score, table
        from training.evaluation.score import score as score_of
        from training.sets import scenes

        if record and (corrections or predictions):
            raise DataError("--record keeps what the models reach on the labels as they are; give it alone")
        pictures = scenes([data], split.value, corrections or [])
        if predictions:
            found, ms = read_predictions(predictions, pictures)
        else:
            found, ms = look(load_detector(models, threads), pictures)
        result = score_of(pictures, found)
        if record:
            record_score(models, split.value, result)
        if as_json:
            print(json.dumps(plain({"split": split.value, **asdict(result), "ms": ms})))
        else:
            table(split.value, result, ms)


if __name__ == "__main__":
    app()

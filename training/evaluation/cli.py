"""`maskgate train evaluate` and `benchmark`: how good the models are, and how fast."""

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mask_node.vision.load import MODELS
from training.data import DataError


class Split(StrEnum):
    """What can be judged."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"
    WEBCAM = "webcam"


#: What nobody trains on.
HELD_OUT = [Split.TEST, Split.VAL, Split.WEBCAM]

Data = Annotated[Path, typer.Option(help="Folder that holds scenes/.")]
Splits = Annotated[list[Split], typer.Option("--split", help="What to judge on; may be given several times.")]
Models = Annotated[Path, typer.Option(help="Folder of the two models and their cards.")]
FloatModels = Annotated[Path | None, typer.Option(help="The same pair as float, to see what quantising costs.")]
Peer = Annotated[Path | None, typer.Option(help="AIZOO's one-stage model (.tflite), to be judged beside ours.")]
Out = Annotated[Path, typer.Option(help="Where evaluation.json and report.html go.")]
History = Annotated[list[Path] | None, typer.Option(help="Folder of a training run, for its curves; several times.")]


def evaluate(
    *,
    data: Data,
    split: Splits = HELD_OUT,
    models: Models = MODELS, float_models: FloatModels = None, peer: Peer = None,
    out: Out = Path("runs/evaluation"), history: History = None, threads: int = 1,
    resamples: Annotated[int, typer.Option(min=20, help="Resamples of the pictures for the intervals.")] = 500,
    seed: int = 0,
    report: Annotated[bool, typer.Option(help="Write report.html.")] = True,
    gallery: Annotated[bool, typer.Option(help="Show the worst mistakes in it: pictures of people.")] = True,
    check: Annotated[bool, typer.Option(help="Exit with 1 if a figure is worse than the cards say.")] = False,
    record: Annotated[bool, typer.Option(help="Write the figures into the models' cards.")] = False,
) -> None:  # fmt: skip
    """Judge the models on splits of the photographs, beside a float pair and a peer."""
    _evaluate(
        data=data, splits=[s.value for s in split], models=models, float_models=float_models, peer=peer,
        out=out, history=history or [], threads=threads, resamples=resamples, seed=seed,
        report=report, gallery=gallery, check=check, record=record,
    )  # fmt: skip


def _evaluate(
    *, data: Path, splits: list[str], models: Path, float_models: Path | None, peer: Path | None, out: Path,
    history: list[Path], threads: int, resamples: int, seed: int,
    report: bool, gallery: bool, check: bool, record: bool,
) -> None:  # fmt: skip
    from mask_node.vision.load import load_detector
    from training.evaluation import record as keep
    from training.evaluation.check import check_cards
    from training.evaluation.evaluate import FLOAT, OURS, PEER, Subject
    from training.evaluation.evaluate import evaluate as evaluate_all
    from training.evaluation.peers import FOUND, Aizoo

    subjects = [Subject(OURS, load_detector(models, threads))]
    if float_models:
        subjects.append(Subject(FLOAT, load_detector(float_models, threads)))
    if peer:
        subjects.append(Subject(PEER, Aizoo(peer, threads), FOUND))
    result = evaluate_all(
        subjects, data, splits, count=resamples, seed=seed, say=lambda line: print(line, file=sys.stderr)
    )
    about: dict[str, Any] = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "resamples": resamples, "seed": seed, "threads": threads, "iou": 0.5,
    }  # fmt: skip
    keep.tables(result)
    keep.write_json(result, out / "evaluation.json", about)
    print(out / "evaluation.json")
    if report:
        from training.evaluation.report import write_report

        print(write_report(result, out / "report.html", about, history, gallery=gallery))
    if record:
        for name, part in result.splits.items():
            keep.record_split(models, name, OURS, part)
    if check:
        worse = [line for name, part in result.splits.items() for line in check_cards(models, name, OURS, part)]
        for line in worse:
            print(f"worse: {line}", file=sys.stderr)
        if worse:
            raise typer.Exit(1)
        print("no figure is worse than its card says")


def tune(*, data: Data, models: Models = MODELS) -> None:
    """Find, on val, the settings by which two looks become one face; they belong into mask_node/vision/two_stage.py."""
    from mask_node.vision.load import load_face_detector, load_mask_state
    from mask_node.vision.two_stage import Settings, TwoStageDetector
    from training.data import read_scenes
    from training.evaluation import tune as tuning

    pictures = read_scenes(data, Split.VAL.value)
    detector = TwoStageDetector(load_face_detector(models), load_mask_state(models))
    print(tuning.tune(tuning.look_once(detector, pictures), pictures, Settings(), print))


def benchmark(
    *,
    models: Models = MODELS,
    peer: Annotated[list[Path] | None, typer.Option(help="AIZOO's one-stage model (.tflite); several times.")] = None,
    tflite: Annotated[list[Path] | None, typer.Option(help="Any model, for its Invoke alone; several times.")] = None,
    threads: Annotated[str, typer.Option(help="Numbers of threads, with commas.")] = "1",
    faces: Annotated[str, typer.Option(help="Numbers of faces in the frame, with commas, 0 to 6.")] = "0,1,4",
    rounds: Annotated[int, typer.Option(min=1, help="Calls of each.")] = 100,
    data: Annotated[Path | None, typer.Option(help="Where a face comes from if scikit-image is not installed.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Time Invoke and whole calls on a 640 x 480 frame, ours and others by turns in one run."""
    from training.evaluation import benchmark as bench
    from training.evaluation.record import bench_table, plain

    result = bench.benchmark(
        models, peer or [], tflite or [], bench.face_picture(data),
        threads=_numbers(threads, 1, 64), faces=_numbers(faces, 0, 6), rounds=rounds,
    )  # fmt: skip
    if as_json:
        print(json.dumps(plain(asdict(result))))
    else:
        bench_table(result)


def _numbers(text: str, least: int, most: int) -> list[int]:
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if not numbers or not all(least <= number <= most for number in numbers):
        raise DataError(f"{text!r}: whole numbers from {least} to {most} with commas between are needed, like 1,2")
    return numbers

"""`maskgate train evaluate`: everything about how good the models are, in one run."""

import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mask_node.vision.load import MODELS


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
Out = Annotated[Path, typer.Option(help="Where evaluation.json goes.")]


def evaluate(
    *,
    data: Data,
    split: Splits = HELD_OUT,
    models: Models = MODELS, float_models: FloatModels = None, peer: Peer = None,
    out: Out = Path("runs/evaluation"), threads: int = 1,
    resamples: Annotated[int, typer.Option(min=20, help="Resamples of the pictures for the intervals.")] = 500,
    seed: int = 0,
    check: Annotated[bool, typer.Option(help="Exit with 1 if a figure is worse than the cards say.")] = False,
    record: Annotated[bool, typer.Option(help="Write the figures into the models' cards.")] = False,
) -> None:  # fmt: skip
    """Judge the models on splits of the photographs, beside a float pair and a peer."""
    from training.cli import plain_errors

    with plain_errors():
        _evaluate(
            data=data, splits=[s.value for s in split], models=models, float_models=float_models, peer=peer,
            out=out, threads=threads, resamples=resamples, seed=seed,
            check=check, record=record,
        )  # fmt: skip


def _evaluate(
    *, data: Path, splits: list[str], models: Path, float_models: Path | None, peer: Path | None, out: Path,
    threads: int, resamples: int, seed: int,
    check: bool, record: bool,
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

"""`maskgate train classify-report`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mask_node.vision.load import MODELS
from training.evaluation.cli import Split
from training.options import Models, plain_errors, say

Data = Annotated[Path, typer.Option(help="Folder of class folders or with a manifest.")]
Runs = Annotated[list[Path] | None, typer.Option("--run", help="Folder of a finished run; may be given again.")]
Files = Annotated[list[Path] | None, typer.Option("--model", help="An exported classifier; may be given again.")]


def classify_report(
    *,
    data: Data, split: Split = Split.VAL, run: Runs = None, model: Files = None, models: Models = MODELS,
    ours: Annotated[bool, typer.Option("--ours/--no-ours", help="Judge the node's own pair too.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:  # fmt: skip
    """Judge classifiers, and the node's own pair, on the same face pictures: accuracy with a 95 % interval."""
    with plain_errors():
        from training.classify import judge
        from training.prepare.classes import read_class_set

        pictures = read_class_set(data, split.value)
        asked = [judge.keras_run(folder) for folder in run or []] + [judge.exported(path) for path in model or []]
        if ours:
            asked += [judge.whole_picture(models, pictures.names), judge.own_detector(models, pictures.names)]
        verdicts = [judge.judge(name, answer, pictures) for name, answer in asked]
        if as_json:
            say(json.dumps({"split": split.value, "judges": [judge.as_plain(one) for one in verdicts]}))
            return
        table = Table(title=f"{split.value}: {len(pictures)} pictures")
        for heading in ("", "right", "accuracy", "95 % interval", "mistakes"):
            table.add_column(heading, justify="right" if heading not in ("", "mistakes") else "left")
        for one in verdicts:
            low, high = one.interval
            share, between = f"{one.accuracy:.2%}", f"{low:.1%} to {high:.1%}"
            table.add_row(one.judge, str(one.right), share, between, "; ".join(judge.mistakes(one)))
        Console().print(table)

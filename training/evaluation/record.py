"""Show figures on a terminal, write them as JSON, and keep them in the model cards."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from mask_node.vision.card import Figure, read_card
from training.evaluation.benchmark import Benchmark
from training.evaluation.evaluate import Evaluation, SplitResult
from training.evaluation.intervals import LEVEL, Estimate
from training.evaluation.matching import FOUND_CONFIDENCE
from training.evaluation.precision import SMALL_SIDE
from training.evaluation.score import Score
from training.export.card import record_figures, write_card

#: The layout of evaluation.json; a key that changes its meaning raises it.
FORMAT = 1

#: What the terminal shows, and how; everything else is in the JSON and the report.
SHOWN = {
    "map50": "3-state mAP50",
    "map50_large": "3-state mAP50, 40 px and more",
    "compliance50": "compliance mAP50",
    "compliance50_large": "compliance mAP50, 40 px and more",
    "ap50_mask": "AP50 mask",
    "ap50_incorrect": "AP50 incorrect",
    "ap50_no_mask": "AP50 no_mask",
    "recall": "faces found",
    "recall_large": "faces found, 40 px and more",
    "violations_called_mask": "violations called mask",
    "incorrect_called_mask": "incorrect called mask",
    "masked_called_violation": "masked called violation",
    "violations_called_mask_large": "violations called mask, 40 px and more",
    "masked_called_violation_large": "masked called violation, 40 px and more",
    "state_accuracy": "state right, of three",
    "violation_roc_area": "area under ROC, violation or not",
    "state_calibration_error": "calibration error of the state",
    "state_aurc": "area under risk-coverage",
    "state_error_when_90_answered": "state error, surest 90 % answered",
}


def table(split: str, score: Score, ms: float) -> None:
    """Print a score for people."""
    out = Table(title=f"{split}: {score.pictures} pictures, {score.faces} faces, IoU 0.5")
    for heading in ("figure", "all", f"{SMALL_SIDE:g} px and more"):
        out.add_column(heading, justify="left" if heading == "figure" else "right")
    out.add_row("3-state mAP50", f"{score.map50:.3f}", f"{score.map50_large:.3f}")
    out.add_row("compliance mAP50", f"{score.compliance50:.3f}", f"{score.compliance50_large:.3f}")
    for state, value in score.ap50.items():
        out.add_row(f"AP50 {state}", f"{value:.3f}")
    found = f"confidence {FOUND_CONFIDENCE:g} and more"
    out.add_row(f"violations called mask ({found})", f"{score.violations_called_mask:.1%}")
    out.add_row(f"masked called violation ({found})", f"{score.masked_called_violation:.1%}")
    out.add_row("median ms a picture", f"{ms:.2f}")
    Console().print(out)


def shown(name: str, value: Estimate) -> str:
    """A figure and its interval; error rates in percent."""
    if math.isnan(value.value):
        return "-"
    if name.startswith(("map", "compliance", "ap50", "state_calibration", "state_aurc", "violation_roc")):
        return f"{value.value:.3f} ({value.low:.3f} to {value.high:.3f})"
    return f"{value.value:.1%} ({value.low:.1%} to {value.high:.1%})"


def tables(result: Evaluation) -> None:
    """Print what matters of every split, one column per detector."""
    console = Console(width=max(Console().width, 100))
    for split, part in result.splits.items():
        out = Table(title=f"{split}: {part.pictures} pictures, {part.faces} faces, IoU 0.5, {LEVEL:.0%} intervals")
        out.add_column("figure")
        for key, judged in part.models.items():
            out.add_column(f"{key}\n{judged.model_id}", justify="right", overflow="fold")
        for name, text in SHOWN.items():
            out.add_row(text, *(shown(name, judged.figures[name]) for judged in part.models.values()))
        out.add_row("found from confidence", *(f"{judged.found_confidence:g}" for judged in part.models.values()))
        out.add_row("median ms a picture", *(f"{judged.ms:.1f}" for judged in part.models.values()))
        console.print(out)
        if part.agreement:
            agreed = part.agreement
            console.print(
                f"{split}: ours and its float model: {agreed.paired:.1%} of {agreed.faces} faces found by both, "
                f"{agreed.same_state:.1%} of those in the same state"
            )


def bench_table(result: Benchmark) -> None:
    """Print a benchmark for people."""
    console = Console(width=max(Console().width, 90))
    out = Table(title=f"{result.width} x {result.height}, milliseconds, by turns in one run")
    for heading in ("model", "what", "threads", "faces in it", "found", "p50", "p95"):
        out.add_column(heading, justify="left" if heading in {"model", "what"} else "right")
    for one in result.timings:
        counts = ["" if count is None else str(count) for count in (one.faces, one.found)]
        out.add_row(one.name, one.what, str(one.threads), *counts, f"{one.p50:.2f}", f"{one.p95:.2f}")
    console.print(out)
    for ratio in result.ratios:
        what = f"{ratio.faces} face{'' if ratio.faces == 1 else 's'}, {ratio.threads} thread(s)"
        console.print(f"{ratio.peer} takes {ratio.ratio:.2f} times as long as ours: whole call, {what}")


def plain(value: Any) -> Any:
    """The value as JSON knows it: what is not a number becomes null, what has more than six decimals is rounded."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 6)
    return value


def write_json(result: Evaluation, path: Path, about: Mapping[str, Any]) -> None:
    """Write `evaluation.json`; its keys are described in docs/training.md."""
    splits = {split: asdict(part) for split, part in result.splits.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(plain({"format": FORMAT, **about, "splits": splits}), indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def record_score(models: Path, split: str, score: Score) -> None:
    """Write the figures of a split into both cards; figures of the pair. Speed is a board's, not theirs."""
    values: dict[str, float] = {}
    for name, value in asdict(score).items():
        if isinstance(value, dict):
            values |= {f"{name}_{key}": part for key, part in value.items()}
        else:
            values[name] = value
    record_values(models, split, values, f"maskgate train score --split {split}")


def record_split(models: Path, split: str, key: str, part: SplitResult) -> None:
    """The same from an evaluation, all its figures."""
    values = {name: figure.value for name, figure in part.models[key].figures.items()}
    counts = part.models[key].confusion
    found = [sum(row[:3]) for row in counts]
    values |= {
        "violations_found": found[1] + found[2], "masked_found": found[0],
        "pictures": part.pictures, "faces": part.faces,
    }  # fmt: skip
    record_values(models, split, values, f"maskgate train evaluate --split {split}")


def record_values(models: Path, split: str, values: Mapping[str, float], command: str) -> None:
    """Write figures of the pair into both cards in place of older ones of the same name and split."""
    figures = [
        Figure(name=name, value=round(value, 4), split=split, command=command)
        for name, value in values.items()
        if not math.isnan(value)
    ]
    for kind in ("face_detector", "mask_state"):
        write_card(record_figures(read_card(models / f"{kind}.json"), figures), models)

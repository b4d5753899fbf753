"""Show a score, and keep it in the model cards."""

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from mask_node.vision.card import Figure, read_card
from training.export_card import record_figures, write_card
from training.score import FOUND_CONFIDENCE, LARGE, Score


def table(split: str, score: Score, ms: float) -> None:
    """Print a score for people."""
    out = Table(title=f"{split}: {score.pictures} pictures, {score.faces} faces, IoU 0.5")
    for heading in ("figure", "all", f"{LARGE:g} px and more"):
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


def plain(value: Any) -> Any:
    """The value as JSON knows it: what is not a number becomes null, at any depth."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


def record_score(models: Path, split: str, score: Score) -> None:
    """Write the figures of a split into both cards; figures of the pair. Speed is a board's, not theirs."""
    values: dict[str, float] = {}
    for name, value in asdict(score).items():
        if isinstance(value, dict):
            values |= {f"{name}_{key}": part for key, part in value.items()}
        else:
            values[name] = value
    command = f"maskgate train score --split {split}"
    figures = [
        Figure(name=name, value=round(value, 4), split=split, command=command)
        for name, value in values.items()
        if not math.isnan(value)
    ]
    for kind in ("face_detector", "mask_state"):
        write_card(record_figures(read_card(models / f"{kind}.json"), figures), models)

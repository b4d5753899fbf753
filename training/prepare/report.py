"""Say what was prepared: report.json for programs, tables for people."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from maskgate.states import MODEL_STATES
from training.prepare.against import KeptApart
from training.prepare.files import REPORT
from training.prepare.records import LeftOut, Reason, Source
from training.prepare.run import Result, Rules
from training.prepare.write import Form, Written

#: Upper ends, in pixels of the shorter side of a face.
_SIZES = (14, 20, 40, 80)


def report(
    sources: Sequence[Source], apart: Sequence[KeptApart], result: Result, written: Sequence[Written], *,
    rules: Rules, form: Form,
) -> dict[str, Any]:  # fmt: skip
    """All that is known of the result, as JSON knows it. Holds no time and no folder: the same run says the same."""
    return {
        "made_by": "maskgate train prepare",
        "kind": result.kind.value,
        "rules": {
            "map": dict(rules.mapped), "shares": rules.shares and dict(rules.shares), "seed": rules.seed,
            "strict": rules.strict, "keep_empty": rules.keep_empty, "max_side": form.max_side, "size": form.size,
            "grayscale": form.grayscale, "labels": form.labels.value, "boxes": form.boxes,
        },
        "sources": [
            {"name": source.place.name, "format": source.form, "pictures": len(source.pictures)} for source in sources
        ],
        "classes": {name: {"count": count, "means": means} for name, (count, means) in result.classes.items()},
        "splits": {split: _split([w for w in written if w.split == split]) for split in _splits(written)},
        "boxes_cut_at_the_edge": sum(item.opened.clipped for item in result.taken),
        "against": [_apart(other, result.left_out) for other in apart],
        "left_out": dict(sorted(Counter(item.reason.value for item in result.left_out).items())),
        "left_out_pictures": [
            {"picture": item.name, "reason": item.reason.value, "detail": item.detail}
            for item in sorted(result.left_out, key=lambda item: (item.reason, item.name))
        ],
        "near_duplicates": [
            {"one": one, "two": two, "bits": pair.distance, "mirrored": pair.mirrored}
            for one, two, pair in sorted(result.pairs, key=lambda item: (item[2].distance, item[:2]))
        ],
    }  # fmt: skip


def write_report(values: dict[str, Any], folder: Path) -> None:
    """Write it as `folder/report.json`."""
    (folder / REPORT).write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


def show(values: dict[str, Any], console: Console) -> None:
    """Print it for people."""
    states = [state.value for state in MODEL_STATES]
    splits = Table(title="what was taken")
    for heading in ("split", "pictures", "groups", *states, "ignored"):
        splits.add_column(heading, justify="left" if heading == "split" else "right")
    for name, split in values["splits"].items():
        counts = (split["pictures"], split["groups"], *(split["states"][state] for state in states), split["ignored"])
        splits.add_row(name, *(str(count) for count in counts))
    console.print(splits)
    if values["kind"] == "boxes":
        sizes = Table(title="shorter side of the faces that count, pixels")
        sizes.add_column("split")
        for heading in next(iter(values["splits"].values()))["sizes"]:
            sizes.add_column(heading, justify="right")
        for name, split in values["splits"].items():
            sizes.add_row(name, *(str(count) for count in split["sizes"].values()))
        console.print(sizes)
    if values["left_out"]:
        gone = Table(title="what was left out")
        for heading in ("reason", "pictures", "for example"):
            gone.add_column(heading, justify="right" if heading == "pictures" else "left")
        for reason, count in values["left_out"].items():
            example = next(item for item in values["left_out_pictures"] if item["reason"] == reason)
            gone.add_row(reason, str(count), " ".join(filter(None, (example["picture"], example["detail"]))))
        console.print(gone)
    for other in values["against"]:
        console.print(f"against {other['name']}: {other['pictures']} pictures, {other['left_out']} were here too")
    console.print(
        f"{len(values['near_duplicates'])} pairs of near duplicates (kept together); "
        f"{values['boxes_cut_at_the_edge']} boxes cut at the picture's edge"
    )


def _splits(written: Sequence[Written]) -> list[str]:
    order = ("train", "val", "test", "webcam")
    return sorted({item.split for item in written}, key=order.index)


def _split(written: Sequence[Written]) -> dict[str, Any]:
    counting = [(box, state) for item in written for box, state, ignored in item.faces if not ignored]
    found = Counter(state for _, state in counting) + Counter(item.label for item in written if item.label)
    ends = [*(f"under {end}" for end in _SIZES), f"{_SIZES[-1]} and more"]
    sizes = Counter(ends[sum(min(box[2:]) >= end for end in _SIZES)] for box, _ in counting)
    return {
        "pictures": len(written),
        "groups": len({item.group for item in written}),
        "states": {state.value: found[state.value] for state in MODEL_STATES},
        "ignored": sum(ignored for item in written for *_, ignored in item.faces),
        "sizes": {end: sizes[end] for end in ends},
    }


def _apart(other: KeptApart, left_out: Sequence[LeftOut]) -> dict[str, Any]:
    here = [item for item in left_out if item.reason is Reason.AGAINST and item.detail.startswith(f"{other.name}: ")]
    return {"name": other.name, "pictures": len(other.pictures), "left_out": len(here)}

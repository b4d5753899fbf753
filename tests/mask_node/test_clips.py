"""The clips of real people, through the real eyes, as `maskgate node watch` sees them."""

import threading
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from mask_node.sources import open_source
from mask_node.vision.load import load_detector
from mask_node.watch import watch


@cache
def watched(clip: Path) -> list[dict[str, Any]]:
    """The records of one clip; each is watched once."""
    *verdicts, summary = watch(open_source(str(clip)), load_detector(), threading.Event())
    assert summary["summary"]["passages"] == len({verdict["passage"] for verdict in verdicts})
    return verdicts


def passages(shared: Path, name: str) -> list[list[str]]:
    """The states told of each passage of a clip, in order."""
    verdicts = sorted(watched(shared / "datasets" / "videos" / f"{name}.mp4"), key=lambda v: v["passage"])
    return [[v["state"] for v in each] for _, each in groupby(verdicts, key=lambda v: v["passage"])]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("masked_woman", ["mask"]),
        ("unmasked_man", ["no_mask"]),
        ("putting_mask_on", ["no_mask", "mask"]),
        ("hands_then_mask", ["mask"]),
    ],
)
def test_each_clip_is_one_passage_with_the_right_states(shared: Path, name: str, told: list[str]) -> None:
    assert passages(shared, name) == [told]


@pytest.mark.shared
def test_hands_that_fold_a_mask_are_nobody(shared: Path) -> None:
    (verdict,) = watched(shared / "datasets" / "videos" / "hands_then_mask.mp4")
    # The truth says 286; as decoded here, the cut from the hands to his face lies before frame 281.
    assert verdict["first_frame"] >= 281
    assert verdict["last_frame"] >= 286


@pytest.mark.shared
def test_the_mask_is_told_only_once_it_is_worn_and_soon(shared: Path) -> None:
    bare, masked = watched(shared / "datasets" / "videos" / "putting_mask_on.mp4")
    assert bare["last_frame"] <= 20
    assert 21 < masked["last_frame"] <= 150

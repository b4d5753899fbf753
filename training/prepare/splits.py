"""Divide pictures among splits so that no group crosses and the states keep their shares."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from training.data import DataError

#: Who keeps a group that the given splits tear apart: what is measured on comes before what is learnt from.
_STRONGEST = ("test", "webcam", "val", "train")


def parse_shares(text: str) -> dict[str, float]:
    """`0.7/0.15/0.15` as shares of train, val and test, which sum to 1. Raises DataError for anything else."""
    try:
        values = [float(part) for part in text.split("/")]
    except ValueError:
        values = []
    if len(values) != 3 or any(not 0 <= value <= 1 for value in values) or not math.isclose(sum(values), 1):
        raise DataError(f"--shares {text}: not three shares of train/val/test that sum to 1, such as 0.7/0.15/0.15")
    return dict(zip(("train", "val", "test"), values, strict=True))


def divide(groups: Sequence[int], counts: NDArray[np.int64], shares: Mapping[str, float], seed: int) -> list[str]:
    """The split of each picture.

    groups: the group of each of the N pictures. counts: (N, S), how many faces of each state a picture has. No group
    crosses; a split with the share 0 stays empty; the same input gives the same splits.

    Iterative stratification (Sechidis, Tsoumakas and Vlahavas 2011), with groups in the place of single examples: the
    rarest state is dealt out first, its largest group first, each to the split that lacks most of that state. If every
    picture has one face, a split gets at most the size of its last group more than its share of a state.
    """
    order, rows = np.unique(np.asarray(groups, np.int64), return_inverse=True)
    # The last column counts pictures: it deals out those without faces and settles draws.
    totals = np.zeros((len(order), counts.shape[1] + 1), np.int64)
    np.add.at(totals, rows, np.column_stack([counts, np.ones(len(counts), np.int64)]))
    names = [name for name, share in shares.items() if share > 0]
    lacking = np.array([[shares[name] * total for total in totals.sum(axis=0)] for name in names])
    chance = np.random.default_rng(seed).permutation(len(order))
    result = np.full(len(order), -1)
    while (open_groups := np.nonzero(result < 0)[0]).size:
        left = totals[open_groups].sum(axis=0)
        state = min(np.nonzero(left)[0].tolist(), key=lambda column: (left[column], column))
        having = open_groups[totals[open_groups, state] > 0].tolist()
        for group in sorted(having, key=lambda item: (-totals[item, state], chance[item])):
            wanted = max(range(len(names)), key=lambda split: (lacking[split, state], lacking[split, -1], -split))
            result[group] = wanted
            lacking[wanted] -= totals[group]
    return [names[split] for split in result[rows]]


def keep(groups: Sequence[int], given: Sequence[str]) -> list[bool]:
    """Whether each picture may stay in the split it was given.

    Of a group that lies in several splits, only the part in the strongest stays: test, then webcam, val, train. So what
    was measured on the given test split can be compared, and nothing of it is learnt.
    """
    strongest: dict[int, int] = {}
    for group, split in zip(groups, given, strict=True):
        strongest[group] = min(strongest.get(group, len(_STRONGEST)), _STRONGEST.index(split))
    return [_STRONGEST.index(split) == strongest[group] for group, split in zip(groups, given, strict=True)]

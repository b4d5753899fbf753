"""Which pictures show one photo."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from training.prepare.fingerprint import NEAR, Fingerprint, Words, distances


@dataclass(frozen=True, slots=True)
class Pair:
    """Two pictures of one photo, by their places in the lists. distance: bits of 256 that differ."""

    one: int
    two: int
    distance: int
    mirrored: bool


def near_pairs(prints: Sequence[Fingerprint], limit: int = NEAR) -> list[Pair]:
    """All pairs within one list, `one` before `two`. Compares every two: 10,000 pictures take some seconds."""
    table = _table(prints)
    return [
        Pair(one, one + 1 + two, bits, mirrored)
        for one in range(len(prints))
        for two, bits, mirrored in _near(prints[one], table[one + 1 :], prints[one + 1 :], limit)
    ]


def nearest(prints: Sequence[Fingerprint], others: Sequence[Fingerprint], limit: int = NEAR) -> dict[int, Pair]:
    """For each picture of `prints` that shows a photo of `others`: the pair with the nearest one."""
    table = _table(others)
    result = {}
    for one, fingerprint in enumerate(prints):
        pairs = [Pair(one, *found) for found in _near(fingerprint, table, others, limit)]
        if pairs:
            result[one] = min(pairs, key=lambda pair: (pair.distance, pair.two))
    return result


def components(count: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """For each of `count` pictures the number of its group: all that hang together, directly or through others.

    Groups are numbered in the order of their first picture.
    """
    parent = list(range(count))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for one, two in pairs:
        low, high = sorted((root(one), root(two)))
        parent[high] = low
    number: dict[int, int] = {}
    return [number.setdefault(root(item), len(number)) for item in range(count)]


def _table(prints: Sequence[Fingerprint]) -> Words:
    return np.array([item.bits for item in prints], np.uint64).reshape(-1, 4)


def _near(one: Fingerprint, table: Words, prints: Sequence[Fingerprint], limit: int) -> Iterator[tuple[int, int, bool]]:
    if one.flat or not len(table):
        return
    straight, mirrored = distances(one.bits, table), distances(one.mirrored, table)
    for place in np.nonzero(np.minimum(straight, mirrored) <= limit)[0].tolist():
        if not prints[place].flat:
            yield place, int(min(straight[place], mirrored[place])), bool(mirrored[place] < straight[place])

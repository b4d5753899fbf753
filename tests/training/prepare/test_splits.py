"""Splits: no group crosses, the same input gives the same splits, shares are kept as far as groups allow."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data import DataError
from training.prepare.splits import divide, keep, parse_shares

SHARES = st.sampled_from(["0.7/0.15/0.15", "1/0/0", "0.5/0.5/0", "0.34/0.33/0.33", "0.8/0/0.2"]).map(parse_shares)
#: (group, faces of each state) a picture.
PICTURES = st.lists(
    st.tuples(st.integers(0, 12), st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(0, 3))), max_size=60
)
#: (group, its one state) a picture, as in class folders.
CLASSES = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 2)), min_size=1, max_size=120)


def counts_of(rows: list[tuple[int, ...]]) -> np.ndarray:
    return np.array(rows, np.int64).reshape(-1, 3)


@given(PICTURES, SHARES, st.integers(0, 5))
def test_no_group_crosses_and_all_is_repeatable(
    pictures: list[tuple[int, tuple[int, int, int]]], shares: dict[str, float], seed: int
) -> None:
    groups, counts = [group for group, _ in pictures], counts_of([states for _, states in pictures])
    splits = divide(groups, counts, shares, seed)
    assert splits == divide(groups, counts, shares, seed)
    assert len(splits) == len(pictures)
    for group in set(groups):
        assert len({split for split, own in zip(splits, groups, strict=True) if own == group}) == 1
    assert all(shares[split] > 0 for split in splits)


@given(CLASSES, SHARES, st.integers(0, 5))
def test_no_split_has_more_of_a_class_than_its_share_and_one_group(
    pictures: list[tuple[int, int]], shares: dict[str, float], seed: int
) -> None:
    # A group of copies has one class: what people know of it is part of its number.
    groups = [3 * group + state for group, state in pictures]
    counts = counts_of([tuple(int(state == column) for column in range(3)) for _, state in pictures])
    splits = divide(groups, counts, shares, seed)
    for state in range(3):
        inside = [place for place, (_, own) in enumerate(pictures) if own == state]
        largest = max(Counter(groups[place] for place in inside).values(), default=0)
        for name, share in shares.items():
            got = sum(splits[place] == name for place in inside)
            assert got <= share * len(inside) + largest + 1e-9


@given(st.integers(20, 200), st.integers(0, 50))
def test_single_pictures_meet_their_shares(count: int, seed: int) -> None:
    counts = counts_of([(1, 0, 0) if place % 4 else (0, 0, 1) for place in range(count)])
    splits = divide(range(count), counts, parse_shares("0.7/0.15/0.15"), seed)
    for column in (0, 2):
        inside = Counter(split for split, row in zip(splits, counts, strict=True) if row[column])
        total = inside.total()
        for name, share in (("train", 0.7), ("val", 0.15), ("test", 0.15)):
            assert abs(inside[name] - share * total) < 2


def test_another_seed_draws_others() -> None:
    counts = counts_of([(1, 0, 0)] * 40)
    shares = parse_shares("0.5/0.25/0.25")
    assert divide(range(40), counts, shares, 1) != divide(range(40), counts, shares, 2)


def test_the_test_split_keeps_what_the_given_splits_tear_apart() -> None:
    assert keep([1, 1, 2, 3, 3], ["train", "test", "train", "val", "val"]) == [False, True, True, True, True]
    assert keep([1, 1, 1], ["train", "val", "webcam"]) == [False, False, True]


@pytest.mark.parametrize("text", ["0.7", "0.5/0.5", "0.7/0.2/0.2", "a/b/c", "1.5/-0.5/0", "nan/0/1"])
def test_strange_shares_are_refused(text: str) -> None:
    with pytest.raises(DataError, match=r"three shares of train/val/test that sum to 1, such as 0\.7/0\.15/0\.15"):
        parse_shares(text)

"""Class names of other people's sets."""

import pytest

from training.data import DataError
from training.prepare.names import meaning_of, meanings, parse_map, plain


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("with_mask", "mask"), ("Mask", "mask"), ("face_nask", "mask"), ("masked", "mask"), ("face_mask", "mask"),
        ("mask_weared_incorrect", "incorrect"), ("bad", "incorrect"), ("Incorrect mask", "incorrect"),
        ("without_mask", "no_mask"), ("no-mask", "no_mask"), ("face", "no_mask"), (" No Mask ", "no_mask"),
    ],
)  # fmt: skip
def test_well_known_spellings(name: str, state: str) -> None:
    assert meaning_of(name) == state


def test_what_the_user_says_wins() -> None:
    mapped = parse_map(["face=ignore", "Ski Mask=mask", "a=b=incorrect", "hat=remove"])
    assert meaning_of("Face", mapped) == "ignore"
    assert meaning_of("ski-mask", mapped) == "mask"
    assert meaning_of("a=b", mapped) == "incorrect"
    assert meaning_of("hat", mapped) == "remove"
    assert meaning_of("mask", mapped) == "mask"


@pytest.mark.parametrize("entry", ["face", "face=", "=mask", "face=mask_on"])
def test_a_strange_map_is_refused(entry: str) -> None:
    with pytest.raises(DataError, match=r"not name=state; state is one of mask, incorrect, no_mask, ignore, remove"):
        parse_map([entry])


def test_an_unknown_name_lists_all_and_says_the_mend() -> None:
    with pytest.raises(
        DataError, match=r"here: unknown class 'hat'; found were 'hat' \(2x\), 'mask' \(5x\).*--map hat="
    ):
        meanings({"mask": 5, "hat": 2}, {}, "here")


def test_plain() -> None:
    assert plain("No - Mask..x") == "no_mask_x"

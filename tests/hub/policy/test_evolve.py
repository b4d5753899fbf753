"""A changed copy is what `dataclasses.replace` makes of a door's state, and nothing is shared that could change."""

import dataclasses
import json
from datetime import UTC, datetime

import pytest

from hub.policy import Machine, from_document, to_json
from hub.policy.evolve import replace
from hub.policy.state import Claim
from maskgate.messages import LockState, Mode

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DOOR = Machine(mode=Mode.HARD, configured_mode=Mode.HARD, day="2026-11-23")


def test_a_changed_copy_is_as_the_library_makes_it_and_the_original_stays() -> None:
    before = dataclasses.replace(DOOR)
    made = replace(DOOR, lock=LockState.LOCKED, sure=True)
    assert made == dataclasses.replace(DOOR, lock=LockState.LOCKED, sure=True)
    assert (DOOR, type(made)) == (before, Machine)
    assert replace(Claim("p", "n", NOON), node="m") == Claim("p", "m", NOON), "of one with slots too"


def test_a_field_that_is_not_there_is_refused() -> None:
    with pytest.raises(TypeError, match="locked"):
        replace(DOOR, locked=True)  # type: ignore[call-arg]


def test_what_is_stored_is_the_document_itself() -> None:
    assert from_document(json.loads(to_json(DOOR))) == DOOR

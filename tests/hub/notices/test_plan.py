"""Who is told of what."""

from datetime import UTC, datetime
from typing import Any

import pytest

from hub.notices.plan import plan
from hub.notices.render import letter
from maskgate.messages import Decision, EventType, Mode
from maskgate.states import DecisionKind, MaskState
from tests.hub.notices.conftest import make_config
from tests.hub.policy.world import World
from tests.hub.policy.world import config as door

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
GUARD = {"id": "guard", "url": "json://localhost"}


def decision(**changes: Any) -> Decision:
    return Decision.model_validate(
        {
            "id": "decision-1", "door": "front", "at": NOW, "event_type": EventType.DENIED,
            "decision": DecisionKind.DENY, "mode": Mode.HARD, "text": "No mask", "passage": "passage-1",
            "revision": 1, "state": MaskState.NO_MASK, "confidence": 0.9, **changes,
        }
    )  # fmt: skip


def test_a_mail_speaks_of_a_refusal_only_where_the_lock_was_to_refuse() -> None:
    """S6: a door that somebody holds open refuses nobody, whatever its mode."""
    subjects = []
    for held_open in (False, True):
        world = World(door("hard", "controlled"))
        if held_open:
            world.deliver(world.said("override", action="unlock", reason="delivery", seconds=60))
        (outcome,) = world.deliver(world.passage("no_mask"))
        (decided,) = outcome.decided
        (row,) = plan(make_config(GUARD), decided.decision, 1, NOW)
        subjects.append(letter(row.id, row.facts, []).subject)
        assert ("keep the entry shut" in letter(row.id, row.facts, []).text) is not held_open
    assert subjects == ["[Head office] Entry refused at Front entry: no mask", "[Head office] No mask at Front entry"]


def test_a_mail_never_says_certain_for_less() -> None:
    (row,) = plan(make_config(GUARD), decision(confidence=0.9961), 1, NOW)
    assert "confidence 99%" in letter(row.id, row.facts, []).text


@pytest.mark.parametrize(
    ("mode", "kind", "event_type", "told"),
    [
        (Mode.HARD, DecisionKind.DENY, EventType.DENIED, True),
        (Mode.HARD, DecisionKind.DENY, EventType.IMPROPER, True),
        (Mode.HARD, DecisionKind.OBSERVE, EventType.DENIED, False),
        (Mode.HARD, DecisionKind.GRANT, EventType.GRANTED, False),
        (Mode.HARD, DecisionKind.DENY, EventType.UNCERTAIN, False),
        (Mode.HARD, DecisionKind.OBSERVE, EventType.LATE, False),
        (Mode.SOFT, DecisionKind.OBSERVE, EventType.DENIED, True),
        (Mode.SOFT, DecisionKind.OBSERVE, EventType.IMPROPER, True),
        (Mode.OFF, DecisionKind.OBSERVE, EventType.DENIED, False),
    ],
)
def test_a_refusal_tells_and_a_violation_in_soft_mode_tells(
    mode: Mode, kind: DecisionKind, event_type: EventType, told: bool
) -> None:
    made = decision(mode=mode, decision=kind, event_type=event_type)
    assert len(plan(make_config(GUARD), made, 1, NOW)) == int(told)


def test_each_recipient_of_the_door_gets_a_row_with_the_facts_and_no_secret() -> None:
    config = make_config(GUARD, {"id": "other", "url": "json://u:p4ssword@localhost", "doors": []})
    (row,) = plan(config, decision(), 7, NOW)
    assert (row.recipient, row.door, row.status, row.next_try) == ("guard", "front", "waiting", NOW)
    assert row.facts["count_today"] == 7
    assert row.facts["at"] == "2026-11-23T09:00:00.000Z"
    assert row.facts["at_site"] == "2026-11-23T10:00:00+01:00"
    assert row.facts["decision_id"] == "decision-1"
    assert "p4ssword" not in repr(row)

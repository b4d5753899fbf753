"""Who is told of a decision: pure, and written as rows in the decision's own transaction (M2)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from hub.config import HubConfig
from hub.policy import words
from maskgate.clock import rfc3339
from maskgate.ids import new_id
from maskgate.messages import Decision, EventType, Mode
from maskgate.states import DecisionKind

#: One kind for both ways to break the rule, so that both share a cooldown.
VIOLATION, FAULT, EMERGENCY = "violation", "fault", "emergency"
#: What a severe notice is a kind of: it has a cooldown of its own, and so passes that of what is less severe.
SEVERE = "-severe"
#: What an escalation is a kind of: it waits for nobody to acknowledge, and one at a time waits of each step.
STEP = "-step"
#: Told of no single thing: a period, and what came in quiet hours. They belong to no door.
SUMMARIES = frozenset({"daily", "weekly"})
QUIET = "quiet"
_KINDS = {
    EventType.DENIED: VIOLATION, EventType.IMPROPER: VIOLATION, EventType.FAULT: FAULT, EventType.EMERGENCY: EMERGENCY,
}  # fmt: skip


class Status(StrEnum):
    """What became of a notice."""

    WAITING = "waiting"
    SENT = "sent"
    SUPPRESSED = "suppressed"  # by the cooldown; reported by the notice that `counted_in` names
    FAILED = "failed"  # given up after its last try
    HELD = "held"  # in quiet hours, until the digest after them, which `counted_in` then names
    ACKNOWLEDGED = "acknowledged"  # an escalation that was not needed


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One message to one recipient, as a row of `hub.store.schema.notices`."""

    id: str
    recipient: str
    door: str
    kind: str
    created_at: datetime
    facts: dict[str, Any]
    next_try: datetime
    status: str = Status.WAITING
    attempts: int = 0
    last_error: str | None = None
    sent_at: datetime | None = None
    counted_in: str | None = None
    revived_at: datetime | None = None


def is_told(decision: Decision) -> bool:
    """Whether somebody is told: a refusal in `hard`, a violation in `soft`; faults and emergencies in every mode."""
    if decision.event_type not in _KINDS:
        return False
    if _KINDS[decision.event_type] != VIOLATION:
        return True
    match decision.mode:
        case Mode.HARD:
            return decision.decision is DecisionKind.DENY
        case Mode.SOFT:
            return True
        case Mode.OFF:
            return False


def plan(config: HubConfig, decision: Decision, count_today: int, now: datetime) -> list[NoticeRow]:
    """Return a row for each recipient who is told of `decision`, now or by an escalation; empty when nobody is.

    `count_today` is the door's violations since midnight, site time, this one included.
    """
    if not is_told(decision):
        return []
    door = next((door for door in config.doors if door.id == decision.door), None)
    if door is None:
        return []
    kind = _KINDS[decision.event_type]
    facts = {
        "about": kind,
        "text": decision.text,
        "site": config.site,
        "door": door.id,
        "door_name": door.name,
        "at": rfc3339(decision.at),
        "at_site": decision.at.astimezone(config.zone).isoformat(timespec="seconds"),
        "zone": config.timezone,
        "event_type": decision.event_type.value,
        "decision": decision.decision.value,
        "mode": decision.mode.value,
        "refused": decision.text.endswith(words.REFUSED),
        "state": decision.state.value if decision.state else None,
        "confidence": decision.confidence,
        "count_today": count_today,
        "decision_id": decision.id,
        "passage": decision.passage,
        "node": decision.node,
        "revision": decision.revision,
    }
    severe = SEVERE if decision.severe else ""
    rows = [
        NoticeRow(new_id(now), recipient.id, door.id, kind + severe, now, dict(facts), next_try=now)
        for recipient in config.notices.recipients
        if (recipient.doors is None or door.id in recipient.doors) and kind in recipient.about
    ]
    for number, step in enumerate(config.notices.escalation, 1):
        if kind not in step.about or not (step.doors is None or door.id in step.doors):
            continue
        late = facts | {"unacknowledged_s": step.after}
        due = now + timedelta(seconds=step.after)
        rows += [
            NoticeRow(
                new_id(now), recipient, door.id, f"{kind}{STEP}{number}{severe}", now, dict(late), due, revived_at=due
            )
            for recipient in step.to
        ]
    return rows


def is_step(kind: str) -> bool:
    """Whether notices of this kind are escalations."""
    return STEP in kind

"""Rows and documents into what the pages show: words, times of the site, tones of colour. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.config import Door
from hub.store.read import Node
from maskgate.clock import rfc3339
from maskgate.messages import Decision, DoorState, EventType, LockState
from maskgate.states import DecisionKind, MaskState, percent

#: A word and the tone in which it is shown.
Chip = tuple[str, str]

LOCK: dict[LockState, Chip] = {
    LockState.LOCKED: ("Locked", "locked"),
    LockState.LOCKING: ("Locking…", "moving"),
    LockState.UNLOCKED: ("Unlocked", "unlocked"),
    LockState.UNLOCKING: ("Unlocking…", "moving"),
    LockState.JAMMED: ("Jammed", "bad"),
    LockState.UNKNOWN: ("Not known", "unknown"),
}
STATE: dict[str, Chip] = {
    MaskState.MASK: ("Mask", "good"),
    MaskState.INCORRECT: ("Worn wrongly", "warn"),
    MaskState.NO_MASK: ("No mask", "bad"),
    MaskState.UNCERTAIN: ("Not certain", "unknown"),
}
DECISION: dict[str, Chip] = {
    DecisionKind.GRANT: ("Let in", "good"),
    DecisionKind.DENY: ("Refused", "bad"),
    DecisionKind.OBSERVE: ("Noted", "unknown"),
}
#: What is no verdict, or one that moved nothing, is named by what happened.
EVENT: dict[str, Chip] = {
    EventType.LATE: ("Too late", "unknown"),
    EventType.OVERRIDE: ("By hand", "warn"),
    EventType.EMERGENCY: ("Emergency", "bad"),
    EventType.FAULT: ("Fault", "bad"),
}
#: What became of a notice.
NOTICE: dict[str, Chip] = {
    "waiting": ("Waiting", "warn"),
    "sent": ("Sent", "good"),
    "suppressed": ("Counted into another", "unknown"),
    "failed": ("Given up", "bad"),
    "held": ("Held for quiet hours", "unknown"),
    "acknowledged": ("Not needed", "unknown"),
}
NODE: dict[str | None, Chip] = {
    "online": ("Online", "good"),
    "offline": ("Offline", "bad"),
    "stopped": ("Stopped", "unknown"),
    None: ("Never heard", "warn"),
}
#: An icon for each word of a lock.
LOCK_ICON = {"locked": "lock", "unlocked": "lock-open", "bad": "triangle-exclamation", "moving": "rotate"}
MODE = {"off": "Only counts", "soft": "Shows and tells", "hard": "Also moves the lock"}
CAMERA = {"ok": "picture fine", "degraded": "picture dark or frozen", "lost": "no picture"}


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as the site reads it; `iso` for machines."""

    text: str
    iso: str


def moment(at: datetime, zone: ZoneInfo, now: datetime) -> Moment:
    """Return `at` in the site's zone: the time alone today, with the day before that."""
    there, here = at.astimezone(zone), now.astimezone(zone)
    today = there.date() == here.date()
    return Moment(f"{there:%H:%M:%S}" if today else f"{there.day} {there:%b %H:%M:%S}", rfc3339(at))


def _sure(share: float | None) -> str:
    return "" if share is None else percent(share)


def door_card(door: Door, state: DoorState | None, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Return what the console shows of a door; `state` is None until the hub has seen it."""
    card: dict[str, Any] = {
        "id": door.id, "name": door.name, "mode": None, "entry": door.policy.entry.value,
        "has_lock": door.lock is not None,
        "held": False, "icon": "door-closed" if door.lock is None else "circle-question",
        "lock": ("No lock", "unknown") if door.lock is None else LOCK[LockState.UNKNOWN],
        "problem": None, "emergency": False, "last": None, "people": 0, "violations": 0, "until": None,
    }  # fmt: skip
    if state is None:
        return card
    if door.lock is not None:
        card["lock"] = LOCK[state.lock]
        card["icon"] = LOCK_ICON.get(card["lock"][1], "circle-question")
    waits = state.until is not None and state.until > now
    return {
        **card,
        "held": waits and state.last is not None and state.last.event_type is EventType.OVERRIDE,
        "mode": state.mode.value,
        "entry": state.entry.value,
        "problem": state.problem,
        "emergency": state.emergency,
        "people": state.counters.people,
        "violations": state.counters.violations,
        "until": moment(state.until, zone, now) if state.until and waits else None,
        "last": _last(state.last, zone, now) if state.last else None,
    }


def _last(decision: Decision, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    return {
        "chip": EVENT.get(decision.event_type) or DECISION[decision.decision],
        "text": decision.text,
        "by": decision.by,
        "confidence": _sure(decision.confidence),
        "at": moment(decision.at, zone, now),
    }


def event_row(decision: Decision, names: dict[str, str], zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Return one line of the table of events; faults and commands have neither camera nor state."""
    return {
        "key": decision.id,
        "passage": decision.passage,
        "by": decision.by,
        "at": moment(decision.at, zone, now),
        "door": names.get(decision.door, decision.door),
        "node": decision.node or "",
        "state": STATE[decision.state] if decision.state else None,
        "confidence": _sure(decision.confidence),
        "revised": (decision.revision or 1) > 1,
        "decision": EVENT.get(decision.event_type) or DECISION[decision.decision],
        "text": decision.text,
    }


def node_row(node: str, door: Door, row: Node | None, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Return what the console shows of a node; `row` is None for one that was never heard."""
    shown: dict[str, Any] = {
        "id": node, "door": door.name, "door_id": door.id, "chip": NODE[None], "facts": [], "heard": None, "bad": None,
        "health": None,
    }  # fmt: skip
    if row is None:
        return shown
    shown["chip"] = NODE.get(row.availability, NODE[None])
    shown["heard"] = moment(row.heard_at, zone, now)
    if health := row.health:
        shown["bad"] = CAMERA[health.camera] if health.camera != "ok" else None
        if health.detector != "ok":
            shown["bad"] = "the detector has failed"
        shown["health"] = health
        shown["facts"] = [
            f"{health.fps:.1f} frames/s",
            *([f"{health.latency_ms.p50:.0f} ms a frame"] if health.latency_ms else []),
            *([f"{health.temperature_c:.0f} °C"] if health.temperature_c is not None else []),
            f"{health.outbox} waiting" if health.outbox else "nothing waiting",
        ]
    return shown


def passage_row(
    row: Any, document: dict[str, Any] | None, names: dict[str, str], zone: ZoneInfo, now: datetime
) -> dict[str, Any]:
    """Return one passage, or one verdict about it; `document` is the decision that followed, if any did."""
    made = Decision.model_validate(document) if document else None
    return {
        "key": f"{row.passage}-{row.node}-{row.revision}", "passage": row.passage, "revision": row.revision,
        "at": moment(row.received_at, zone, now), "seen_from": moment(row.seen_from, zone, now),
        "stayed": f"{max(0.0, (row.seen_to - row.seen_from).total_seconds()):.1f} s",
        "door": names.get(row.door, row.door), "door_id": row.door, "node": row.node, "state": STATE[row.state],
        "confidence": _sure(row.confidence), "frames": row.frames, "faces": row.faces_in_view, "model": row.model,
        "reason": row.reason.replace("_", " "),
        "decision": (EVENT.get(made.event_type) or DECISION[made.decision]) if made else ("Not decided", "unknown"),
        "text": made.text if made else "", "mode": made.mode.value if made else "",
        "decided": moment(made.at, zone, now) if made else None,
    }  # fmt: skip


def notice_row(row: Any, headline: str | None, names: dict[str, str], zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Return one notice and its fate."""
    return {
        "id": row.id, "at": moment(row.created_at, zone, now), "recipient": row.recipient,
        "about": headline or row.kind.replace("_", " "), "door": names.get(row.door, row.door),
        "status": NOTICE.get(row.status, (row.status, "unknown")), "failed": row.status == "failed",
        "sent": moment(row.sent_at, zone, now) if row.sent_at else None,
        "next": moment(row.next_try, zone, now) if row.status == "waiting" and row.attempts else None,
        "tries": row.attempts, "error": row.last_error if row.status != "sent" else None,
    }  # fmt: skip

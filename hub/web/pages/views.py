"""Rows and documents into what the pages show: words, times of the site, tones of colour. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.config import Door, HubConfig
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
NODE: dict[str | None, Chip] = {
    "online": ("Online", "good"),
    "offline": ("Offline", "bad"),
    "stopped": ("Stopped", "unknown"),
    None: ("Never heard", "warn"),
}
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
        "lock": ("No lock", "unknown") if door.lock is None else LOCK[LockState.UNKNOWN],
        "problem": None, "emergency": False, "last": None, "people": 0, "violations": 0, "until": None,
    }  # fmt: skip
    if state is None:
        return card
    if door.lock is not None:
        card["lock"] = LOCK[state.lock]
    return {
        **card,
        "mode": state.mode.value,
        "entry": state.entry.value,
        "problem": state.problem,
        "emergency": state.emergency,
        "people": state.counters.people,
        "violations": state.counters.violations,
        "until": moment(state.until, zone, now) if state.until and state.until > now else None,
        "last": _last(state.last, zone, now) if state.last else None,
    }


def _last(decision: Decision, zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    return {
        "chip": EVENT.get(decision.event_type) or DECISION[decision.decision],
        "text": decision.text,
        "confidence": _sure(decision.confidence),
        "at": moment(decision.at, zone, now),
    }


def event_row(decision: Decision, names: dict[str, str], zone: ZoneInfo, now: datetime) -> dict[str, Any]:
    """Return one line of the table of events; faults and commands have neither camera nor state."""
    return {
        "key": decision.id,
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
    shown: dict[str, Any] = {"id": node, "door": door.name, "chip": NODE[None], "facts": [], "heard": None, "bad": None}
    if row is None:
        return shown
    shown["chip"] = NODE.get(row.availability, NODE[None])
    shown["heard"] = moment(row.heard_at, zone, now)
    if health := row.health:
        shown["bad"] = CAMERA[health.camera] if health.camera != "ok" else None
        if health.detector != "ok":
            shown["bad"] = "the detector has failed"
        shown["facts"] = [
            f"{health.fps:.1f} frames/s",
            *([f"{health.latency_ms.p50:.0f} ms a frame"] if health.latency_ms else []),
            *([f"{health.temperature_c:.0f} °C"] if health.temperature_c is not None else []),
            f"{health.outbox} waiting" if health.outbox else "nothing waiting",
        ]
    return shown


def trouble(config: HubConfig, cards: Sequence[dict[str, Any]], nodes: Sequence[dict[str, Any]]) -> str:
    """Return the one line at the head of the console: empty when all is well."""
    doors = sum(bool(card["problem"] or card["emergency"] or card["lock"][1] == "bad") for card in cards)
    silent = sum(node["chip"][1] in ("bad", "warn") or node["bad"] is not None for node in nodes)
    parts = [
        *([f"{doors} of {len(config.doors)} doors" if len(config.doors) > 1 else "the door"] if doors else []),
        *([f"{silent} of {len(nodes)} cameras" if len(nodes) > 1 else "the camera"] if silent else []),
    ]
    return " and ".join(parts)

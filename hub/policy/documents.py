"""The two retained documents of a door: functions of its state alone."""

from datetime import datetime

from hub.policy.lock import lock_shown
from hub.policy.outcome import Rules
from hub.policy.problems import problem
from hub.policy.state import Machine, Shown
from hub.policy.words import DISPLAY, NO_RULE
from maskgate.messages import Display, DisplayKind, DoorState, LockAction, Mode

LANGUAGE = "en"


def door_state(rules: Rules, state: Machine, at: datetime) -> DoorState:
    """Return the door as it stands; `at` is when it came to stand so."""
    return DoorState(
        door=rules.door.id, name=rules.door.name, at=at, mode=state.mode, entry=state.entry,
        lock=lock_shown(state), contact=state.contact, last=state.last, until=_until(state),
        emergency=state.emergency, problem=problem(rules, state), counters=state.counters,
    )  # fmt: skip


def display(rules: Rules, state: Machine, at: datetime) -> Display:
    """Return what the displays show: emergency, then people, then the last verdict, then a person's words."""
    kind, text, until = _picture(state)
    title, usual, sound = DISPLAY[kind]
    return Display(
        door=rules.door.id, at=at, kind=kind, title=title, text=text or usual, language=LANGUAGE,
        sound=sound, until=until,
    )  # fmt: skip


def _picture(state: Machine) -> tuple[DisplayKind, str | None, datetime | None]:
    if state.emergency:
        return DisplayKind.EMERGENCY, None, None
    if state.by_hand and state.by_hand.action is LockAction.LOCK:
        return DisplayKind.OUT_OF_SERVICE, state.by_hand.reason or None, state.by_hand.until
    shown: Shown | None = state.shown or state.message
    if shown:
        return shown.kind, shown.text, shown.until
    return DisplayKind.IDLE, NO_RULE if state.mode is Mode.OFF else None, None


def _until(state: Machine) -> datetime | None:
    if state.emergency:
        return None
    if state.by_hand:
        return state.by_hand.until
    return state.hold.until if state.hold else None

"""The two retained documents of a door: functions of its state alone."""

from collections.abc import Sequence
from datetime import datetime

from hub.policy.lock import lock_shown
from hub.policy.outcome import Rules
from hub.policy.presence import occupied
from hub.policy.problems import problem
from hub.policy.state import Machine, Shown
from hub.policy.times import times
from hub.policy.translations import SAID, Phrase
from hub.policy.words import SOUND
from maskgate.messages import Display, DisplayKind, DoorState, Language, LockAction, Mode, Words

SHORT = 32


def door_state(rules: Rules, state: Machine, at: datetime) -> DoorState:
    """Return the door as it stands; `at` is when it came to stand so."""
    return DoorState(
        door=rules.door.id, name=rules.door.name, at=at, mode=state.mode, entry=state.entry,
        lock=lock_shown(state), contact=state.contact, last=state.last, until=_until(state),
        emergency=state.emergency, problem=problem(rules, state), counters=state.counters,
        counting_since=state.counting_since or rules.midnight(state.day),
        occupied=occupied(rules, state), times=times(rules, state),
    )  # fmt: skip


def display(rules: Rules, state: Machine, at: datetime) -> Display:
    """Return what the displays show: emergency, then people, then the last verdict, then a person's words."""
    kind, text, phrase, until = _picture(state)
    made = say(rules.door.id, kind, rules.languages, at, text=text, phrase=phrase, until=until)
    return made.model_copy(update={"sound": state.sounding.sound}) if state.sounding else made


def say(
    door: str,
    kind: DisplayKind,
    languages: Sequence[Language],
    at: datetime,
    *,
    text: str | None = None,
    phrase: Phrase | None = None,
    until: datetime | None = None,
) -> Display:
    """Return the document of a kind in each language; `text` is a person's own and stays as it is."""
    first, *others = (spoken(language, phrase or kind, text) for language in languages)
    return Display(
        door=door, at=at, kind=kind, title=first.title, text=first.text, short=first.short,
        language=first.language, also=tuple(others), sound=SOUND[kind], until=until,
    )  # fmt: skip


def spoken(language: Language, what: DisplayKind | Phrase, text: str | None = None) -> Words:
    """Return what is said in one language; `text` is a person's own and takes the place of ours."""
    title, usual, short = SAID[language][what]
    return Words(language=language, title=title, text=text or usual, short=_cut(text) if text else short)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    if len(line) <= SHORT:
        return line
    whole = line[:SHORT].rpartition(" ")[0]  # the words that fit beside the dots
    return (whole if len(whole) >= SHORT // 2 else line[: SHORT - 1]) + "…"


def _picture(state: Machine) -> tuple[DisplayKind, str | None, Phrase | None, datetime | None]:
    if state.emergency:
        return DisplayKind.EMERGENCY, None, None, None
    if state.by_hand and state.by_hand.action is LockAction.LOCK:
        return DisplayKind.OUT_OF_SERVICE, state.by_hand.reason or None, None, state.by_hand.until
    shown: Shown | None = state.shown or state.message
    if shown:
        return shown.kind, shown.text, shown.phrase, shown.until
    return DisplayKind.IDLE, None, Phrase.NO_RULE if state.mode is Mode.OFF else None, None


def _until(state: Machine) -> datetime | None:
    if state.emergency:
        return None
    if state.by_hand:
        return state.by_hand.until
    return state.hold.until if state.hold else None

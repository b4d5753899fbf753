"""What people say to a door: by Home Assistant, a dashboard or a key switch that speaks MQTT."""

from datetime import datetime
from typing import assert_never

from hub.policy.evolve import replace
from hub.policy.lock import change_mode, settle
from hub.policy.outcome import Decided, LockCommand, Outcome, Rules, note, seconds
from hub.policy.problems import problems
from hub.policy.state import REMEMBERED_COMMANDS, ByHand, Machine, Shown, Sounding
from hub.policy.times import set_times, times
from hub.policy.words import TEST
from maskgate.messages import (
    Acknowledge,
    Decision,
    DisplayKind,
    Emergency,
    EventType,
    LockAction,
    LockState,
    Override,
    SetLock,
    SetMode,
    SetSound,
    SetTimes,
    ShowMessage,
    TestDenial,
)
from maskgate.messages.base import Command, age_s
from maskgate.states import DecisionKind

#: No policy locks again sooner than this after a person released the entry, in seconds, unless told to (S5).
LEAST_RELEASE_S = 30.0

AnyCommand = SetLock | SetMode | ShowMessage | Acknowledge | Override | Emergency | SetTimes | SetSound | TestDenial


def in_time(command: Command, now: datetime, max_age: float) -> bool:
    """Whether a command is neither old nor from the future, by more than `max_age` seconds (S1)."""
    return -max_age <= age_s(command.sent_at, now) <= max_age


def command(rules: Rules, state: Machine, said: AnyCommand, now: datetime, *, mark: str) -> Outcome:
    """Do what a person said, once.

    `mark` is the fingerprint of the message (topic and payload, hence its `sent_at`): the broker hands a message
    again that was done but not confirmed when the hub died.
    """
    max_age = rules.door.policy.max_age
    if not in_time(said, now, max_age) or mark in state.heard:
        return Outcome(state)
    state = replace(state, heard=(*state.heard, mark)[-REMEMBERED_COMMANDS:])
    return _obey(rules, state, said, now)


def _obey(rules: Rules, state: Machine, said: AnyCommand, now: datetime) -> Outcome:
    match said:
        case SetLock():
            outcome = _by_hand(rules, state, now, said.action, hold_s=rules.door.policy.manual_hold)
        case Override():
            outcome = _override(rules, state, now, said)
        case Emergency():
            outcome = _emergency(rules, state, now, active=said.active)
        case SetMode():
            outcome = Outcome(*change_mode(rules, state, now, said.mode))
        case ShowMessage():
            shown = Shown(DisplayKind.MESSAGE, now + seconds(said.seconds), said.text)
            outcome = Outcome(replace(state, message=shown))
        case Acknowledge():
            outcome = Outcome(replace(state, acknowledged=problems(rules, state)))
        case SetTimes():
            outcome = Outcome(set_times(rules, state, said))
        case SetSound():
            outcome = Outcome(replace(state, sounding=Sounding(said.sound, now + seconds(said.seconds))))
        case TestDenial():
            outcome = _rehearse(rules, state, now)
        case _:
            assert_never(said)
    return outcome


def _by_hand(
    rules: Rules, state: Machine, now: datetime, action: LockAction, *, hold_s: float, reason: str = ""
) -> Outcome:
    """Hold the entry as a person wants it. The last person who spoke counts, except against an emergency (S5)."""
    words = f"{'Unlocked' if action is LockAction.UNLOCK else 'Locked'} by hand for {hold_s:g} s"
    if state.emergency:
        state, refused = note(rules, state, now, EventType.EMERGENCY, f"Not {words.lower()}: the emergency stands")
        return Outcome(state, decided=(refused,))
    state = replace(state, by_hand=ByHand(action, now + seconds(hold_s), reason), hold=None, shown=None)
    state, order = settle(rules, state, now, force=True)
    state, decided = note(rules, state, now, EventType.OVERRIDE, f"{words}: {reason}" if reason else words)
    return Outcome(state, order, (decided,))


def _override(rules: Rules, state: Machine, now: datetime, said: Override) -> Outcome:
    if said.action != "end":
        action = LockAction(said.action)
        hold_s = max(said.seconds, LEAST_RELEASE_S) if action is LockAction.UNLOCK else said.seconds
        return _by_hand(rules, state, now, action, hold_s=hold_s, reason=said.reason)
    if state.by_hand is None:
        return Outcome(state)
    state, order = settle(rules, replace(state, by_hand=None), now)
    state, decided = note(rules, state, now, EventType.OVERRIDE, f"No longer held by hand: {said.reason}".rstrip(": "))
    return Outcome(state, order, (decided,))


def _emergency(rules: Rules, state: Machine, now: datetime, *, active: bool) -> Outcome:
    if active:
        news = not state.emergency
        # What held the entry before is over: after the reset the plain rule stands.
        state = replace(state, emergency=True, hold=None, by_hand=None, shown=None, sounding=None)
        state, order = settle(rules, state, now, force=True)
        return _said(rules, state, now, order, "Emergency: the entry is released until reset" if news else None)
    if not state.emergency:
        return Outcome(state)
    shut = state.lock is LockState.LOCKED  # which was a fault as long as the emergency stood
    state = replace(state, emergency=False, lock_fault=None if shut else state.lock_fault)
    state, order = settle(rules, state, now)
    return _said(rules, state, now, order, "Emergency over: the rule stands again")


def _rehearse(rules: Rules, state: Machine, now: datetime) -> Outcome:
    """Show and announce a denial that is none: nobody is counted, called or kept out."""
    shown = Shown(DisplayKind.DENIED, now + seconds(times(rules, state).deny_hold))
    decision = Decision(
        id=rules.new_id(now), door=rules.door.id, at=now, event_type=EventType.DENIED, decision=DecisionKind.OBSERVE,
        mode=state.mode, entry=state.entry, text=TEST, test=True,
    )  # fmt: skip
    return Outcome(replace(state, shown=shown), decided=(Decided(decision),))


def _said(rules: Rules, state: Machine, now: datetime, order: LockCommand | None, text: str | None) -> Outcome:
    decided: tuple[Decided, ...] = ()
    if text is not None:
        state, one = note(rules, state, now, EventType.EMERGENCY, text, tell=True, severe=True)
        decided = (one,)
    return Outcome(state, order, decided)

"""The lock: where it should stand, what it is told, and what it measured.

The lock is commanded in three cases only: after a decision, when something that held the entry ends, and when a
person says so. Never because the hub started, and never because of a measurement (S7): somebody may have used a key.
"""

from dataclasses import replace
from datetime import datetime

from hub.policy.outcome import COMMAND_LIFE_S, Decided, LockCommand, Outcome, Rules, note, seconds
from hub.policy.state import HoldKind, Machine, Outstanding
from maskgate.messages import Entry, EventType, Feedback, LockAction, LockState, Mode

_STANDS = {LockState.LOCKED: LockAction.LOCK, LockState.UNLOCKED: LockAction.UNLOCK}
_MOVES = {LockAction.LOCK: LockState.LOCKING, LockAction.UNLOCK: LockState.UNLOCKING}


def resting(rules: Rules) -> LockAction:
    """Return how the entry stands when nobody is there."""
    return LockAction.UNLOCK if rules.door.policy.entry is Entry.OPEN else LockAction.LOCK


def wanted(rules: Rules, state: Machine) -> LockAction | None:
    """Return where the lock should stand: emergency, then people, then the policy (S5); None: nobody minds."""
    if state.emergency:
        return LockAction.UNLOCK
    if state.by_hand:
        return state.by_hand.action
    if state.mode is not Mode.HARD:
        return None
    if state.hold:
        return LockAction.UNLOCK if state.hold.kind is HoldKind.GRANT else LockAction.LOCK
    return resting(rules)


def settle(rules: Rules, state: Machine, now: datetime, *, force: bool = False) -> tuple[Machine, LockCommand | None]:
    """Command the lock where it does not stand, nor is on its way to, where it should.

    `force` (a person said so) trusts no measurement, but repeats no command that is still being answered.
    """
    want, lock = wanted(rules, state), rules.door.lock
    if want is None or lock is None:
        return state, None
    if state.outstanding:
        if state.outstanding.action is want:
            return state, None
    elif state.sure and _STANDS.get(state.lock) is want and not force:
        return state, None
    command = LockCommand(rules.new_id(now), want, now + seconds(min(lock.feedback_within, COMMAND_LIFE_S)))
    due = Outstanding(command.id, want, now, now + seconds(lock.feedback_within))
    return replace(state, outstanding=due), command


def lock_shown(state: Machine) -> LockState:
    """Return the lock as people see it: measured, or on its way while the answer is due (S6)."""
    return _MOVES[state.outstanding.action] if state.outstanding else state.lock


def feedback(rules: Rules, state: Machine, heard: Feedback, now: datetime, *, retained: bool = False) -> Outcome:
    """Believe what was measured.

    A retained measurement is of the past. It fills in what is shown, but it answers no command, lifts no JAMMED and
    is not trusted when it comes to sparing a command.
    """
    state = replace(state, contact=heard.contact or state.contact)
    if heard.lock is None:
        return Outcome(state)
    if retained:
        if state.outstanding or state.lock is LockState.JAMMED:
            return Outcome(state)
        return Outcome(replace(state, lock=heard.lock, sure=False))
    due = state.outstanding
    answers = due is not None and heard.command in (None, due.id)
    if heard.lock is LockState.JAMMED:
        if heard.command is not None and not answers:
            return Outcome(state)
        return _jam(rules, replace(state, outstanding=None), now, "The lock says that it is jammed")
    if due is not None and answers and _STANDS.get(heard.lock) is due.action:
        state = replace(state, outstanding=None)
    return Outcome(replace(state, lock=heard.lock, sure=True, lock_fault=None))


def overdue(rules: Rules, state: Machine, now: datetime) -> tuple[Machine, tuple[Decided, ...]]:
    """Give up waiting for an answer that is due (S6)."""
    due = state.outstanding
    if due is None or now < due.deadline:
        return state, ()
    waited = (due.deadline - due.sent_at).total_seconds()
    outcome = _jam(
        rules,
        replace(state, outstanding=None),
        now,
        f"The lock did not answer within {waited:g} s when told to {due.action}",
    )
    return outcome.state, outcome.decided


def _jam(rules: Rules, state: Machine, now: datetime, why: str) -> Outcome:
    news = state.lock is not LockState.JAMMED or state.lock_fault != why
    state = replace(state, lock=LockState.JAMMED, sure=True, lock_fault=why)
    if not news:
        return Outcome(state)
    state, decided = note(rules, state, now, EventType.FAULT, why, tell=True)
    return Outcome(state, decided=(decided,))

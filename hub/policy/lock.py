"""The lock: where it should stand, what it is told, and what it measured.

The lock is commanded after a decision, when something that held the entry begins or ends (a hold, the schedule, a
fault), when a person says so, and again when it did not answer. Never because the hub started, and never because of a
measurement (S7): somebody may have used a key. But in an emergency a lock that says that it is locked is told again: it
has shut by a timer of its own, or came back so from a power cut (S5).
"""

from datetime import datetime

from hub.config import MqttLock, SafeState
from hub.policy.evolve import replace
from hub.policy.faults import safe_state
from hub.policy.outcome import COMMAND_LIFE_S, LockCommand, Outcome, Rules, note, seconds
from hub.policy.state import HoldKind, Machine, Outstanding
from hub.policy.times import times
from maskgate.messages import Contact, Entry, EventType, Feedback, LockAction, LockState, Mode

_STANDS = {LockState.LOCKED: LockAction.LOCK, LockState.UNLOCKED: LockAction.UNLOCK}
_FIXED: dict[SafeState | None, LockAction] = {SafeState.LOCK: LockAction.LOCK, SafeState.UNLOCK: LockAction.UNLOCK}
_MOVES = {LockAction.LOCK: LockState.LOCKING, LockAction.UNLOCK: LockState.UNLOCKING}

#: How soon it is told so, in seconds.
REOPEN_S = 1.0


def resting(state: Machine) -> LockAction:
    """Return how the entry stands when nobody is there."""
    return LockAction.UNLOCK if state.entry is Entry.OPEN else LockAction.LOCK


def wanted(rules: Rules, state: Machine) -> LockAction | None:
    """Return where the lock should stand: emergency, then people, then faults, then the policy (S5); None: anywhere."""
    if state.emergency:
        return LockAction.UNLOCK
    if state.by_hand:
        return state.by_hand.action
    if state.mode is not Mode.HARD:
        return None
    if fixed := _FIXED.get(safe_state(rules, state)):
        return fixed
    if state.hold:
        return LockAction.UNLOCK if state.hold.kind is HoldKind.GRANT else LockAction.LOCK
    return resting(state)


def settle(rules: Rules, state: Machine, now: datetime, *, force: bool = False) -> tuple[Machine, LockCommand | None]:
    """Command the lock where it does not stand, nor is on its way to, where it should.

    `force` (a person said so) trusts no measurement, but repeats no command that is still being answered.
    """
    want, lock = wanted(rules, state), rules.door.lock
    if want is None or lock is None or state.cut:
        return state, None
    if state.outstanding:
        if state.outstanding.action is want:
            return state, None
    elif state.sure and _STANDS.get(state.lock) is want and not force:
        return state, None
    return _command(rules, state, now, want, within=lock.feedback_within, attempt=1)


def owed(rules: Rules, state: Machine) -> bool:
    """Whether the lock may not be where it should, for a reason that came while nothing could be sent or answered."""
    want = wanted(rules, state)
    if state.emergency:
        return not (state.sure and state.lock is LockState.UNLOCKED)
    if state.cut is None:
        return state.outstanding is not None or state.lock is LockState.JAMMED
    safe = safe_state(rules, state)  # one that began in the meantime is never taken to be reached already (S3)
    return state.cut.stood is not want or (safe in _FIXED and safe is not state.cut.safe)


def _command(
    rules: Rules, state: Machine, now: datetime, want: LockAction, *, within: float, attempt: int
) -> tuple[Machine, LockCommand]:
    command = LockCommand(rules.new_id(now), want, now, now + seconds(min(within, COMMAND_LIFE_S)))
    due = Outstanding(command.id, want, now, now + seconds(within), attempt)
    return replace(state, outstanding=due, settle_at=None), command


def change_mode(rules: Rules, state: Machine, now: datetime, mode: Mode) -> tuple[Machine, LockCommand | None]:
    """Change the mode. What the policy began it ends: a hold that stands when `hard` is left goes back to rest."""
    command = None
    if mode is state.mode:
        return state, None
    held = state.emergency or state.by_hand  # which stands in every mode: nothing is to be done for it now
    if state.mode is Mode.HARD and not held and wanted(rules, state) is not resting(state):
        plain, command = settle(rules, replace(state, hold=None, faults=()), now)
        state = replace(plain, faults=state.faults)
    state = replace(state, mode=mode, hold=None, shown=None)
    if mode is Mode.HARD and not state.emergency and not state.by_hand:
        state, command = settle(rules, state, now)
    return state, command


def lock_shown(state: Machine) -> LockState:
    """Return the lock as people see it: measured, or on its way while the answer is due (S6)."""
    return _MOVES[state.outstanding.action] if state.outstanding else state.lock


def feedback(rules: Rules, state: Machine, heard: Feedback, now: datetime, *, retained: bool = False) -> Outcome:
    """Believe what was measured.

    A retained measurement is of the past. It fills in what is shown, but it answers no command, lifts no JAMMED and
    is not trusted when it comes to sparing a command. A lock that says it does not know has measured as little.
    """
    state = _leaf(rules, state, heard.contact, now, retained=retained)
    if heard.lock is None or heard.lock in _MOVES.values():
        return Outcome(state)  # on its way it has measured nothing, and what it was told the hub knows best
    if retained or heard.lock is LockState.UNKNOWN:
        stands = state.lock is LockState.JAMMED or (retained and state.outstanding)
        return Outcome(state if stands else replace(state, lock=heard.lock, sure=False))
    due = state.outstanding
    answers = due is not None and heard.command in (None, due.id)
    if heard.lock is LockState.JAMMED:
        if heard.command is not None and not answers:
            return Outcome(state)
        return _jam(rules, replace(state, outstanding=None), now, "The lock says that it is jammed")
    if due is not None and answers and _STANDS.get(heard.lock) is due.action:
        state = replace(state, outstanding=None)
    state = replace(state, lock=heard.lock, sure=True)
    if _shut_in_emergency(state):
        return Outcome(_reopen(state, now))  # why it did not open is not over
    return Outcome(replace(state, lock_fault=None))


def _shut_in_emergency(state: Machine) -> bool:
    return state.emergency and state.lock is LockState.LOCKED


def _reopen(state: Machine, now: datetime) -> Machine:
    """Let `tick` see to a lock that shut in an emergency; the measurement itself commands nothing."""
    if state.outstanding or state.settle_at:
        return state
    return replace(state, settle_at=now + seconds(REOPEN_S))


def _leaf(rules: Rules, state: Machine, contact: Contact | None, now: datetime, *, retained: bool) -> Machine:
    """Note how the door leaf is. When it closes behind somebody, a grant has done its work, where that is wanted."""
    closed = contact is Contact.CLOSED and state.contact is Contact.OPEN and not retained
    state = replace(state, contact=contact or state.contact)
    after, hold = times(rules, state).relock_after_close, state.hold
    if not closed or after is None or hold is None or hold.kind is not HoldKind.GRANT:
        return state
    end = now + seconds(after)  # `tick` ends it then: a measurement commands nothing
    return replace(
        state, hold=replace(hold, claims=tuple(replace(claim, until=min(claim.until, end)) for claim in hold.claims))
    )


def overdue(rules: Rules, state: Machine, now: datetime) -> Outcome:
    """Tell a lock again that did not answer in time, or give up (S6)."""
    due, lock = state.outstanding, rules.door.lock
    if due is None or lock is None or now < due.deadline:
        return Outcome(state)
    state = replace(state, outstanding=None)
    if wanted(rules, state) is due.action and due.attempt < lock.attempts:
        within, attempt = lock.feedback_within, due.attempt + 1
        state, again = _command(rules, state, now, due.action, within=within, attempt=attempt)
        return Outcome(state, again)
    if isinstance(lock, MqttLock) and lock.reports_only_changes and _STANDS.get(state.lock) is due.action:
        return Outcome(replace(state, sure=False))  # it last said that it is there already
    waited, times = lock.feedback_within, "" if due.attempt == 1 else f", {due.attempt} times"
    return _jam(rules, state, now, f"The lock did not answer within {waited:g} s when told to {due.action}{times}")


def _jam(rules: Rules, state: Machine, now: datetime, why: str) -> Outcome:
    known = state.lock is LockState.JAMMED or _shut_in_emergency(state)
    news = not known or state.lock_fault != why
    state = replace(state, lock=LockState.JAMMED, sure=True, lock_fault=why)
    if not news:
        return Outcome(state)
    state, decided = note(rules, state, now, EventType.FAULT, why, tell=True, severe=True)
    return Outcome(state, decided=(decided,))

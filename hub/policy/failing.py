"""What a fault does to a door, when it begins and when it is mended (S3)."""

from collections.abc import Mapping
from datetime import datetime

from hub.config import SafeState
from hub.policy.evolve import replace
from hub.policy.faults import safe_state, to_tell
from hub.policy.lock import owed, resting, settle, wanted
from hub.policy.moments import START_GRACE_S, forget_mended
from hub.policy.outcome import COMMAND_LIFE_S, LockCommand, Outcome, Rules, seconds
from hub.policy.state import Cut, Fault, FaultKind, HoldKind, Machine
from maskgate.messages import LockAction, LockState, Mode

#: The source of what the whole site needs.
SITE = "hub"


def fault(
    rules: Rules,
    state: Machine,
    found: Mapping[FaultKind, str | None],
    now: datetime,
    *,
    source: str = SITE,
    orderly: bool = False,
) -> Outcome:
    """Note what is wrong with `source`, or (None) that nothing is, for the kinds in `found`.

    The door goes to its safe state when that is called for, and back to its rule when it no longer is.
    """
    others = [one for one in state.faults if one.source != source or one.kind not in found]
    new = [Fault(source, kind, text, orderly=orderly) for kind, text in found.items() if text]
    before, was = safe_state(rules, state), wanted(rules, state)
    after = replace(state, faults=tuple(sorted((*others, *new))))
    after = _cut(after, was, before) if found.get(FaultKind.BROKER) else after
    safe = safe_state(rules, after)
    command: LockCommand | None = None
    if safe in (SafeState.REST, SafeState.LOCK, SafeState.UNLOCK) and after.hold:
        # A grant ends; a refusal at an open entry stands for as long as it was to.
        after = replace(after, hold=after.hold if after.hold.kind is HoldKind.DENY else None)
    if FaultKind.BROKER in found and not found[FaultKind.BROKER] and after.cut:
        due = now + seconds(START_GRACE_S) if owed(rules, after) else after.settle_at
        after = replace(after, cut=None, settle_at=due)
    elif wanted(rules, after) is not was or (safe is not before and safe in (SafeState.LOCK, SafeState.UNLOCK)):
        after, command = settle(rules, after, now)
    return Outcome(forget_mended(rules, to_tell(rules, state, after, now)), command)


def _cut(state: Machine, was: LockAction | None, safe: SafeState | None) -> Machine:
    """Nothing gets out or in: no command can be answered, and the lock is not known (S6)."""
    if state.cut:
        return state
    stood = was if state.outstanding is None and state.lock is not LockState.JAMMED else None
    return replace(state, cut=Cut(stood, safe), outstanding=None, lock=LockState.UNKNOWN, sure=False)


def without_store(rules: Rules, state: Machine, now: datetime) -> LockCommand | None:
    """Return what the lock is told while the store takes nothing, or None (S3).

    The one command that is not written down first: it must not wait for what is broken. It only ever brings the door
    to its safe state, has an id of its own and expires; `state` stays as it is on disk.
    """
    if state.mode is not Mode.HARD or state.emergency or state.by_hand or state.cut or rules.door.lock is None:
        return None
    match rules.door.policy.safe.database:
        case SafeState.LOCK:
            action = LockAction.LOCK
        case SafeState.UNLOCK:
            action = LockAction.UNLOCK
        case SafeState.REST if state.hold and state.hold.kind is HoldKind.GRANT:
            action = resting(state)
        case _:
            return None
    return LockCommand(
        rules.new_id(now), action, now, now + seconds(min(rules.door.lock.feedback_within, COMMAND_LIFE_S))
    )

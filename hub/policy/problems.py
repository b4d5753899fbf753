"""What a person must look at."""

from hub.policy.lock import wanted
from hub.policy.outcome import Rules
from hub.policy.state import Machine
from maskgate.messages import LockAction, LockState, Mode

_AGAINST = {
    (LockAction.LOCK, LockState.UNLOCKED): "The entry is unlocked though the rule says locked",
    (LockAction.UNLOCK, LockState.LOCKED): "The entry is locked though the rule says unlocked",
}


def problems(rules: Rules, state: Machine) -> tuple[str, ...]:
    """Return every standing problem, the gravest first."""
    found = [state.lock_fault] if state.lock_fault else []
    found += [fault.text for fault in state.faults]
    want = wanted(rules, state) if state.mode is Mode.HARD and not state.outstanding else None
    if want and (against := _AGAINST.get((want, state.lock))):
        found.append(against)
    return tuple(found)


def problem(rules: Rules, state: Machine) -> str | None:
    """Return the gravest problem that nobody has acknowledged."""
    return next((text[:255] for text in problems(rules, state) if text not in state.acknowledged), None)

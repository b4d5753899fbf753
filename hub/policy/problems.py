"""What a person must look at."""

from hub.policy.lock import wanted
from hub.policy.outcome import Rules
from hub.policy.state import Machine
from maskgate.messages import Availability, CameraState, LockAction, LockState, Mode, NodeHealth

_AGAINST = {
    (LockAction.LOCK, LockState.UNLOCKED): "The entry is unlocked though the rule says locked",
    (LockAction.UNLOCK, LockState.LOCKED): "The entry is locked though the rule says unlocked",
}


def problems(rules: Rules, state: Machine) -> tuple[str, ...]:
    """Return every standing problem, the gravest first."""
    found = [state.lock_fault] if state.lock_fault else []
    found += [text for _, text in state.node_faults]
    want = wanted(rules, state) if state.mode is Mode.HARD and not state.outstanding else None
    if want and (against := _AGAINST.get((want, state.lock))):
        found.append(against)
    return tuple(found)


def problem(rules: Rules, state: Machine) -> str | None:
    """Return the gravest problem that nobody has acknowledged."""
    return next((text[:255] for text in problems(rules, state) if text not in state.acknowledged), None)


def availability_fault(node: str, availability: Availability) -> str | None:
    """Say what is wrong when a node says this of itself; an orderly stop is a problem too: nobody looks."""
    match availability:
        case Availability.OFFLINE:
            return f"The camera board {node} does not answer"
        case Availability.STOPPED:
            return f"The camera board {node} is stopped"
        case Availability.ONLINE:
            return None


def health_fault(health: NodeHealth) -> str | None:
    """Say what is wrong with a node's eyes."""
    if health.camera is CameraState.LOST:
        return f"The camera board {health.node} has no picture"
    if health.camera is CameraState.DEGRADED:
        return f"The camera board {health.node} has a black, frozen or covered picture"
    if health.detector == "failed":
        return f"The detector of the camera board {health.node} has failed"
    return None

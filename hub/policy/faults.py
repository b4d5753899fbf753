"""What does not work, and how a door then stands (S3, S8)."""

from datetime import datetime

from hub.config import SafeState
from hub.policy.evolve import replace
from hub.policy.outcome import Decided, Rules, note
from hub.policy.state import FaultKind, Machine
from maskgate.messages import Availability, CameraState, EventType, Mode, NodeHealth

#: What blinds one node; the door as a whole is blind when too few nodes see.
SIGHT = (FaultKind.NODE, FaultKind.CAMERA, FaultKind.DETECTOR)
#: A fault that lasts shorter is a problem that is shown, and nobody is called for it, in seconds.
TELL_AFTER_S = 5.0
_SAYS = {
    SafeState.REST: "nobody is let in by the camera",
    SafeState.KEEP: "nobody is let in by the camera",
    SafeState.LOCK: "the entry is locked",
    SafeState.UNLOCK: "the entry is unlocked",
}
#: No command got out, and no answer in (S6).
_CUT = "nothing is known of the lock"
#: Of several safe states the first of these stands.
_ORDER = (SafeState.LOCK, SafeState.UNLOCK, SafeState.REST, SafeState.KEEP)


def blind(state: Machine, node: str) -> bool:
    """Whether a node is known not to see: what it says is no reason to let anybody in."""
    return any(fault.source == node and fault.kind in SIGHT for fault in state.faults)


def safe_state(rules: Rules, state: Machine) -> SafeState | None:
    """Return the safe state that faults call for; None: the rule stands."""
    policy = rules.door.policy
    seeing = sum(not blind(state, node) for node in rules.door.nodes)
    counts = [fault.kind for fault in state.faults if fault.kind not in SIGHT or seeing < policy.nodes_needed]
    asked: set[SafeState] = {getattr(policy.safe, kind.value) for kind in counts}
    return next((safe for safe in _ORDER if safe in asked), None)


def told(rules: Rules, state: Machine, now: datetime) -> tuple[Machine, tuple[Decided, ...]]:
    """Tell people of the faults that have lasted; an orderly stop is no failure, and none is called for it."""
    if state.tell_at is None or now < state.tell_at:
        return state, ()
    state, safe = replace(state, tell_at=None), safe_state(rules, state)
    why = next((fault.text for fault in state.faults if not fault.orderly), None)
    if safe is None or why is None or state.mode is Mode.OFF:
        return state, ()
    cut = state.cut is not None and rules.door.lock is not None
    what = "nobody looks" if state.mode is not Mode.HARD else _CUT if cut else _SAYS[safe]
    state, decided = note(rules, state, now, EventType.FAULT, f"{why}; {what}", tell=True)
    return state, (decided,)


def availability_fault(node: str, availability: Availability) -> str | None:
    """Say what is wrong when a node says this of itself; an orderly stop is a problem too: nobody looks."""
    match availability:
        case Availability.OFFLINE:
            return f"The camera board {node} does not answer"
        case Availability.STOPPED:
            return f"The camera board {node} is stopped"
        case Availability.ONLINE:
            return None


def health_faults(health: NodeHealth) -> dict[FaultKind, str | None]:
    """Say what is wrong with a node's eyes, by kind."""
    camera = None
    if health.camera is CameraState.LOST:
        camera = f"The camera board {health.node} has no picture"
    elif health.camera is CameraState.DEGRADED:
        camera = f"The camera board {health.node} has a black, frozen or covered picture"
    detector = f"The detector of the camera board {health.node} has failed" if health.detector == "failed" else None
    return {FaultKind.CAMERA: camera, FaultKind.DETECTOR: detector}

"""What does not work, and how a door then stands (S3, S8)."""

from hub.config import SafeState
from hub.policy.outcome import Rules
from hub.policy.state import FaultKind, Machine
from maskgate.messages import Availability, CameraState, NodeHealth

#: What blinds one node; the door as a whole is blind when too few nodes see.
SIGHT = (FaultKind.NODE, FaultKind.CAMERA, FaultKind.DETECTOR)
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

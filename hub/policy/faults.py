"""What does not work, and how a door then stands (S3, S8)."""

from datetime import datetime

from hub.config import SafeState
from hub.policy.evolve import replace
from hub.policy.outcome import Decided, Rules, note, seconds
from hub.policy.state import FaultKind, Machine
from maskgate.messages import Availability, CameraState, EventType, Mode, NodeHealth

#: What blinds one node; the door as a whole is blind when too few nodes see.
SIGHT = (FaultKind.NODE, FaultKind.CAMERA, FaultKind.DETECTOR)
#: A fault that lasts shorter is a problem that is shown, and nobody is called for it, in seconds.
TELL_AFTER_S = 5.0
#: ... Home Assistant longer: it is restarted for each of its updates, and that is no reason to ring.
TELL_AWAY_AFTER_S = 60.0
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
    asked: set[SafeState] = {getattr(rules.door.policy.safe, kind.value) for kind in _grave(rules, state)}
    return next((safe for safe in _ORDER if safe in asked), None)


def _grave(rules: Rules, state: Machine) -> set[FaultKind]:
    """Return the kinds of the faults that call for a safe state."""
    seeing = sum(not blind(state, node) for node in rules.door.nodes)
    return {f.kind for f in state.faults if f.kind not in SIGHT or seeing < rules.door.policy.nodes_needed}


def to_tell(rules: Rules, before: Machine, after: Machine, now: datetime) -> Machine:
    """Note when people are to be told of what calls for a safe state, where it begins; and not, where it is over."""
    was, grave, away = _grave(rules, before), _grave(rules, after), {FaultKind.HOMEASSISTANT}
    at, away_at = before.tell_at, before.tell_away_at
    if not was - away:
        at = now + seconds(TELL_AFTER_S)
    if not was & away:
        away_at = now + seconds(TELL_AWAY_AFTER_S)
    return replace(after, tell_at=at if grave - away else None, tell_away_at=away_at if grave & away else None)


def told(rules: Rules, state: Machine, now: datetime) -> tuple[Machine, tuple[Decided, ...]]:
    """Tell people of the faults that have lasted; an orderly stop is no failure, and none is called for it."""
    away = {fault.text for fault in state.faults if fault.kind is FaultKind.HOMEASSISTANT}
    others = [fault.text for fault in state.faults if not fault.orderly and fault.text not in away]
    decided: tuple[Decided, ...] = ()
    if state.tell_at and state.tell_at <= now:
        state, decided = _tell(rules, replace(state, tell_at=None), others, now)
    if state.tell_away_at and state.tell_away_at <= now:
        state, more = _tell(rules, replace(state, tell_away_at=None), sorted(away), now)
        decided += more
    return state, decided


def _tell(rules: Rules, state: Machine, why: list[str], now: datetime) -> tuple[Machine, tuple[Decided, ...]]:
    safe = safe_state(rules, state)
    if safe is None or not why or state.mode is Mode.OFF:
        return state, ()
    cut = state.cut is not None and rules.door.lock is not None
    what = "nobody looks" if state.mode is not Mode.HARD else _CUT if cut else _SAYS[safe]
    state, decided = note(rules, state, now, EventType.FAULT, f"{why[0]}; {what}", tell=True)
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

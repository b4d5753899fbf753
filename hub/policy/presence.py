"""Who stands before the cameras now, as the boards say it; a matter of showing, not of the rule."""

from hub.policy.evolve import replace
from hub.policy.faults import blind
from hub.policy.outcome import Rules
from hub.policy.state import Machine
from maskgate.messages import Availability, NodeHealth


def look_around(state: Machine, node: str, *, availability: Availability | None, health: NodeHealth | None) -> Machine:
    """Note whether a node sees somebody; one that is away sees nobody."""
    others = tuple(one for one in state.present if one != node)
    sees = node in state.present
    if health is not None:
        sees = bool(health.people)
    if availability is not None and availability is not Availability.ONLINE:
        sees = False
    present = tuple(sorted((*others, node))) if sees else others
    return state if present == state.present else replace(state, present=present)


def occupied(rules: Rules, state: Machine) -> bool | None:
    """Return whether somebody is before a camera; None while no camera can tell."""
    seeing = [node for node in rules.door.nodes if not blind(state, node)]
    return any(node in state.present for node in seeing) if seeing else None

"""How long the entry stands against its rule: by configuration, or as a person set it since."""

from typing import Any

from hub.policy.evolve import replace
from hub.policy.outcome import Rules
from hub.policy.state import HoldKind, Machine, Tuned
from maskgate.messages import SetTimes, Times

_NAMES = tuple(Times.model_fields)


def times(rules: Rules, state: Machine) -> Times:
    """Return the times that count now. A value that was set counts until the configuration itself says another."""
    configured = _configured(rules)
    if not state.tuned:
        return Times.model_construct(**configured)
    tuned = {one.name: one.value for one in state.tuned if one.instead_of == configured.get(one.name)}
    return Times.model_validate({**configured, **tuned})


def set_times(rules: Rules, state: Machine, said: SetTimes) -> Machine:
    """Remember what a person set; what holds the entry already ends as it was to."""
    configured = _configured(rules)
    new = said.model_dump(include=set(configured), exclude_none=True)
    others = tuple(one for one in state.tuned if one.name not in new)
    return replace(state, tuned=(*others, *(Tuned(name, value, configured[name]) for name, value in new.items())))


def longest_hold(rules: Rules, state: Machine, kind: HoldKind) -> float:
    """Return the seconds that a hold of this kind lasts at most."""
    now, repeat = times(rules, state), rules.door.policy.repeat
    return now.grant_hold if kind is HoldKind.GRANT else max(now.deny_hold, repeat.hold if repeat else 0)


def _configured(rules: Rules) -> dict[str, Any]:
    policy = rules.door.policy
    return {name: getattr(policy, name) for name in _NAMES}

"""What an operator must notice, in words, the gravest first. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.web.health import OK, Health


@dataclass(frozen=True, slots=True)
class Problem:
    """One sentence, and where to look; `grave` when a door or the hub itself is not in order."""

    text: str
    path: str
    grave: bool = True


def problems(health: Health, cards: Sequence[dict[str, Any]], nodes: Sequence[dict[str, Any]]) -> list[Problem]:
    """Return what is wrong with the hub, its doors and its cameras."""
    found: list[Problem] = []
    if health.broker != OK:
        found.append(Problem(f"The hub does not hear the cameras and locks: broker {health.broker}.", "/nodes"))
    if health.engine != OK:
        found.append(Problem(f"The doors are not served: {health.engine}.", "/"))
    if health.store != OK:
        found.append(Problem(f"The store {health.store}.", "/"))
    for card in cards:
        path = f"/doors/{card['id']}"
        if card["emergency"]:
            found.append(Problem(f"{card['name']}: emergency, the entry is released.", path))
        if card["problem"]:
            found.append(Problem(f"{card['name']}: {card['problem']}.".replace("..", "."), path))
        elif card["lock"][1] == "bad":
            found.append(Problem(f"{card['name']}: the lock is jammed.", path))
    for node in nodes:
        where = f"Camera {node['id']} ({node['door']})"
        if node["bad"]:
            found.append(Problem(f"{where}: {node['bad']}.", "/nodes", grave=False))
        elif node["chip"][1] in ("bad", "warn"):
            found.append(Problem(f"{where}: {node['chip'][0].lower()}.", "/nodes", grave=False))
    if health.notices != OK:
        found.append(Problem(f"Notices: {health.notices}.", "/notices?status=failed", grave=False))
    return sorted(found, key=lambda one: not one.grave)

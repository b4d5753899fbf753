"""What an operator must notice, in words, the gravest first. Pure."""

from collections.abc import Iterator, Sequence
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
    found = [*_hub(health), *(one for card in cards for one in _door(card))]
    told = " ".join(one.text for one in found)
    for node in nodes:
        if node["id"] not in told:  # else its door says so, and graver
            found += _node(node)
    if health.notices != OK:
        found.append(Problem(f"Notices: {health.notices}.", "/notices?status=failed", grave=False))
    return sorted(found, key=lambda one: not one.grave)


def _hub(health: Health) -> Iterator[Problem]:
    if health.broker != OK:
        yield Problem(f"The hub does not hear the cameras and locks: broker {health.broker}.", "/nodes")
    if health.engine != OK:
        yield Problem(f"The doors are not served: {health.engine}.", "/")
    if health.store != OK:
        yield Problem(f"The store {health.store}.", "/")


def _door(card: dict[str, Any]) -> Iterator[Problem]:
    path = f"/doors/{card['id']}"
    if card["emergency"]:
        yield Problem(f"{card['name']}: emergency, the entry is released.", path)
    if card["problem"]:
        yield Problem(f"{card['name']}: {card['problem'].rstrip('.')}.", path)
    elif card["lock"][1] == "bad":
        yield Problem(f"{card['name']}: the lock is jammed.", path)


def _node(node: dict[str, Any]) -> Iterator[Problem]:
    where = f"Camera {node['id']} ({node['door']})"
    if node["bad"]:
        yield Problem(f"{where}: {node['bad']}.", "/nodes", grave=False)
    elif node["chip"][1] in ("bad", "warn"):
        yield Problem(f"{where}: {node['chip'][0].lower()}.", "/nodes", grave=False)

"""What an operator must notice, in words, the gravest first. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.watch.problem import Finding, Kind
from hub.watch.problem import Problem as Standing
from hub.web.health import OK, Health

#: Where it is seen what did not get through.
FAILED = "/notices?status=failed"


@dataclass(frozen=True, slots=True)
class Problem:
    """One sentence, and where to look; `grave` when a door or the hub itself is not in order."""

    text: str
    path: str
    grave: bool = True


def problems(
    health: Health, cards: Sequence[dict[str, Any]], nodes: Sequence[dict[str, Any]], standing: Sequence[Standing]
) -> list[Problem]:
    """Return what is wrong with the hub, its doors, its cameras, and (`standing`) the site as a whole; each once."""
    found = [*_hub(health), *(one for card in cards for one in _door(card))]
    told = " ".join(one.text for one in found)
    names = {card["id"]: card["name"] for card in cards}
    found += [_site(one, names) for one in standing if not _said(one.finding, cards, told)]
    told = " ".join(one.text for one in found)
    for node in nodes:
        if node["id"] not in told:  # else its door says so, and graver
            found += _node(node)
    if health.notices != OK and not any(one.finding.kind is Kind.MAIL for one in standing):
        found.append(Problem(f"Notices: {health.notices}.", FAILED, grave=False))
    return sorted(found, key=lambda one: not one.grave)


def _said(finding: Finding, cards: Sequence[dict[str, Any]], told: str) -> bool:
    """Whether a door, or the hub of itself, has said so already."""
    if finding.kind is Kind.BROKER:
        return "broker" in told
    if finding.node is not None and finding.node in told:
        return True
    return finding.kind is Kind.LOCK and any(
        card["id"] == finding.door and (card["problem"] or card["lock"][1] == "bad") for card in cards
    )


def _site(one: Standing, names: Mapping[str, str]) -> Problem:
    finding = one.finding
    name = names.get(finding.door) if finding.door and finding.node is None else None
    where = f"{name}: " if name else ""
    if finding.node is not None:
        path = "/nodes"
    elif finding.door is not None:
        path = f"/doors/{finding.door}"
    else:
        path = FAILED if finding.kind is Kind.MAIL else "/"
    return Problem(f"{where}{finding.text.rstrip('.')}.", path, grave=one.severe)


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

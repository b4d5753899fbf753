"""Whether the names of a site agree. Each fault stands at the later of two names that do not."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from hub.config.locks import MqttLock, NodeLock
from maskgate.explain import Place
from maskgate.ids import RESERVED

if TYPE_CHECKING:
    from hub.config.site import HubConfig

_RESERVED = {name: "the hub" if name == "hub" else "the hub's controllers" for name in RESERVED}

Fault = tuple[Place, str]


def faults(config: "HubConfig") -> Iterator[Fault]:
    """Yield the way to each name that is wrong, with what is wrong and the mend."""
    yield from _twice("door", [(("doors", n, "id"), door.id) for n, door in enumerate(config.doors)])
    yield from _twice("node", list(_nodes(config)))
    recipients = list(enumerate(config.notices.recipients))
    yield from _twice("recipient", [(("notices", "recipients", n, "id"), one.id) for n, one in recipients])
    yield from _mixed(config)
    ids = {door.id for door in config.doors}
    for n, recipient in recipients:
        yield from _unknown("door", ids, ("notices", "recipients", n, "doors"), recipient.doors or ())
        if recipient.pictures and not config.keep_evidence:
            yield ("notices", "recipients", n, "pictures"), "there are none to show; write keep_evidence: true too"
    people = {recipient.id for _, recipient in recipients}
    for n, step in enumerate(config.notices.escalation):
        yield from _unknown("recipient", people, ("notices", "escalation", n, "to"), step.to)
        yield from _unknown("door", ids, ("notices", "escalation", n, "doors"), step.doors or ())
    yield from _relays(config)


def _unknown(kind: str, known: set[str], place: Place, names: Iterable[str]) -> Iterator[Fault]:
    for k, name in enumerate(names):
        if name not in known:
            mend = f"write one of {', '.join(sorted(known))}" if known else "there is none yet"
            yield (*place, k), f"{name!r} is no {kind} that is there; {mend}"


def _nodes(config: "HubConfig") -> Iterator[tuple[Place, str]]:
    for n, door in enumerate(config.doors):
        yield from ((("doors", n, "nodes", k), node) for k, node in enumerate(door.nodes))


def _twice(kind: str, names: list[tuple[Place, str]]) -> Iterator[Fault]:
    seen = set()
    for place, name in names:
        if name in seen:
            yield place, f"{name!r} is named twice; each {kind} stands once"
        seen.add(name)


def _mixed(config: "HubConfig") -> Iterator[Fault]:
    """The broker's access list lets an account reach what bears its own name, so names must not meet."""
    ids = {door.id for door in config.doors}
    for n, door in enumerate(config.doors):
        if door.id in _RESERVED:
            yield ("doors", n, "id"), f"{door.id!r} is the name of {_RESERVED[door.id]}; choose another"
    for place, node in _nodes(config):
        if node in _RESERVED or node in ids:
            yield place, f"{node!r} is the name of {_RESERVED.get(node, 'a door')}; choose another"


def _relays(config: "HubConfig") -> Iterator[Fault]:
    """A relay moves one door; where two answered for it, each would take the other's answer for its own."""
    known = {node for _, node in _nodes(config)}
    taken: set[str] = set()
    for n, door in enumerate(config.doors):
        if isinstance(door.lock, NodeLock):
            place = ("doors", n, "lock", "node")
            if door.lock.node not in known:
                yield place, f"{door.lock.node!r} is no node that is there; write one of {', '.join(sorted(known))}"
            if door.lock.node in taken:
                yield place, f"{door.lock.node!r} moves another door; each relay moves one"
            taken.add(door.lock.node)
        elif isinstance(door.lock, MqttLock):
            place = ("doors", n, "lock", "command_topic")
            if door.lock.command_topic in taken:
                yield place, f"{door.lock.command_topic!r} moves another door; each lock moves one"
            taken.add(door.lock.command_topic)

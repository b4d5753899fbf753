"""What all of Home Assistant's entities have in common.

Every key is one that Home Assistant's own schema knows: an unknown one inside a component is dropped without a word.
Payload templates are Home Assistant's (Jinja2); `None` as a word means that the value is not known.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Component = dict[str, Any]
Category = Literal["config", "diagnostic"]

#: Home Assistant knows two words of availability, and would take `stopped` for neither.
_THERE = "{{ 'online' if value == 'online' else 'offline' }}"


@dataclass(frozen=True, slots=True)
class There:
    """A topic that must say that something is there; by `when`, a Jinja2 expression, or by the word `online`."""

    topic: str
    when: str | None = None

    def build(self) -> Component:
        """Return one entry of the availability."""
        template = f"{{{{ 'online' if value and {self.when} else 'offline' }}}}" if self.when else _THERE
        return {"topic": self.topic, "value_template": template}


@dataclass(frozen=True, slots=True)
class Entity:
    """The common part of one entity.

    `name` is without the device's; None makes it the device's main one, an empty one leaves it to the device class,
    which Home Assistant translates. All of `available` must hold. A `quiet` one is there only where somebody enables
    it: it changes often, and few people look at it.
    """

    unique_id: str
    entity: str
    name: str | None
    available: tuple[There, ...]
    category: Category | None = None
    icon: str | None = None
    quiet: bool = False

    def build(self, platform: str, **keys: Any) -> Component:
        """Return the component; keys that are None are left out."""
        made: Component = {
            "platform": platform,
            "unique_id": self.unique_id,
            # The one for older, the other for newer Home Assistants.
            "object_id": self.entity,
            "default_entity_id": f"{platform}.{self.entity}",
            "qos": 1,
        }
        if self.name != "":
            made["name"] = self.name
        if self.available:
            made["availability"] = [each.build() for each in self.available]
            made["availability_mode"] = "all"
        if self.quiet:
            made["enabled_by_default"] = False
        more = {"entity_category": self.category, "icon": self.icon, **keys}
        return made | {key: value for key, value in more.items() if value is not None}


def absent(platform: str) -> Component:
    """Return what takes a component back that the configuration does not have (any more)."""
    return {"platform": platform}


def payload(**fields: str) -> str:
    """Return a command's template; the fields are JSON or Jinja2 that renders to it.

    The command says when it was sent, by Home Assistant's clock: the hub refuses an old one (S1).
    """
    body: Mapping[str, str] = {"v": "1", **fields, "sent_at": '"{{ utcnow().isoformat() }}"'}
    return "{" + ", ".join(f'"{name}": {value}' for name, value in body.items()) + "}"

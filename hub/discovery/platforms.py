"""One builder for each of Home Assistant's platforms that we use.

Every key is one that Home Assistant's own schema knows: an unknown one inside a component is dropped without a word.
Payload templates are Home Assistant's (Jinja2); `None` as a word means that the value is not known.
"""

from dataclasses import dataclass, field
from typing import Any

from maskgate.messages import EventType, Mode

#: When a command was sent, by Home Assistant's clock: the hub refuses an old one (S1).
_SENT_AT = '"sent_at": "{{ utcnow().isoformat() }}"'
#: Home Assistant knows two words of availability, and would take `stopped` for neither.
_THERE = "{{ 'online' if value == 'online' else 'offline' }}"

Component = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entity:
    """What all platforms have in common.

    `name` is without the device's; None makes it the device's main one, an empty one leaves it to the device class.
    `available` are the topics that must all say `online`.
    """

    unique_id: str
    entity: str
    name: str | None
    available: tuple[str, ...]
    more: Component = field(default_factory=dict)

    def build(self, platform: str, **keys: Any) -> Component:
        """Return the component."""
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
            made["availability"] = [{"topic": topic, "value_template": _THERE} for topic in self.available]
            made["availability_mode"] = "all"
        return {**made, **keys, **self.more}


def lock(entity: Entity, *, state_topic: str, command_topic: str) -> Component:
    """Return the entry's lock: it shows what is measured, and asks instead of assuming.

    Home Assistant (2025.4) shows `unknown` after LOCKED and UNLOCKED only: LOCKING, UNLOCKING and JAMMED stay until
    the next known state.
    """
    return entity.build(
        "lock",
        state_topic=state_topic,
        value_template="{{ value_json.lock if value_json.lock != 'UNKNOWN' else 'None' }}",
        command_topic=command_topic,
        command_template='{"v": 1, "action": "{{ value }}", ' + _SENT_AT + "}",
        payload_lock="lock",
        payload_unlock="unlock",
        optimistic=False,
    )


def event(entity: Entity, *, state_topic: str) -> Component:
    """Return the decisions of a door; all that a decision says becomes the event's attributes."""
    return entity.build("event", state_topic=state_topic, event_types=[kind.value for kind in EventType])


def last_decision(entity: Entity, *, state_topic: str) -> Component:
    """Return the kind of the last decision, with its reason among the attributes."""
    return entity.build(
        "sensor",
        device_class="enum",
        options=[kind.value for kind in EventType],
        state_topic=state_topic,
        value_template="{{ value_json.last.event_type if value_json.last else 'None' }}",
        json_attributes_topic=state_topic,
        json_attributes_template="{{ value_json.last | to_json if value_json.last else '{}' }}",
    )


def text(entity: Entity, *, state_topic: str, command_topic: str) -> Component:
    """Return the words on the displays of a door."""
    return entity.build(
        "text",
        state_topic=state_topic,
        value_template="{{ value_json.text }}",
        command_topic=command_topic,
        command_template='{"v": 1, "text": {{ value | to_json }}, ' + _SENT_AT + "}",
        # The hub refuses an empty message; shown, an empty text is none.
        min=0,
        max=255,
    )


def mode(entity: Entity, *, state_topic: str, command_topic: str) -> Component:
    """Return the mode of a door."""
    return entity.build(
        "select",
        options=[mode.value for mode in Mode],
        state_topic=state_topic,
        value_template="{{ value_json.mode }}",
        command_topic=command_topic,
        command_template='{"v": 1, "mode": "{{ value }}", ' + _SENT_AT + "}",
    )


def binary_sensor(entity: Entity, *, device_class: str, state_topic: str, on_when: str, **keys: Any) -> Component:
    """Return a diagnostic yes or no; `on_when` is a Jinja2 expression over the payload."""
    return entity.build(
        "binary_sensor",
        device_class=device_class,
        entity_category="diagnostic",
        state_topic=state_topic,
        value_template=f"{{{{ 'ON' if {on_when} else 'OFF' }}}}",
        **keys,
    )


def measurement(
    entity: Entity, *, state_topic: str, value: str, precision: int, unit: str | None = None,
    device_class: str | None = None,
) -> Component:  # fmt: skip
    """Return a diagnostic number; `value` is a Jinja2 expression over the payload."""
    keys: Component = {"unit_of_measurement": unit, "device_class": device_class}
    return entity.build(
        "sensor",
        entity_category="diagnostic",
        state_class="measurement",
        suggested_display_precision=precision,
        state_topic=state_topic,
        value_template=f"{{{{ {value} }}}}",
        **{key: given for key, given in keys.items() if given is not None},
    )

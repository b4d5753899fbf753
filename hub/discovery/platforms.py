"""One builder for each of Home Assistant's platforms that we use. `value` and `on_when` are Jinja2 expressions."""

from collections.abc import Sequence
from typing import Any

from hub.discovery.entity import Component, Entity, payload
from maskgate.messages import EventType, Mode, Sound

#: The longest state of a text in Home Assistant, and of our messages.
LONGEST = 255
#: A sound that somebody ends is silenced for so long, in seconds; the next denial sounds again.
SILENCE_S = 600


def _shown(value: str, nothing: str = "None") -> str:
    """Return the template of an expression; a topic that was emptied, as one that is taken back, says `nothing`."""
    return f"{{{{ ({value}) if value else '{nothing}' }}}}"


def attributes(value: str) -> str:
    """Return the template of attributes, from an expression that gives a dictionary."""
    return f"{{{{ (({value}) if value else {{}}) | to_json }}}}"


def lock(entity: Entity, *, state_topic: str, command_topic: str) -> Component:
    """Return the entry's lock: it shows what is measured, and asks instead of assuming.

    Home Assistant (2025.4) shows `unknown` after LOCKED and UNLOCKED only: LOCKING, UNLOCKING and JAMMED stay until
    the next known state. An emergency is an attribute: who moves another lock by this one must know of it once the hub
    is gone.
    """
    return entity.build(
        "lock",
        state_topic=state_topic,
        value_template=_shown("value_json.lock if value_json.lock != 'UNKNOWN' else 'None'"),
        command_topic=command_topic,
        command_template=payload(action='"{{ value }}"'),
        payload_lock="lock",
        payload_unlock="unlock",
        optimistic=False,
        json_attributes_topic=state_topic,
        json_attributes_template=attributes("{'emergency': value_json.emergency}"),
    )


def event(entity: Entity, *, state_topic: str) -> Component:
    """Return the decisions of a door; all that a decision says becomes the event's attributes.

    A decision that a broker or a hub hands over again after its death is known by its id, and no second event.
    """
    return entity.build(
        "event",
        state_topic=state_topic,
        value_template="{{ value if value_json.id != this.attributes.get('id') else '' }}",
        event_types=[kind.value for kind in EventType],
    )


def enum(entity: Entity, *, options: Sequence[str], state_topic: str, value: str, **keys: Any) -> Component:
    """Return a sensor that shows one of a few words."""
    return entity.build(
        "sensor",
        device_class="enum",
        options=list(options),
        state_topic=state_topic,
        value_template=_shown(value),
        **keys,
    )


def sensor(
    entity: Entity, *, state_topic: str, value: str, precision: int | None = None, unit: str | None = None,
    device_class: str | None = None, state_class: str | None = "measurement", since: str | None = None, **keys: Any,
) -> Component:  # fmt: skip
    """Return a number, or with `state_class` None something else that is read.

    With `since`, an expression for when it was last set to zero, it is a total.
    """
    if since:
        state_class, keys["last_reset_value_template"] = "total", f"{{{{ {since} or '' if value else '' }}}}"
    return entity.build(
        "sensor",
        state_topic=state_topic,
        value_template=_shown(value),
        suggested_display_precision=precision,
        unit_of_measurement=unit,
        device_class=device_class,
        state_class=state_class,
        **keys,
    )


def binary_sensor(
    entity: Entity, *, device_class: str, state_topic: str, on_when: str, unknown_when: str = "", **keys: Any
) -> Component:
    """Return a yes or no."""
    value = f"'ON' if {on_when} else 'OFF'"
    return entity.build(
        "binary_sensor",
        device_class=device_class,
        state_topic=state_topic,
        value_template=_shown(f"'None' if {unknown_when} else {value}" if unknown_when else value),
        **keys,
    )


def text(entity: Entity, *, state_topic: str, command_topic: str) -> Component:
    """Return the words on the displays of a door."""
    return entity.build(
        "text",
        state_topic=state_topic,
        value_template=_shown("value_json.text", ""),
        command_topic=command_topic,
        command_template=payload(text="{{ value | to_json }}"),
        # The hub refuses an empty message; shown, an empty text is none.
        min=0,
        max=LONGEST,
    )


def notify(entity: Entity, *, command_topic: str) -> Component:
    """Return the displays as something that can be notified; what is too long is cut."""
    return entity.build(
        "notify",
        command_topic=command_topic,
        command_template=payload(text=f"{{{{ value[:{LONGEST}] | to_json }}}}"),
    )


def mode(entity: Entity, *, state_topic: str, command_topic: str) -> Component:
    """Return the mode of a door."""
    return entity.build(
        "select",
        options=[mode.value for mode in Mode],
        state_topic=state_topic,
        value_template=_shown("value_json.mode"),
        command_topic=command_topic,
        command_template=payload(mode='"{{ value }}"'),
    )


def switch(
    entity: Entity, *, state_topic: str, value: str, command_topic: str, field: str, on: str, off: str
) -> Component:
    """Return a switch whose two words `on` and `off` are what is shown and what a command's `field` says."""
    return entity.build(
        "switch",
        state_topic=state_topic,
        value_template=_shown(value),
        command_topic=command_topic,
        command_template=payload(**{field: '"{{ value }}"'}),
        payload_on=on,
        payload_off=off,
        state_on=on,
        state_off=off,
        optimistic=False,
    )


def seconds(
    entity: Entity, *, state_topic: str, command_topic: str, field: str, limits: tuple[float, float]
) -> Component:
    """Return a number of seconds that people may set, one of a door's times."""
    return entity.build(
        "number",
        device_class="duration",
        unit_of_measurement="s",
        mode="box",
        min=limits[0],
        max=limits[1],
        step=0.1,
        state_topic=state_topic,
        value_template=_shown(f"value_json.times.{field} if value_json.times.{field} is not none else 'None'"),
        command_topic=command_topic,
        command_template=payload(**{field: "{{ value }}"}),
    )


def button(entity: Entity, *, command_topic: str, device_class: str | None = None, **fields: str) -> Component:
    """Return a button; `fields` are what its command says, as JSON."""
    return entity.build(
        "button", command_topic=command_topic, command_template=payload(**fields), device_class=device_class
    )


def siren(entity: Entity, *, state_topic: str, command_topic: str) -> Component:
    """Return the sound of a door's displays."""
    tones = [sound.value for sound in Sound if sound is not Sound.NONE]
    return entity.build(
        "siren",
        state_topic=state_topic,
        state_value_template=(
            "{{ {'state': 'OFF'} | to_json if not value or value_json.sound == 'none'"
            " else {'state': 'ON', 'tone': value_json.sound} | to_json }}"
        ),
        command_topic=command_topic,
        command_template=payload(
            sound=f"\"{{{{ tone | default('{Sound.ALARM}') }}}}\"", seconds="{{ duration | default(10) }}"
        ),
        command_off_template=payload(sound=f'"{Sound.NONE}"', seconds=str(SILENCE_S)),
        available_tones=tones,
        support_duration=True,
        support_volume_set=False,
        optimistic=False,
    )


def image(entity: Entity, *, image_topic: str) -> Component:
    """Return a picture."""
    return entity.build("image", image_topic=image_topic, content_type="image/jpeg")


def update(
    entity: Entity, *, title: str, state_topic: str, value: str, latest_topic: str, latest: str,
    device_class: str | None = None,
) -> Component:  # fmt: skip
    """Return what is installed beside what is the newest; nothing is installed from there."""
    return entity.build(
        "update",
        title=title,
        device_class=device_class,
        state_topic=state_topic,
        value_template=_shown(value, ""),
        latest_version_topic=latest_topic,
        latest_version_template=_shown(latest, ""),
    )

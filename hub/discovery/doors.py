"""The device of a door: what people see of the entry, and what they may do at it."""

from hub.config import Door, HubConfig
from hub.discovery import identity, platforms
from hub.discovery.device import Device, Maker, device, hub_there
from hub.discovery.entity import Component, absent
from maskgate import topics
from maskgate.messages import EventType, Mode

_PEOPLE, _VIOLATIONS = "value_json.counters.people", "value_json.counters.violations"
_SINCE = "value_json.counting_since"
#: What only a door with a lock has.
_OF_THE_LOCK = {
    "lock": "lock", "enforcement": "switch", "grant_hold": "number", "deny_hold": "number", "relock": "number",
    "override": "button", "override_end": "button",
}  # fmt: skip


def door(config: HubConfig, place: Door, version: str) -> Device:
    """Return a door's device."""
    identifier = identity.door_id(config, place.id)
    make = Maker(config, identifier, place.id, (hub_there(config),))
    components = {
        **(_lock(config, place, make) if place.lock else {key: absent(kind) for key, kind in _OF_THE_LOCK.items()}),
        **_decisions(config, place, make),
        **_display(config, place, make),
        **_state(config, place, make),
        **_buttons(config, place, make),
    }
    about = {"name": place.name, "model": "Door", "via_device": identity.hub_id(config)}
    return device(identifier, about, components, version)


def _lock(config: HubConfig, place: Door, make: Maker) -> dict[str, Component]:
    root, state = config.mqtt.root, topics.DOOR_STATE.path(config.mqtt.root, door=place.id)
    set_times = topics.DOOR_SET_TIMES.path(root, door=place.id)
    override = topics.DOOR_SET_OVERRIDE.path(root, door=place.id)
    by = '"By button in Home Assistant"'

    def seconds(key: str, name: str, icon: str, field: str, limits: tuple[float, float]) -> Component:
        entity = make(key, name, icon=icon, category="config")
        return platforms.seconds(entity, state_topic=state, command_topic=set_times, field=field, limits=limits)

    return {
        "lock": platforms.lock(
            make("", None), state_topic=state, command_topic=topics.DOOR_SET_LOCK.path(root, door=place.id)
        ),
        # On is `hard`; off still shows and tells. `off` is the mode's own.
        "enforcement": platforms.switch(
            make("enforcement", "Enforcement", icon="mdi:shield-lock"),
            state_topic=state, value=f"'{Mode.HARD}' if value_json.mode == '{Mode.HARD}' else '{Mode.SOFT}'",
            command_topic=topics.DOOR_SET_MODE.path(root, door=place.id), field="mode", on=Mode.HARD, off=Mode.SOFT,
        ),
        "grant_hold": seconds("grant_hold", "Hold after a grant", "mdi:lock-open-outline", "grant_hold", (0.1, 600)),
        "deny_hold": seconds("deny_hold", "Hold after a denial", "mdi:lock-outline", "deny_hold", (0.1, 600)),
        "relock": seconds("relock", "Relock after closing", "mdi:lock-clock", "relock_after_close", (0, 60)),
        "override": platforms.button(
            make("override", "Override", icon="mdi:door-open"), command_topic=override,
            action='"unlock"', reason=by, seconds=f"{place.policy.manual_hold:g}",
        ),
        "override_end": platforms.button(
            make("override_end", "End override", icon="mdi:door"), command_topic=override, action='"end"', reason=by
        ),
    }  # fmt: skip


def _decisions(config: HubConfig, place: Door, make: Maker) -> dict[str, Component]:
    root, state = config.mqtt.root, topics.DOOR_STATE.path(config.mqtt.root, door=place.id)
    picture = topics.DOOR_PICTURE.path(root, door=place.id)
    return {
        "decision": platforms.event(
            make("decision", "Decision", icon="mdi:face-mask"),
            state_topic=topics.DOOR_DECISION.path(root, door=place.id),
        ),
        "last_decision": platforms.enum(
            make("last_decision", "Last decision", icon="mdi:history"),
            options=[kind.value for kind in EventType], state_topic=state,
            value="value_json.last.event_type if value_json.last else 'None'",
            json_attributes_topic=state,
            json_attributes_template=platforms.attributes("value_json.last or {}"),
        ),
        # The hub says when they began anew, the site's midnight; see docs/decisions/0032.
        "people": platforms.sensor(
            make("people", "People today", icon="mdi:account-group"),
            state_topic=state, value=_PEOPLE, precision=0, since=_SINCE,
        ),
        "violations": platforms.sensor(
            make("violations", "Violations today", icon="mdi:account-alert"),
            state_topic=state, value=_VIOLATIONS, precision=0, since=_SINCE,
        ),
        "compliance": platforms.sensor(
            make("compliance", "Compliance today", icon="mdi:percent-circle"),
            state_topic=state, precision=1, unit="%",
            value=f"(100 * (1 - {_VIOLATIONS} / {_PEOPLE})) | round(2) if {_PEOPLE} > 0 else 'None'",
        ),
        "last_denial": platforms.image(make("last_denial", "Last denial", icon="mdi:image"), image_topic=picture)
        if config.keep_evidence
        else absent("image"),
    }  # fmt: skip


def _display(config: HubConfig, place: Door, make: Maker) -> dict[str, Component]:
    root, display = config.mqtt.root, topics.DOOR_DISPLAY.path(config.mqtt.root, door=place.id)
    set_message = topics.DOOR_SET_MESSAGE.path(root, door=place.id)
    return {
        "message": platforms.text(
            make("message", "Display message", icon="mdi:message-text"),
            state_topic=display, command_topic=set_message,
        ),
        "display": platforms.notify(make("display", "Display", icon="mdi:monitor"), command_topic=set_message),
        "siren": platforms.siren(
            make("siren", "Display sound"),
            state_topic=display, command_topic=topics.DOOR_SET_SOUND.path(root, door=place.id),
        ),
    }  # fmt: skip


def _state(config: HubConfig, place: Door, make: Maker) -> dict[str, Component]:
    root, state = config.mqtt.root, topics.DOOR_STATE.path(config.mqtt.root, door=place.id)
    return {
        "mode": platforms.mode(
            make("mode", "Mode", icon="mdi:shield-half-full"),
            state_topic=state, command_topic=topics.DOOR_SET_MODE.path(root, door=place.id),
        ),
        "occupancy": platforms.binary_sensor(
            make("occupancy"), device_class="occupancy", state_topic=state,
            on_when="value_json.occupied", unknown_when="value_json.occupied is none",
        ),
        "contact": platforms.binary_sensor(
            # Without a lock or a rule that needs it there is hardly ever a contact.
            make("contact", quiet=place.lock is None), device_class="door", state_topic=state,
            on_when="value_json.contact == 'open'", unknown_when="value_json.contact is none",
        ),
        "emergency_released": platforms.binary_sensor(
            make("emergency_released", "Emergency"), device_class="safety", state_topic=state,
            on_when="value_json.emergency",
        ),
        "problem": platforms.binary_sensor(
            make("problem", category="diagnostic"), device_class="problem", state_topic=state,
            on_when="value_json.problem", json_attributes_topic=state,
            json_attributes_template=platforms.attributes("{'reason': value_json.problem}"),
        ),
    }  # fmt: skip


def _buttons(config: HubConfig, place: Door, make: Maker) -> dict[str, Component]:
    root = config.mqtt.root
    emergency = topics.DOOR_SET_EMERGENCY.path(root, door=place.id)
    return {
        "acknowledge": platforms.button(
            make("acknowledge", "Acknowledge", icon="mdi:check"),
            command_topic=topics.DOOR_SET_ACKNOWLEDGE.path(root, door=place.id),
        ),
        "test_denial": platforms.button(
            make("test_denial", "Test denial", icon="mdi:test-tube", category="diagnostic"),
            command_topic=topics.DOOR_SET_TEST.path(root, door=place.id),
        ),
        # Two buttons and no switch: nothing that turns all switches of a house on or off may open or lock an entry.
        "emergency": platforms.button(
            make("emergency", "Emergency release", icon="mdi:alert-octagon"), command_topic=emergency, active="true"
        ),
        "emergency_reset": platforms.button(
            make("emergency_reset", "Emergency reset", icon="mdi:restore-alert"), command_topic=emergency,
            active="false",
        ),
    }  # fmt: skip

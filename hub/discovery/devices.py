"""The devices: the hub, its doors, its nodes, each with its components."""

from typing import Any

from hub.config import Door, HubConfig
from hub.discovery import identity, platforms
from hub.discovery.platforms import Component, Entity
from maskgate import topics

Device = dict[str, Any]


def hub(config: HubConfig, version: str) -> Device:
    """Return the hub's device: whether it is there, and whether notices were given up."""
    root, device = config.mqtt.root, identity.hub_id(config)
    there = topics.HUB_AVAILABILITY.path(root)
    components = {
        "connectivity": platforms.binary_sensor(
            # Without availability: this is the entity that tells of it.
            _entity(config, device, "hub", "connectivity", name="", available=()),
            device_class="connectivity",
            state_topic=there,
            on_when="value == 'online'",
        ),
        "problem": platforms.binary_sensor(
            _entity(config, device, "hub", "problem", name="", available=(there,)),
            device_class="problem",
            state_topic=topics.HUB_HEALTH.path(root),
            on_when="value_json.notices_failed > 0",
            json_attributes_topic=topics.HUB_HEALTH.path(root),
        ),
    }
    about = {"name": f"{config.site} hub", "model": "Hub", "sw_version": version}
    return _device(device, about, components, version)


def door(config: HubConfig, place: Door, version: str) -> Device:
    """Return a door's device."""
    root, device = config.mqtt.root, identity.door_id(config, place.id)
    there = (topics.HUB_AVAILABILITY.path(root),)
    state = topics.DOOR_STATE.path(root, door=place.id)

    def entity(what: str, name: str | None) -> Entity:
        return _entity(config, device, place.id, what, name=name, available=there)

    components: dict[str, Component] = {}
    if place.lock is not None:
        components["lock"] = platforms.lock(
            entity("", None), state_topic=state, command_topic=topics.DOOR_SET_LOCK.path(root, door=place.id)
        )
    components |= {
        "decision": platforms.event(
            entity("decision", "Decision"), state_topic=topics.DOOR_DECISION.path(root, door=place.id)
        ),
        "last_decision": platforms.last_decision(entity("last_decision", "Last decision"), state_topic=state),
        "message": platforms.text(
            entity("message", "Display message"),
            state_topic=topics.DOOR_DISPLAY.path(root, door=place.id),
            command_topic=topics.DOOR_SET_MESSAGE.path(root, door=place.id),
        ),
        "mode": platforms.mode(
            entity("mode", "Mode"), state_topic=state, command_topic=topics.DOOR_SET_MODE.path(root, door=place.id)
        ),
        "problem": platforms.binary_sensor(
            entity("problem", ""),
            device_class="problem",
            state_topic=state,
            on_when="value_json.problem",
            json_attributes_topic=state,
            json_attributes_template="{{ {'reason': value_json.problem} | to_json }}",
        ),
    }
    about = {"name": place.name, "model": "Door", "via_device": identity.hub_id(config)}
    return _device(device, about, components, version)


def node(config: HubConfig, name: str, place: Door, version: str) -> Device:
    """Return the device of the node `name` at a door; what it measures is for diagnosis."""
    root, device = config.mqtt.root, identity.node_id(config, name)
    hub_there = topics.HUB_AVAILABILITY.path(root)
    there = topics.NODE_AVAILABILITY.path(root, node=name)
    health = topics.NODE_HEALTH.path(root, node=name)

    def entity(what: str, title: str) -> Entity:
        return _entity(config, device, name, what, name=title, available=(hub_there, there))

    components = {
        "connectivity": platforms.binary_sensor(
            _entity(config, device, name, "connectivity", name="", available=(hub_there,)),
            device_class="connectivity",
            state_topic=there,
            on_when="value == 'online'",
        ),
        "fps": platforms.measurement(
            entity("fps", "Frame rate"), state_topic=health, value="value_json.fps", precision=1, unit="fps"
        ),
        "latency": platforms.measurement(
            entity("latency", "Latency"),
            state_topic=health,
            value="value_json.latency_ms.p50 if value_json.latency_ms else 'None'",
            precision=0,
            unit="ms",
            device_class="duration",
        ),
        "temperature": platforms.measurement(
            entity("temperature", ""),
            state_topic=health,
            value="value_json.temperature_c if value_json.temperature_c is not none else 'None'",
            precision=0,
            unit="°C",
            device_class="temperature",
        ),
        "outbox": platforms.measurement(
            entity("outbox", "Outbox"), state_topic=health, value="value_json.outbox", precision=0
        ),
    }
    about = {"name": f"{place.name} camera {name}", "model": "Camera node", "via_device": identity.hub_id(config)}
    return _device(device, about, components, version)


def _entity(
    config: HubConfig, device: str, thing: str, what: str, *, name: str | None, available: tuple[str, ...]
) -> Entity:
    return Entity(
        unique_id=f"{device}_{what or 'entry'}",
        entity=identity.entity_name(config, thing, what) if thing != "hub" else f"{device}_{what}".replace("-", "_"),
        name=name,
        available=available,
    )


def _device(device: str, about: Device, components: dict[str, Component], version: str) -> Device:
    return {
        "device": {"identifiers": [device], "manufacturer": "maskgate", **about},
        "origin": {"name": "maskgate", "sw_version": version},
        "components": components,
    }

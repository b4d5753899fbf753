"""The device of a node: what it measures is for diagnosis; what people ask of it the hub commands."""

from hub.config import Door, HubConfig
from hub.discovery import identity, platforms
from hub.discovery.device import Device, Maker, device, hub_there
from hub.discovery.entity import Component, There, absent
from maskgate import topics
from maskgate.messages import CameraState, NodeWish


def node(config: HubConfig, name: str, place: Door, version: str) -> Device:
    """Return the device of the node `name` at a door."""
    root, identifier = config.mqtt.root, identity.node_id(config, name)
    there = (hub_there(config), There(topics.NODE_AVAILABILITY.path(root, node=name)))
    make = Maker(config, identifier, name, there)
    components = {
        **_signs_of_life(config, name, make),
        **_figures(config, name, make, there),
        **_wishes(config, name, make),
    }
    about = {"name": f"{place.name} camera {name}", "model": "Camera node", "via_device": identity.hub_id(config)}
    return device(identifier, about, components, version)


def _signs_of_life(config: HubConfig, name: str, make: Maker) -> dict[str, Component]:
    root = config.mqtt.root
    health, hub_health = topics.NODE_HEALTH.path(root, node=name), topics.HUB_HEALTH.path(root)
    return {
        "connectivity": platforms.binary_sensor(
            # Without the node's own availability: this is the entity that tells of it.
            make("connectivity", category="diagnostic", available=(hub_there(config),)),
            device_class="connectivity",
            state_topic=topics.NODE_AVAILABILITY.path(root, node=name), on_when="value == 'online'",
        ),
        "camera": platforms.enum(
            make("camera", "Camera", icon="mdi:cctv", category="diagnostic"),
            options=[state.value for state in CameraState], state_topic=health, value="value_json.camera",
            json_attributes_topic=health,
            json_attributes_template=platforms.attributes("{'trouble': value_json.camera_trouble}"),
        ),
        "software": platforms.update(
            make("software", "Software", category="diagnostic"), title="maskgate", device_class="firmware",
            state_topic=health, value="value_json.version", latest_topic=hub_health, latest="value_json.version",
        ),
        "models": platforms.update(
            make("models", "Models", icon="mdi:brain", category="diagnostic"), title="maskgate models",
            state_topic=health, value="value_json.model", latest_topic=hub_health,
            latest="value_json.model or ''",
        ),
    }  # fmt: skip


def _figures(config: HubConfig, name: str, make: Maker, there: tuple[There, ...]) -> dict[str, Component]:
    health = topics.NODE_HEALTH.path(config.mqtt.root, node=name)
    seeing = (*there, There(health, f"value_json.camera != '{CameraState.LOST}'"))
    return {
        "fps": platforms.sensor(
            make("fps", "Frame rate", icon="mdi:speedometer", category="diagnostic", quiet=True, available=seeing),
            state_topic=health, value="value_json.fps", precision=1, unit="fps",
        ),
        "latency": platforms.sensor(
            make("latency", "Latency", icon="mdi:timer-outline", category="diagnostic", quiet=True, available=seeing),
            state_topic=health, value="value_json.latency_ms.p50 if value_json.latency_ms else 'None'",
            precision=0, unit="ms", device_class="duration",
        ),
        "temperature": platforms.sensor(
            make("temperature", category="diagnostic"),
            state_topic=health, precision=0, unit="°C", device_class="temperature",
            value="value_json.temperature_c | round(0) if value_json.temperature_c is not none else 'None'",
        ),
        "outbox": platforms.sensor(
            make("outbox", "Outbox", icon="mdi:tray-full", category="diagnostic"),
            state_topic=health, value="value_json.outbox", precision=0,
        ),
    }  # fmt: skip


def _wishes(config: HubConfig, name: str, make: Maker) -> dict[str, Component]:
    root = config.mqtt.root
    ask, health = topics.NODE_ASK.path(root, node=name), topics.NODE_HEALTH.path(root, node=name)
    picture = topics.NODE_PICTURE.path(root, node=name)
    pictures = config.keep_evidence
    return {
        "enable": platforms.switch(
            make("enable", "Look", icon="mdi:eye", category="config"),
            state_topic=health, value=f"'{NodeWish.ENABLE}' if value_json.enabled else '{NodeWish.REST}'",
            command_topic=ask, field="wish", on=NodeWish.ENABLE, off=NodeWish.REST,
        ),
        "identify": platforms.button(
            make("identify", category="diagnostic"),
            command_topic=ask, device_class="identify", wish=f'"{NodeWish.IDENTIFY}"',
        ),
        "restart": platforms.button(
            make("restart", category="config"),
            command_topic=ask, device_class="restart", wish=f'"{NodeWish.RESTART}"',
        ),
        "snapshot": platforms.image(make("snapshot", "Snapshot", icon="mdi:image"), image_topic=picture)
        if pictures
        else absent("image"),
        "take_snapshot": platforms.button(
            make("take_snapshot", "Take a snapshot", icon="mdi:camera", category="diagnostic"),
            command_topic=ask, wish=f'"{NodeWish.SNAPSHOT}"',
        )
        if pictures
        else absent("button"),
    }  # fmt: skip

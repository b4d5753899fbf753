"""The hub's own device."""

from hub.config import HubConfig
from hub.discovery import identity, platforms
from hub.discovery.device import Device, Maker, device, hub_there
from maskgate import topics

#: Whole seconds without the hub's pulse after which Home Assistant says that nothing is decided.
SILENT_S = 4


def hub(config: HubConfig, version: str) -> Device:
    """Return the hub's device: whether it is there and well, and what waits in it."""
    root, identifier = config.mqtt.root, identity.hub_id(config)
    health = topics.HUB_HEALTH.path(root)
    make = Maker(config, identifier, None, (hub_there(config),))
    components = {
        "connectivity": platforms.binary_sensor(
            # Without availability: this is the entity that tells of it.
            make("connectivity", category="diagnostic", available=()),
            device_class="connectivity", state_topic=topics.HUB_AVAILABILITY.path(root), on_when="value == 'online'",
        ),
        "running": platforms.binary_sensor(
            # Without availability: by its silence a hub or a broker that hangs is told from one that is there.
            make("running", category="diagnostic", available=()),
            device_class="running", state_topic=topics.HUB_PULSE.path(root), on_when="true", off_delay=SILENT_S,
        ),
        "problem": platforms.binary_sensor(
            make("problem", category="diagnostic"), device_class="problem",
            state_topic=health, on_when="value_json.notices_failed > 0",
            json_attributes_topic=health, json_attributes_template=platforms.attributes("value_json"),
        ),
        "notices_waiting": platforms.sensor(
            make("notices_waiting", "Notices waiting", icon="mdi:email-fast", category="diagnostic"),
            state_topic=health, value="value_json.notices_waiting", precision=0,
        ),
        "notices_failed": platforms.sensor(
            make("notices_failed", "Notices failed", icon="mdi:email-alert", category="diagnostic"),
            state_topic=health, value="value_json.notices_failed", precision=0,
        ),
        "outbox": platforms.sensor(
            make("outbox", "Outbox", icon="mdi:tray-full", category="diagnostic", quiet=True),
            state_topic=health, value="value_json.outbox", precision=0,
        ),
        "refused": platforms.sensor(
            make("refused", "Messages refused", icon="mdi:message-off", category="diagnostic", quiet=True),
            state_topic=health, value="value_json.refused", precision=0, state_class="total_increasing",
        ),
        "version": platforms.sensor(
            make("version", "Version", icon="mdi:tag", category="diagnostic"),
            state_topic=health, value="value_json.version", state_class=None,
        ),
        "started": platforms.sensor(
            make("started", "Started", category="diagnostic", quiet=True),
            state_topic=health, value="value_json.started_at", state_class=None, device_class="timestamp",
        ),
    }  # fmt: skip
    about = {"name": f"{config.site} hub", "model": "Hub", "sw_version": version}
    return device(identifier, about, components, version)

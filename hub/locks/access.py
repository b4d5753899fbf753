"""What the broker must let the hub do beyond our own topics: tell the locks, and hear them."""

from hub.config import HubConfig, MqttLock
from maskgate import topic_docs

_HUB = "\nuser hub\n"


def acl(config: HubConfig) -> str:
    """Return mosquitto's access list of the catalogue, with the topics of the configured locks."""
    lines = dict[str, None]()  # each once, in order
    for door in config.doors:
        if isinstance(door.lock, MqttLock):
            lines[f"topic write {door.lock.command_topic}\n"] = None
            lines[f"topic read {door.lock.feedback_topic}\n"] = None
    text = topic_docs.acl(config.mqtt.root, config.homeassistant.discovery)
    return text.replace(_HUB, _HUB + "".join(lines), 1)

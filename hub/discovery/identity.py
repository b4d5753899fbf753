"""Ids. They come from the configuration's slugs and the topic root, so that names may change and sites may share."""

from hub.config import HubConfig
from maskgate.topics import DEFAULT_ROOT


def _site(config: HubConfig) -> str:
    """Return what tells this site's ids from those of another root on the same broker; the usual root adds nothing."""
    root = config.mqtt.root
    return "" if root == DEFAULT_ROOT else f"{root.replace('/', '_')}_"


def hub_id(config: HubConfig) -> str:
    """Return the hub's device id."""
    return f"maskgate_{_site(config)}hub"


def door_id(config: HubConfig, door: str) -> str:
    """Return a door's device id."""
    return f"maskgate_{_site(config)}door_{door}"


def node_id(config: HubConfig, node: str) -> str:
    """Return a node's device id."""
    return f"maskgate_{_site(config)}node_{node}"


def entity_name(config: HubConfig, thing: str, what: str = "") -> str:
    """Return the part of an entity id after its domain; Home Assistant allows small letters, digits and `_`."""
    name = f"{_site(config)}{thing}_{what}" if what else f"{_site(config)}{thing}"
    return name.lower().replace("-", "_")

"""The announcement: what is published, and what takes back what is gone."""

import json
from collections.abc import Iterable

from hub.config import HubConfig
from hub.discovery import devices, identity
from maskgate import topics
from maskgate.mqtt import Outbound


def messages(config: HubConfig, version: str) -> list[Outbound]:
    """Return the retained discovery messages, the hub first, for the others are reached through it.

    Empty where the announcement is switched off.
    """
    if not config.homeassistant.enabled:
        return []
    made = {identity.hub_id(config): devices.hub(config, version)}
    for door in config.doors:
        made[identity.door_id(config, door.id)] = devices.door(config, door, version)
    for door in config.doors:
        for node in door.nodes:
            made[identity.node_id(config, node)] = devices.node(config, node, door, version)
    return [_message(config, device, json.dumps(payload).encode()) for device, payload in made.items()]


def device_ids(config: HubConfig) -> tuple[str, ...]:
    """Return the ids that `messages` announces: what a later `removals` wants to know."""
    if not config.homeassistant.enabled:
        return ()
    doors = [identity.door_id(config, door.id) for door in config.doors]
    nodes = [identity.node_id(config, node) for door in config.doors for node in door.nodes]
    return (identity.hub_id(config), *doors, *nodes)


def removals(previous_ids: Iterable[str], config: HubConfig) -> list[Outbound]:
    """Return what takes back devices that were announced once and are not any more (M6)."""
    gone = sorted(set(previous_ids) - set(device_ids(config)))
    return [_message(config, device, b"") for device in gone]


def _message(config: HubConfig, device: str, payload: bytes) -> Outbound:
    return Outbound(topics.DISCOVERY.path(config.homeassistant.discovery, device=device), payload, retain=True)

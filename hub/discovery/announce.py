"""The announcement: what is published, and what takes back what is gone."""

import json
from collections.abc import Iterable

from hub.config import HubConfig
from hub.discovery import identity
from hub.discovery.doors import door as door_device
from hub.discovery.hubs import hub as hub_device
from hub.discovery.nodes import node as node_device
from maskgate import topics
from maskgate.mqtt import Outbound


def messages(config: HubConfig, version: str) -> list[Outbound]:
    """Return the retained discovery messages, the hub first, for the others are reached through it.

    Where the announcement is switched off, they take back what may stand from before (M6).
    """
    if not config.homeassistant.enabled:
        return [_message(config, device, b"") for device in _all_ids(config)]
    made = {identity.hub_id(config): hub_device(config, version)}
    for door in config.doors:
        made[identity.door_id(config, door.id)] = door_device(config, door, version)
    for door in config.doors:
        for node in door.nodes:
            made[identity.node_id(config, node)] = node_device(config, node, door, version)
    return [_message(config, device, json.dumps(payload).encode()) for device, payload in made.items()]


def device_ids(config: HubConfig) -> tuple[str, ...]:
    """Return the ids that `messages` announces: what a later `removals` wants to know."""
    return _all_ids(config) if config.homeassistant.enabled else ()


def _all_ids(config: HubConfig) -> tuple[str, ...]:
    doors = [identity.door_id(config, door.id) for door in config.doors]
    nodes = [identity.node_id(config, node) for door in config.doors for node in door.nodes]
    return (identity.hub_id(config), *doors, *nodes)


def removals(previous_ids: Iterable[str], config: HubConfig) -> list[Outbound]:
    """Return what takes back devices that were announced once and are not any more (M6)."""
    gone = sorted(set(previous_ids) - set(device_ids(config)))
    return [_message(config, device, b"") for device in gone]


def _message(config: HubConfig, device: str, payload: bytes) -> Outbound:
    return Outbound(topics.DISCOVERY.path(config.homeassistant.discovery, device=device), payload, retain=True)

"""What the three kinds of device share."""

from typing import Any

from hub.config import HubConfig
from hub.discovery import identity
from hub.discovery.entity import Category, Component, Entity, There
from maskgate import topics

Device = dict[str, Any]


def hub_there(config: HubConfig) -> There:
    """Return the sign that the hub is there; without it no entity tells anything."""
    return There(topics.HUB_AVAILABILITY.path(config.mqtt.root))


class Maker:
    """Makes the entities of one device: `thing` is its slug, `None` for the hub."""

    def __init__(self, config: HubConfig, device: str, thing: str | None, available: tuple[There, ...]) -> None:
        self._config, self._device, self._thing, self._available = config, device, thing, available

    def __call__(
        self, what: str, name: str | None = "", *, icon: str | None = None, category: Category | None = None,
        quiet: bool = False, available: tuple[There, ...] | None = None,
    ) -> Entity:  # fmt: skip
        """Return the common part of the entity `what`; see `Entity`."""
        if self._thing is None:
            entity = f"{self._device}_{what}".lower().replace("-", "_")
        else:
            entity = identity.entity_name(self._config, self._thing, what)
        there = self._available if available is None else available
        return Entity(
            unique_id=f"{self._device}_{what or 'entry'}", entity=entity, name=name, available=there,
            category=category, icon=icon, quiet=quiet,
        )  # fmt: skip


def device(identifier: str, about: Device, components: dict[str, Component], version: str) -> Device:
    """Return the payload of one device."""
    return {
        "device": {"identifiers": [identifier], "manufacturer": "maskgate", **about},
        "origin": {"name": "maskgate", "sw_version": version},
        "components": components,
    }

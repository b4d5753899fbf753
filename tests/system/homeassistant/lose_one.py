"""Put into a Home Assistant as its custom component `lose_one`: it loses an entity that is announced, as 2025.4 may."""

from typing import Any

from homeassistant.components.mqtt.entity import MqttAvailabilityMixin  # type: ignore[import-not-found]
from homeassistant.core import HomeAssistant, ServiceCall  # type: ignore[import-not-found]

DOMAIN = "lose_one"


async def async_setup(hass: HomeAssistant, _config: dict[str, Any]) -> bool:
    """Offer the action `lose`; the next entity with this `unique_id` is not made, once."""

    async def lose(call: ServiceCall) -> None:
        as_shipped = MqttAvailabilityMixin.__init__

        def once(self: Any, config: dict[str, Any]) -> None:
            if config.get("unique_id") == call.data["unique_id"]:
                MqttAvailabilityMixin.__init__ = as_shipped
                raise KeyError("lost on purpose")
            as_shipped(self, config)

        MqttAvailabilityMixin.__init__ = once

    hass.services.async_register(DOMAIN, "lose", lose)
    return True

"""Put into a Home Assistant as its custom component `statistics_now`: its own recorder compiles when a test asks.

By itself it does so every five minutes, by the clock; that is switched off, so that nothing is taken in twice.
"""

from typing import Any

from homeassistant.components.recorder import get_instance  # type: ignore[import-not-found]
from homeassistant.components.recorder.tasks import StatisticsTask  # type: ignore[import-not-found]
from homeassistant.core import HomeAssistant, ServiceCall  # type: ignore[import-not-found]
from homeassistant.util import dt as dt_util  # type: ignore[import-not-found]

DOMAIN = "statistics_now"


async def async_setup(hass: HomeAssistant, _config: dict[str, Any]) -> bool:
    """Offer the action `compile`; `start` is when its five minutes begin."""

    async def compile_now(call: ServiceCall) -> None:
        recorder = get_instance(hass)
        if recorder._periodic_listener is not None:
            recorder._periodic_listener()
            recorder._periodic_listener = None
        recorder.queue_task(StatisticsTask(dt_util.parse_datetime(call.data["start"]), True))
        await recorder.async_block_till_done()

    hass.services.async_register(DOMAIN, "compile", compile_now)
    return True

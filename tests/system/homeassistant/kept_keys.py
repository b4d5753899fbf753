"""Run by a Home Assistant's own Python: which keys of discovery payloads its own schemas drop or refuse.

Argument: a JSON file, a list of payloads. Prints a JSON list of complaints. Standard library and Home Assistant only.
"""

import asyncio
import importlib
import json
import sys
import tempfile
from typing import Any

from homeassistant.components.mqtt.discovery import DEVICE_DISCOVERY_SCHEMA  # type: ignore[import-not-found]
from homeassistant.core import HomeAssistant  # type: ignore[import-not-found]


def lost(before: Any, after: Any, where: str) -> list[str]:
    """Return the places of what is in `before` and not in `after`."""
    if isinstance(before, dict):
        if not isinstance(after, dict):
            return [f"{where}: became {type(after).__name__}"]
        gone = [f"{where}.{key}" for key in before if key not in after]
        kept = [key for key in before if key in after]
        return gone + [one for key in kept for one in lost(before[key], after[key], f"{where}.{key}")]
    if isinstance(before, list):
        if not isinstance(after, (list, tuple, set)) or len(after) != len(before):
            return [f"{where}: not as long as before"]
        return [
            one
            for index, (old, new) in enumerate(zip(before, after, strict=True))
            for one in lost(old, new, f"{where}[{index}]")
        ]
    return []


def complaints(payload: dict[str, Any]) -> list[str]:
    """Return what one device's payload loses."""
    checked = DEVICE_DISCOVERY_SCHEMA(json.loads(json.dumps(payload)))
    found = lost(payload, checked, "device payload")
    for key, component in payload["components"].items():
        if set(component) == {"platform"}:
            continue  # it takes a component back
        platform = component["platform"]
        schema = importlib.import_module(f"homeassistant.components.mqtt.{platform}").DISCOVERY_SCHEMA
        # As Home Assistant does it: the platform is taken out, device and origin are put in.
        given = {name: value for name, value in component.items() if name != "platform"}
        shared = {"device": payload["device"], "origin": payload["origin"]}
        found += lost(given, schema({**json.loads(json.dumps(given)), **shared}), f"{platform} {key}")
    return found


async def check(payloads: list[dict[str, Any]]) -> list[str]:
    """Return what all of them lose; templates are read by the running core only."""
    found: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        hass = HomeAssistant(folder)
        for payload in payloads:
            try:
                found += complaints(payload)
            except Exception as error:  # noqa: BLE001 - the word of the schema is what is asked for
                found.append(f"{payload['device']['identifiers']}: refused: {error}")
        await hass.async_stop(force=True)
    return found


def main() -> None:
    """Read, check, print."""
    with open(sys.argv[1], encoding="utf-8") as file:  # noqa: PTH123 - this may be any Python
        payloads = json.load(file)
    print(json.dumps(asyncio.run(check(payloads))))  # noqa: T201


if __name__ == "__main__":
    main()

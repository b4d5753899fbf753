"""How well-known makers' devices speak, as fields of a plain MQTT lock: one file for each maker, behind one protocol.

Each file says what it tells the device, what it reads back, where that is documented and what a power cut does; a test
of the same name in tests/hub/locks holds it against that. A switch moves a strike or a magnet; which of its two
positions lets people in is a matter of wiring (`unlocked_when`).
"""

from enum import StrEnum

from hub.config.presets import esphome, shelly, tasmota, zigbee2mqtt
from hub.config.presets.maker import Fields, Maker, Position

__all__ = ["Fields", "Maker", "Position", "Preset", "fields"]


class Preset(StrEnum):
    """Who made the device, and what it is."""

    ZIGBEE2MQTT_LOCK = "zigbee2mqtt-lock"
    ZIGBEE2MQTT_SWITCH = "zigbee2mqtt-switch"
    TASMOTA = "tasmota"
    SHELLY = "shelly"  # the second generation and later
    SHELLY_GEN1 = "shelly-gen1"
    ESPHOME_LOCK = "esphome-lock"
    ESPHOME_SWITCH = "esphome-switch"


_MAKERS: dict[Preset, Maker] = {
    Preset.ZIGBEE2MQTT_LOCK: zigbee2mqtt.lock,
    Preset.ZIGBEE2MQTT_SWITCH: zigbee2mqtt.switch,
    Preset.TASMOTA: tasmota.switch,
    Preset.SHELLY: shelly.switch,
    Preset.SHELLY_GEN1: shelly.first_generation,
    Preset.ESPHOME_LOCK: esphome.lock,
    Preset.ESPHOME_SWITCH: esphome.switch,
}


def fields(preset: Preset, device: str, channel: int, unlocked_when: Position) -> Fields:
    """Return the fields of the lock; `channel` counts as the maker counts."""
    return _MAKERS[preset](device, channel, unlocked_when)

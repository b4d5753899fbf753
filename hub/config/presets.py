"""How well-known makers' devices speak, as fields of a plain MQTT lock. Pure: a device's name in, fields out.

Each is tested against the payloads that its maker documents. A switch moves a strike or a magnet; which of its two
positions lets people in is a matter of wiring (`unlocked_when`).
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

Fields = dict[str, Any]


class Preset(StrEnum):
    """Who made the device, and what it is."""

    ZIGBEE2MQTT_LOCK = "zigbee2mqtt-lock"
    ZIGBEE2MQTT_SWITCH = "zigbee2mqtt-switch"
    TASMOTA = "tasmota"
    SHELLY = "shelly"  # the second generation and later
    SHELLY_GEN1 = "shelly-gen1"
    ESPHOME_LOCK = "esphome-lock"
    ESPHOME_SWITCH = "esphome-switch"


class Position(StrEnum):
    """A switch's."""

    ON = "on"
    OFF = "off"


def fields(preset: Preset, device: str, channel: int, unlocked_when: Position) -> Fields:
    """Return the fields of the lock; `channel` counts as the maker counts."""
    return _MAKERS[preset](device, channel, unlocked_when)


def _words(unlocked_when: Position, on: str, off: str, *, states: tuple[str, str] | None = None) -> Fields:
    """Return payloads and states for the two positions of a switch."""
    state_on, state_off = states or (on, off)
    if unlocked_when is Position.OFF:
        on, off, state_on, state_off = off, on, state_off, state_on
    return {
        "payload_unlock": on, "payload_lock": off, "state_unlocked": state_on, "state_locked": state_off,
        "state_jammed": None,
    }  # fmt: skip


def _zigbee2mqtt_lock(device: str, _channel: int, _unlocked_when: Position) -> Fields:
    # `state` is what it was told; `lock_state` is what the bolt measured.
    return {
        "command_topic": f"zigbee2mqtt/{device}/set", "feedback_topic": f"zigbee2mqtt/{device}",
        "payload_lock": '{"state": "LOCK"}', "payload_unlock": '{"state": "UNLOCK"}', "feedback_key": "lock_state",
        "state_locked": "locked", "state_unlocked": "unlocked", "state_jammed": "not_fully_locked",
    }  # fmt: skip


def _zigbee2mqtt_switch(device: str, channel: int, unlocked_when: Position) -> Fields:
    key = "state" if channel == 0 else f"state_l{channel}"
    words = _words(unlocked_when, f'{{"{key}": "ON"}}', f'{{"{key}": "OFF"}}', states=("ON", "OFF"))
    return {
        "command_topic": f"zigbee2mqtt/{device}/set", "feedback_topic": f"zigbee2mqtt/{device}", "feedback_key": key,
        **words,
    }  # fmt: skip


def _tasmota(device: str, channel: int, unlocked_when: Position) -> Fields:
    power = "POWER" if channel == 0 else f"POWER{channel}"
    return {
        "command_topic": f"cmnd/{device}/{power}", "feedback_topic": f"stat/{device}/{power}",
        **_words(unlocked_when, "ON", "OFF"),
    }  # fmt: skip


def _shelly(device: str, channel: int, unlocked_when: Position) -> Fields:
    def call(on: str) -> str:
        params = f'{{"id": {channel}, "on": {on}}}'
        return f'{{"id": "{{id}}", "src": "maskgate", "method": "Switch.Set", "params": {params}}}'

    return {
        "command_topic": f"{device}/rpc", "feedback_topic": f"{device}/status/switch:{channel}",
        "feedback_key": "output", "reports_only_changes": True,
        **_words(unlocked_when, call("true"), call("false"), states=("true", "false")),
    }  # fmt: skip


def _shelly_gen1(device: str, channel: int, unlocked_when: Position) -> Fields:
    relay = f"shellies/{device}/relay/{channel}"
    words = _words(unlocked_when, "on", "off")
    return {"command_topic": f"{relay}/command", "feedback_topic": relay, "reports_only_changes": True, **words}


def _esphome_lock(device: str, _channel: int, _unlocked_when: Position) -> Fields:
    # The device's name holds the component's too: `node/lock/name`.
    return {
        "command_topic": f"{device}/command", "feedback_topic": f"{device}/state", "payload_lock": "LOCK",
        "payload_unlock": "UNLOCK", "state_locked": "LOCKED", "state_unlocked": "UNLOCKED", "state_jammed": "JAMMED",
        "reports_only_changes": True,
    }  # fmt: skip


def _esphome_switch(device: str, _channel: int, unlocked_when: Position) -> Fields:
    return {
        "command_topic": f"{device}/command",
        "feedback_topic": f"{device}/state",
        "reports_only_changes": True,
        **_words(unlocked_when, "ON", "OFF"),
    }


_MAKERS: dict[Preset, Callable[[str, int, Position], Fields]] = {
    Preset.ZIGBEE2MQTT_LOCK: _zigbee2mqtt_lock,
    Preset.ZIGBEE2MQTT_SWITCH: _zigbee2mqtt_switch,
    Preset.TASMOTA: _tasmota,
    Preset.SHELLY: _shelly,
    Preset.SHELLY_GEN1: _shelly_gen1,
    Preset.ESPHOME_LOCK: _esphome_lock,
    Preset.ESPHOME_SWITCH: _esphome_switch,
}

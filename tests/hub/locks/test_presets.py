"""Presets against the payloads that the makers document."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from hub import policy
from hub.cli import app
from hub.config import HubConfig, MqttLock
from hub.config.presets import Preset
from hub.locks import driver_for
from hub.policy import LockCommand, Rules
from hub.policy.state import Outstanding
from maskgate.messages import LockAction, LockState

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

#: preset and more, command topic, payload to lock, to unlock, feedback topic, what it reports locked, unlocked, else
Maker = tuple[dict[str, Any], str, Any, Any, str, bytes, bytes, bytes]
MAKERS: list[Maker] = [
    (
        {"preset": "zigbee2mqtt-lock", "device": "front"},
        "zigbee2mqtt/front/set", {"state": "LOCK"}, {"state": "UNLOCK"},
        "zigbee2mqtt/front", b'{"state":"LOCK","lock_state":"locked","battery":90,"linkquality":120}',
        b'{"state":"UNLOCK","lock_state":"unlocked","battery":90}', b'{"battery":90}',
    ),
    (
        {"preset": "zigbee2mqtt-switch", "device": "strike"},
        "zigbee2mqtt/strike/set", {"state": "OFF"}, {"state": "ON"},
        "zigbee2mqtt/strike", b'{"linkquality":40,"state":"OFF"}', b'{"state":"ON"}', b'{"state":null}',
    ),
    (
        {"preset": "zigbee2mqtt-switch", "device": "strike", "channel": 2, "unlocked_when": "off"},
        "zigbee2mqtt/strike/set", {"state_l2": "ON"}, {"state_l2": "OFF"},
        "zigbee2mqtt/strike", b'{"state_l1":"OFF","state_l2":"ON"}', b'{"state_l1":"ON","state_l2":"OFF"}',
        b'{"state_l1":"OFF"}',
    ),
    (
        {"preset": "tasmota", "device": "strike"},
        "cmnd/strike/POWER", "OFF", "ON", "stat/strike/POWER", b"OFF", b"ON", b"TOGGLE",
    ),
    (
        {"preset": "tasmota", "device": "strike", "channel": 2, "unlocked_when": "off"},
        "cmnd/strike/POWER2", "ON", "OFF", "stat/strike/POWER2", b"ON", b"OFF", b"",
    ),
    (
        {"preset": "shelly", "device": "shellyplus1-a8032ab1"},
        "shellyplus1-a8032ab1/rpc",
        {"id": "command-1", "src": "maskgate", "method": "Switch.Set", "params": {"id": 0, "on": False}},
        {"id": "command-1", "src": "maskgate", "method": "Switch.Set", "params": {"id": 0, "on": True}},
        "shellyplus1-a8032ab1/status/switch:0",
        b'{"id":0,"source":"MQTT","output":false,"temperature":{"tC":41.2,"tF":106.1}}',
        b'{"id":0,"source":"MQTT","output":true}', b'{"id":0,"source":"init"}',
    ),
    (
        {"preset": "shelly-gen1", "device": "shelly1-98F4AB", "unlocked_when": "off"},
        "shellies/shelly1-98F4AB/relay/0/command", "on", "off", "shellies/shelly1-98F4AB/relay/0", b"on", b"off",
        b"overpower",
    ),
    (
        {"preset": "esphome-lock", "device": "porch/lock/front"},
        "porch/lock/front/command", "LOCK", "UNLOCK", "porch/lock/front/state", b"LOCKED", b"UNLOCKED", b"NONE",
    ),
    (
        {"preset": "esphome-switch", "device": "porch/switch/strike"},
        "porch/switch/strike/command", "OFF", "ON", "porch/switch/strike/state", b"OFF", b"ON", b"unavailable",
    ),
]  # fmt: skip


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: f"{maker[0]['preset']}-{maker[0].get('channel', 0)}")
def test_a_preset_speaks_as_its_maker_documents(
    maker: tuple[dict[str, Any], str, Any, Any, str, bytes, bytes, bytes],
) -> None:
    given, command_topic, lock, unlock, feedback_topic, locked, unlocked, other = maker
    driver = driver_for(MqttLock.model_validate(given), root="maskgate", door="front")
    for action, expected in ((LockAction.LOCK, lock), (LockAction.UNLOCK, unlock)):
        message = driver.command(LockCommand("command-1", action, NOW, NOW))
        payload = message.payload.decode()
        assert (message.topic, message.retain) == (command_topic, False)
        assert (payload if isinstance(expected, str) else json.loads(payload)) == expected
    assert driver.feedback_topics == (feedback_topic,)
    measured = [driver.feedback(payload) for payload in (locked, unlocked, other)]
    assert [one and one.lock for one in measured] == ["LOCKED", "UNLOCKED", None]


@pytest.mark.parametrize(
    ("preset", "payload"),
    [
        ({"preset": "zigbee2mqtt-lock", "device": "front"}, b'{"lock_state":"not_fully_locked"}'),
        ({"preset": "esphome-lock", "device": "porch/lock/front"}, b"JAMMED"),
    ],
)
def test_a_bolt_that_is_stuck_is_jammed(preset: dict[str, Any], payload: bytes) -> None:
    measured = driver_for(MqttLock.model_validate(preset), root="maskgate", door="front").feedback(payload)
    assert measured is not None
    assert measured.lock == "JAMMED"


def test_what_the_file_says_itself_stands() -> None:
    lock = MqttLock.model_validate({"preset": "tasmota", "device": "strike", "command_topic": "site/cmnd/strike/POWER"})
    assert (lock.command_topic, lock.feedback_topic) == ("site/cmnd/strike/POWER", "stat/strike/POWER")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"preset": "tasmota"}, "needs the device's own name; add it"),
        ({"preset": "sonoff", "device": "x"}, "preset"),
        ({"preset": "tasmota", "device": "a b"}, "without wildcards, spaces"),
        ({"preset": "tasmota", "device": "#"}, "without wildcards"),
        ({"preset": "tasmota", "device": "x", "unlocked_when": "maybe"}, "unlocked_when"),
        ({"preset": "tasmota", "device": "x", "relay": 1}, "relay"),
    ],
)
def test_a_preset_that_is_not_clear_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        MqttLock.model_validate(given)


@pytest.mark.parametrize("preset", list(Preset))
def test_a_lock_that_reports_only_changes_is_not_jammed_by_its_silence(preset: Preset) -> None:
    """ESPHome and Shelly say nothing when told to be where they are; after a restart the hub may tell them so."""
    lock = MqttLock.model_validate({"preset": preset, "device": "porch/lock/front"})
    config = HubConfig.model_validate(
        {"doors": [{"id": "front", "name": "Front", "nodes": ["cam"], "lock": lock.model_dump()}]}
    )
    rules, due = Rules.of(config, config.doors[0]), NOW + timedelta(seconds=10)
    for action, silence in ((LockAction.LOCK, lock.reports_only_changes), (LockAction.UNLOCK, False)):
        told = Outstanding("command-1", action, NOW, NOW, attempt=lock.attempts)
        state = replace(policy.initial(rules, NOW), lock=LockState.LOCKED, outstanding=told)
        after = policy.tick(rules, state, due).state
        assert after.lock is (LockState.LOCKED if silence else LockState.JAMMED)


def test_the_brokers_list_lets_the_hub_tell_and_hear_each_lock_and_nobody_else(tmp_path: Path) -> None:
    file = tmp_path / "hub.yaml"
    file.write_text(
        "mqtt: {root: house}\ndoors:\n"
        "  - {id: front, name: F, nodes: [a], lock: {preset: tasmota, device: strike}}\n"
        "  - {id: yard, name: Y, nodes: [b], lock: {driver: node, node: b}}\n"
    )
    said = CliRunner().invoke(app, ["acl", "--config", str(file)])
    assert said.exit_code == 0, said.output
    hub, others = said.output.split("\nuser controller\n")
    assert "\nuser hub\ntopic write cmnd/strike/POWER\ntopic read stat/strike/POWER\n" in hub
    assert "\ntopic write house/node/+/set/relay\n" in hub
    assert "strike" not in others

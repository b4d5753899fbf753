"""What all presets have in common. Each maker's words are held to the maker's pages in a file of its own."""

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
from hub.policy import Rules
from hub.policy.state import Outstanding
from maskgate.messages import LockAction, LockState

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


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

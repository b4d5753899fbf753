"""The relay on the board as a lock of the hub: the words of docs/node.md fit both ends."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from hub.config import NodeLock
from hub.locks import driver_for
from hub.policy import LockCommand
from hub.policy.outcome import COMMAND_LIFE_S
from mask_node.config import RelaySettings
from mask_node.relay import Relay
from maskgate.ids import new_id
from maskgate.messages import LockAction, LockState, SetRelay, decode, encode
from maskgate.topics import NODE_RELAY, NODE_SET_RELAY
from tests.conftest import ManualClock

PAGE = Path(__file__).resolve().parents[2] / "docs" / "node.md"
NODE = "front-camera"


def lock_of_the_page() -> dict[str, Any]:
    """The relay as a lock of the hub, as docs/node.md writes it."""
    document: dict[str, Any] = YAML(typ="safe").load(PAGE.read_text().split("\n    lock:\n")[1])
    return document


@pytest.mark.parametrize("action", list(LockAction))
def test_what_the_hub_sends_the_board_obeys_and_what_the_board_reports_the_hub_reads(action: LockAction) -> None:
    pins = pytest.importorskip("gpiozero.pins.mock").MockFactory()
    lock = NodeLock.model_validate(lock_of_the_page())
    now, driver = datetime.now(UTC), driver_for(lock, root="maskgate", door="front")
    assert driver.feedback_topics == (NODE_RELAY.path("maskgate", node=NODE),)
    sent = driver.command(LockCommand(new_id(now), action, now, now + timedelta(seconds=COMMAND_LIFE_S)))
    assert (sent.topic, sent.retain) == (NODE_SET_RELAY.path("maskgate", node=NODE), False)
    command = decode(sent.payload, SetRelay)
    assert abs(command.sent_at - now) < timedelta(milliseconds=2)
    relay = Relay(RelaySettings(pin=17), ManualClock(), pins=pins)
    relay.open()
    relay.told(LockAction(command.action), command.id)
    heard = driver.feedback(encode(relay.feedback))
    relay.stop(1)
    assert heard is not None
    assert heard.command == command.id
    assert heard.lock is (LockState.LOCKED if action is LockAction.LOCK else LockState.UNLOCKED)

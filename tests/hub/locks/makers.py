"""A lock of some maker as the hub sees it: what it is told, word for word, and what its answers are taken for."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.config import MqttLock
from hub.locks import LockDriver, driver_for
from hub.policy import LockCommand
from maskgate.messages import LockAction

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
COMMAND = "command-1"


def driver(preset: str, device: str, **more: Any) -> LockDriver:
    lock = MqttLock.model_validate({"preset": preset, "device": device, **more})
    return driver_for(lock, root="maskgate", door="front")


def told(lock: LockDriver, action: str) -> tuple[str, Any]:
    """The topic and the payload, read where it is JSON; a retained command would be one for ever (S1)."""
    message = lock.command(LockCommand(COMMAND, LockAction(action), NOW, NOW + timedelta(seconds=5)))
    assert (message.retain, message.expiry_s) == (False, 5)
    payload = message.payload.decode()
    return message.topic, json.loads(payload) if payload.startswith("{") else payload


def read(lock: LockDriver, payload: str) -> str | None:
    """What the lock is taken to have measured."""
    heard = lock.feedback(payload.encode())
    return heard and heard.lock and heard.lock.value

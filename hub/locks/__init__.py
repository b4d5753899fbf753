"""What moves locks: one file per kind behind `LockDriver`."""

from hub.config import HomeAssistantLock, Lock, NodeLock
from hub.locks.driver import LockDriver
from hub.locks.homeassistant import HomeAssistantLockDriver
from hub.locks.mqtt import MqttLockDriver
from hub.locks.node import NodeLockDriver

__all__ = ["LockDriver", "driver_for"]


def driver_for(lock: Lock, *, root: str, door: str) -> LockDriver:
    """Return the driver of the lock of a door; `root` is the site's topic root."""
    if isinstance(lock, NodeLock):
        return NodeLockDriver(lock, root)
    if isinstance(lock, HomeAssistantLock):
        return HomeAssistantLockDriver(root, door)
    return MqttLockDriver(lock)

"""What moves locks: one file per kind behind `LockDriver`."""

from hub.config import MqttLock
from hub.locks.driver import LockDriver
from hub.locks.mqtt import MqttLockDriver

__all__ = ["LockDriver", "driver_for"]


def driver_for(lock: MqttLock) -> LockDriver:
    """Return the driver of a configured lock."""
    return MqttLockDriver(lock)

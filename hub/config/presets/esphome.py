"""ESPHome with its `mqtt:` part: a device that somebody builds. The name holds the component's: `node/lock/name`.

Told: `LOCK` and `UNLOCK`, or `ON` and `OFF`, on `NAME/command`. Read: on `NAME/state`, for a lock also `JAMMED`,
`UNKNOWN`, and on the way `LOCKING` and `UNLOCKING`, which measure nothing. It tells of a state only where that differs
from the last.

Source: its own, `mqtt_lock.cpp`, `mqtt_switch.cpp`, `lock.cpp` and `switch.cpp`.

Power: `restore_mode` of the switch, by default off. Back on the broker it says how it stands; a lock that does not
know says `UNKNOWN`, and is not known here either.
"""

from hub.config.presets.maker import Fields, Position, switch_words


def lock(device: str, _channel: int, _unlocked_when: Position) -> Fields:
    """See `hub.config.presets.maker.Maker`."""
    return {
        **_ways(device), "payload_lock": "LOCK", "payload_unlock": "UNLOCK", "state_locked": "LOCKED",
        "state_unlocked": "UNLOCKED", "state_jammed": "JAMMED",
    }  # fmt: skip


def switch(device: str, _channel: int, unlocked_when: Position) -> Fields:
    """See `hub.config.presets.maker.Maker`."""
    return {**_ways(device), **switch_words(unlocked_when, "ON", "OFF")}


def _ways(device: str) -> Fields:
    return {
        "command_topic": f"{device}/command", "feedback_topic": f"{device}/state", "reports_only_changes": True,
    }  # fmt: skip

"""Zigbee2MQTT, which speaks for Zigbee locks and switches of all makers.

Told: `{"state": "LOCK"}` or `{"state": "ON"}` on `zigbee2mqtt/NAME/set`; of a switch with several relays
`{"state_l2": "ON"}`. Read: `lock_state` or `state` in the document on `zigbee2mqtt/NAME`. It repeats with each
message all that it knows of the device, so a lock's `state` may be what it was told; `lock_state` is the bolt.

Source: the pages of its locks and switches at zigbee2mqtt.io ("Exposes"), and "MQTT Topics and Messages" there.

Power: a battery lock stands as it stood. A switch does as its `power_on_behavior` says, where it has one.
"""

from hub.config.presets.maker import Fields, Position, switch_words


def lock(device: str, _channel: int, _unlocked_when: Position) -> Fields:
    """See `hub.config.presets.maker.Maker`."""
    return {
        **_topics(device), "payload_lock": '{"state": "LOCK"}', "payload_unlock": '{"state": "UNLOCK"}',
        "feedback_key": "lock_state", "state_locked": "locked", "state_unlocked": "unlocked",
        "state_jammed": "not_fully_locked",
    }  # fmt: skip


def switch(device: str, channel: int, unlocked_when: Position) -> Fields:
    """See `hub.config.presets.maker.Maker`."""
    key = "state" if channel == 0 else f"state_l{channel}"
    words = switch_words(unlocked_when, f'{{"{key}": "ON"}}', f'{{"{key}": "OFF"}}', states=("ON", "OFF"))
    return {**_topics(device), "feedback_key": key, **words}


def _topics(device: str) -> Fields:
    return {"command_topic": f"zigbee2mqtt/{device}/set", "feedback_topic": f"zigbee2mqtt/{device}"}

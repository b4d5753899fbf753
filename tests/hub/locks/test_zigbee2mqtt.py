"""Zigbee2MQTT: what its pages of locks and switches say that they are told and publish."""

import pytest

from .makers import driver, read, told


def test_a_lock_is_told_by_state() -> None:
    lock = driver("zigbee2mqtt-lock", "hall/front")
    assert told(lock, "lock") == ("zigbee2mqtt/hall/front/set", {"state": "LOCK"})
    assert told(lock, "unlock") == ("zigbee2mqtt/hall/front/set", {"state": "UNLOCK"})
    assert lock.feedback_topics == ("zigbee2mqtt/hall/front",)


@pytest.mark.parametrize(
    ("published", "measured"),
    [
        ('{"state":"LOCK","lock_state":"locked","battery":90,"linkquality":120}', "LOCKED"),
        ('{"state":"UNLOCK","lock_state":"unlocked","battery":90,"sound_volume":"silent_mode"}', "UNLOCKED"),
        ('{"state":"LOCK","lock_state":"not_fully_locked"}', "JAMMED"),
        # It repeats all that it knows: `state` is already what it was told, and the bolt has not moved yet.
        ('{"state":"UNLOCK","lock_state":"locked","linkquality":98}', "LOCKED"),
        ('{"battery":90}', None),
        ('{"state":"LOCK","lock_state":null}', None),
    ],
)
def test_the_bolt_is_believed_and_not_what_it_was_told(published: str, measured: str | None) -> None:
    assert read(driver("zigbee2mqtt-lock", "front"), published) == measured


@pytest.mark.parametrize(
    ("wiring", "key", "unlocks", "locks"),
    [
        ({}, "state", "ON", "OFF"),
        ({"channel": 2}, "state_l2", "ON", "OFF"),
        ({"channel": 1, "unlocked_when": "off"}, "state_l1", "OFF", "ON"),
    ],
)
def test_a_switch_says_which_of_its_relays_stands_how(
    wiring: dict[str, object], key: str, unlocks: str, locks: str
) -> None:
    lock = driver("zigbee2mqtt-switch", "strike", **wiring)
    assert told(lock, "unlock") == ("zigbee2mqtt/strike/set", {key: unlocks})
    assert told(lock, "lock") == ("zigbee2mqtt/strike/set", {key: locks})
    others = "".join(f'"{name}":"ON",' for name in ("state", "state_l1", "state_l2", "state_l3") if name != key)
    for word, measured in ((unlocks, "UNLOCKED"), (locks, "LOCKED")):
        assert read(lock, f'{{{others}"linkquality":40,"power_on_behavior":"previous","{key}":"{word}"}}') == measured
    assert read(lock, f'{{{others}"linkquality":40}}') is None
    assert read(lock, f'{{"{key}":null}}') is None

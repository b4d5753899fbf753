"""Tasmota: the command flow of its page "MQTT", and what else comes on the same topics."""

import pytest

from .makers import driver, read, told


@pytest.mark.parametrize(
    ("wiring", "power", "unlocks", "locks"),
    [
        ({}, "POWER", "ON", "OFF"),
        ({"channel": 2}, "POWER2", "ON", "OFF"),
        ({"channel": 1, "unlocked_when": "off"}, "POWER1", "OFF", "ON"),
    ],
)
def test_each_relay_has_topics_of_its_own_and_answers_in_the_words_it_is_told(
    wiring: dict[str, object], power: str, unlocks: str, locks: str
) -> None:
    lock = driver("tasmota", "tasmota_strike", **wiring)
    assert told(lock, "unlock") == (f"cmnd/tasmota_strike/{power}", unlocks)
    assert told(lock, "lock") == (f"cmnd/tasmota_strike/{power}", locks)
    assert lock.feedback_topics == (f"stat/tasmota_strike/{power}",)
    assert [read(lock, word) for word in (unlocks, locks)] == ["UNLOCKED", "LOCKED"]


@pytest.mark.parametrize("published", ["TOGGLE", "HOLD", "", '{"POWER":"ON"}', "on"])
def test_no_other_word_is_taken_for_a_measurement(published: str) -> None:
    """The JSON is what comes on `stat/.../RESULT`; in small letters its words are only understood, never said."""
    assert read(driver("tasmota", "tasmota_strike"), published) is None

"""ESPHome: the words of its own source for locks and switches."""

import pytest

from .makers import driver, read, told


def test_a_lock_has_words_of_its_own() -> None:
    lock = driver("esphome-lock", "porch/lock/front")
    assert told(lock, "lock") == ("porch/lock/front/command", "LOCK")
    assert told(lock, "unlock") == ("porch/lock/front/command", "UNLOCK")
    assert lock.feedback_topics == ("porch/lock/front/state",)


@pytest.mark.parametrize(
    ("published", "measured"),
    [
        ("LOCKED", "LOCKED"), ("UNLOCKED", "UNLOCKED"), ("JAMMED", "JAMMED"),
        ("LOCKING", None), ("UNLOCKING", None), ("OPENING", None),
        ("UNKNOWN", "UNKNOWN"),  # after a power cut, where it has no sensor
    ],
)  # fmt: skip
def test_a_lock_on_its_way_measures_nothing_and_one_that_does_not_know_says_so(
    published: str, measured: str | None
) -> None:
    assert read(driver("esphome-lock", "porch/lock/front"), published) == measured


@pytest.mark.parametrize(("position", "unlocks", "locks"), [("on", "ON", "OFF"), ("off", "OFF", "ON")])
def test_a_switch_is_a_strike_or_a_magnet(position: str, unlocks: str, locks: str) -> None:
    lock = driver("esphome-switch", "porch/switch/strike", unlocked_when=position)
    assert told(lock, "unlock") == ("porch/switch/strike/command", unlocks)
    assert told(lock, "lock") == ("porch/switch/strike/command", locks)
    assert lock.feedback_topics == ("porch/switch/strike/state",)
    assert [read(lock, word) for word in (unlocks, locks, "unavailable")] == ["UNLOCKED", "LOCKED", None]

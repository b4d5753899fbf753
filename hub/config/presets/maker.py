"""What a preset is, whoever made the device: a pure function from the device's name to fields of a plain MQTT lock."""

from enum import StrEnum
from typing import Any, Protocol

Fields = dict[str, Any]


class Position(StrEnum):
    """A switch's."""

    ON = "on"
    OFF = "off"


class Maker(Protocol):
    """How one kind of device speaks."""

    def __call__(self, device: str, channel: int, unlocked_when: Position, /) -> Fields:
        """Return the fields; `channel` counts as the maker counts."""
        ...


def switch_words(unlocked_when: Position, on: str, off: str, *, states: tuple[str, str] | None = None) -> Fields:
    """Return payloads and states for the two positions of a switch; `states`: of on and off, where they differ."""
    state_on, state_off = states or (on, off)
    if unlocked_when is Position.OFF:
        on, off, state_on, state_off = off, on, state_off, state_on
    return {
        "payload_unlock": on, "payload_lock": off, "state_unlocked": state_on, "state_locked": state_off,
        "state_jammed": None,
    }  # fmt: skip

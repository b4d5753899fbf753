"""Tasmota, on a relay of any make.

Told: `ON` or `OFF` on `cmnd/TOPIC/POWER` (`POWER2` for the second relay). Read: the same words on `stat/TOPIC/POWER`,
which it answers to each command, also where the relay stands so already. Topics are those of its default `FullTopic`.

Source: its pages "MQTT" ("Command flow"), "Commands" and "PowerOnState". A device with one relay answers as `POWER`
even to `POWER1`, one with several as `POWER1` even to `POWER`: name the channel there, and only there.

Power: `PowerOnState`, by default the position before the cut (3); 0 is off, 1 is on. With `PulseTime` it goes off by
itself. A retained command at the broker would move it at every return; the hub retains none (S1).
"""

from hub.config.presets.maker import Fields, Position, switch_words


def switch(device: str, channel: int, unlocked_when: Position) -> Fields:
    """See `hub.config.presets.maker.Maker`."""
    power = "POWER" if channel == 0 else f"POWER{channel}"
    return {
        "command_topic": f"cmnd/{device}/{power}", "feedback_topic": f"stat/{device}/{power}",
        **switch_words(unlocked_when, "ON", "OFF"),
    }  # fmt: skip

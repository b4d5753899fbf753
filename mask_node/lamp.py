"""A lamp on the board's pins that blinks when somebody wants to know which board this is."""

import logging
from typing import Any

log = logging.getLogger(__name__)

#: Half a second on, half a second off, so often.
BLINKS, HALF_S = 15, 0.5


class Lamp:
    """pin: its GPIO number; None where there is no lamp, and the log must do. pins: for tests."""

    def __init__(self, pin: int | None, *, pins: Any = None) -> None:
        self._pin, self._pins = pin, pins
        self._led: Any = None

    def open(self) -> None:
        """Take the pin. One that cannot be had is said in the log: a lamp stops no door."""
        if self._pin is None:
            return
        try:
            from gpiozero import LED

            self._led = LED(self._pin, pin_factory=self._pins)
        except Exception:
            log.exception("the lamp on pin %d cannot be used", self._pin)

    def close(self) -> None:
        """Let the pin go."""
        if self._led is not None:
            self._led.close()

    def blink(self) -> None:
        """Be seen for a while; returns at once."""
        if self._led is not None:
            self._led.blink(HALF_S, HALF_S, BLINKS)

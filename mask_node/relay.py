"""A relay on the board's pins, through gpiozero. It moves when told, and never by starting or stopping (S7)."""

import logging
import threading
import time
from typing import Any

from mask_node.config import RelaySettings
from mask_node.fallback import Policy, Signs, Standing, saw, settle
from mask_node.supervise import Life, Part, Worker
from maskgate.clock import Clock
from maskgate.messages import Feedback, LockAction, LockState
from maskgate.states import MaskState

log = logging.getLogger(__name__)

#: The relay is looked after so often, in seconds.
TURN_S = 0.2


class RelayError(Exception):
    """The pin cannot be used; the text is one sentence that says why and what to do."""


class Relay:
    """Holds the rule's standing and brings the pin to it. pins: in place of the board's own, for tests."""

    def __init__(self, settings: RelaySettings, clock: Clock, *, pins: Any = None) -> None:
        self._settings, self._clock, self._pins = settings, clock, pins
        self._lock = threading.RLock()
        self._device: Any = None
        self._standing = Standing(settings.first)
        self._signs = Signs(clock.monotonic())
        self._silent = False
        self._command: str | None = None
        self._worker = Worker("relay", self._live, clock)
        #: What the hub last said of the door; set it at any time.
        self.policy: Policy | None = None

    def open(self) -> None:
        """Take the pin, in its power-on state from the first instant. Raises `RelayError`."""
        try:
            from gpiozero import GPIOZeroError, OutputDevice
        except ModuleNotFoundError as error:
            raise RelayError("a relay needs gpiozero: pip install 'maskgate[relay]'") from error
        try:
            self._device = OutputDevice(
                self._settings.pin,
                active_high=self._settings.active_high,
                initial_value=self._settings.first is self._settings.energised,
                pin_factory=self._pins,
            )
        except (GPIOZeroError, OSError, RuntimeError, ImportError) as error:
            raise RelayError(f"relay pin {self._settings.pin}: {error}; check the pin and the group gpio") from error
        self._signs = Signs(self._clock.monotonic())

    def start(self) -> None:
        """Begin to look after it; the silence of the hub is counted from here on, not from before the models came."""
        self._signs = Signs(self._clock.monotonic())
        self._worker.start()

    def stop(self, timeout: float) -> None:
        """Let the pin go: the relay falls to its state without power."""
        self._worker.stop(timeout)
        with self._lock:
            if self._device is not None:
                self._device.close()
                self._device = None

    @property
    def part(self) -> Part:
        """What a supervisor watches."""
        return self._worker.part()

    @property
    def measured(self) -> LockState:
        """The pin as it reads back; unknown where it does not (S6)."""
        with self._lock:
            if self._device is None:
                return LockState.UNKNOWN
            try:
                powered = bool(self._device.value)
            except Exception:  # noqa: BLE001 - whatever its library raises; `turn`, which must move it, fails loudly
                return LockState.UNKNOWN
        action = self._settings.energised if powered else _other(self._settings.energised)
        return LockState.LOCKED if action is LockAction.LOCK else LockState.UNLOCKED

    @property
    def feedback(self) -> Feedback:
        """What the relay reports."""
        with self._lock:
            return Feedback(lock=self.measured, command=self._command)

    def told(self, action: LockAction, command: str | None = None) -> None:
        """The hub commands; who calls has checked that it may."""
        with self._lock:  # until the pin has moved: no report names a command sooner
            self._standing, self._command = Standing(action, by_hub=True), command
            self.heard()

    def heard(self) -> None:
        """The hub decides on doors."""
        self._signs = Signs(self._clock.monotonic())
        self.turn()

    def lost(self) -> None:
        """The connection is gone, or the hub said that it is."""
        if self._signs.lost_at is None:
            self._signs = Signs(self._signs.heard_at, self._clock.monotonic())

    def found(self) -> None:
        """The connection stands again, and the broker holds the hub for there; whether it speaks is to be seen."""
        self._signs = Signs(self._signs.heard_at)

    def saw(self, state: MaskState) -> None:
        """A verdict was reached here; it counts only while the hub is silent."""
        now = self._clock.monotonic()
        with self._lock:
            if self._signs.silent(now, self._settings):
                self._standing = settle(self._standing, now, silent=True, policy=self.policy, settings=self._settings)
                self._standing = saw(self._standing, state, now, policy=self.policy, settings=self._settings)
        self.turn()

    def turn(self) -> None:
        """Bring the pin to where it is to be."""
        now = self._clock.monotonic()
        with self._lock:
            silent = self._signs.silent(now, self._settings)
            if silent != self._silent:
                log.warning("the hub is %s; the door %s", *_WORDS[silent])
                self._silent = silent
            self._standing = settle(self._standing, now, silent=silent, policy=self.policy, settings=self._settings)
            wanted = self._standing.action is self._settings.energised
            if self._device is not None and bool(self._device.value) is not wanted:
                log.info("the relay goes to %s", self._standing.action)
                (self._device.on if wanted else self._device.off)()

    def _live(self, life: Life) -> None:
        while life.goes_on:
            self.turn()
            time.sleep(TURN_S)


_WORDS = {True: ("silent", "goes by the board's own rule"), False: ("there again", "stays until it says otherwise")}


def _other(action: LockAction) -> LockAction:
    return LockAction.LOCK if action is LockAction.UNLOCK else LockAction.UNLOCK

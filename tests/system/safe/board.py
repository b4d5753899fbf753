"""`maskgate node run`, whose eyes can be hurt and whose relay says when it moves.

    python -m tests.system.safe.board --config node.yaml

SIGUSR1: whatever detector is loaded hangs in its next picture and never comes back. SIGUSR2: it fails from now on. A
detector that is loaded after that is well. The relay's pin is gpiozero's own stand-in for one; each move of it goes to
the standard output with the monotonic time, which all processes of a machine share.
"""

import signal
import sys
import threading
import time
from typing import Any

from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPin

from mask_node import accelerator
from mask_node.vision.types import Detector, Frame, Sight


class Hurt:
    """A real detector, until somebody hurts it."""

    def __init__(self, real: Detector) -> None:
        self._real, self.hangs, self.fails = real, False, False
        self.model_id = real.model_id

    def detect(self, frame: Frame) -> Sight:
        if self.hangs:
            threading.Event().wait()
        if self.fails:
            raise RuntimeError("the interpreter refuses the picture")
        return self._real.detect(frame)


class Pin(MockPin):
    """High unlocks."""

    def _change_state(self, value: bool) -> bool:
        changed: bool = super()._change_state(value)
        if changed:
            sys.stdout.write(f"{'unlock' if value else 'lock'} {time.monotonic()}\n")
            sys.stdout.flush()
        return changed


def main() -> None:
    loaded: list[Hurt] = []
    load = accelerator.load_best

    def load_hurt(*args: Any, **options: Any) -> tuple[Detector, str]:
        real, hardware = load(*args, **options)
        loaded.append(Hurt(real))
        return loaded[-1], hardware

    def hurt(name: str) -> None:
        for one in loaded:
            setattr(one, name, True)

    accelerator.load_best = load_hurt
    Device.pin_factory = MockFactory(pin_class=Pin)
    signal.signal(signal.SIGUSR1, lambda *_: hurt("hangs"))
    signal.signal(signal.SIGUSR2, lambda *_: hurt("fails"))
    sys.argv[1:] = ["node", "run", *sys.argv[1:]]
    from maskgate.cli import main as maskgate

    maskgate()


if __name__ == "__main__":
    main()

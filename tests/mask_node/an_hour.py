"""An hour of a camera as fast as can be, with nobody to tell it to. Prints each path that is opened for writing, then
the frames, the verdicts and the bytes that went to disk."""

import os
import sys
import threading
from datetime import timedelta
from pathlib import Path

from mask_node.config import NodeConfig
from mask_node.service import Node
from mask_node.sources import Captured
from maskgate.clock import SystemClock
from maskgate.demo.broker import free_port
from maskgate.messages import CameraState
from maskgate.states import MODEL_STATES
from tests.mask_node.fakes import ColourEyes, painted

FPS, HOUR_S = 5, 3600
#: One person a minute, for so many frames.
EVERY, STAYS = 60 * FPS, 10
EMPTY = painted()
PEOPLE = [[painted((100 + shift, state)) for shift in range(3)] for state in MODEL_STATES]


class Hour:
    """The camera."""

    state = CameraState.OK

    def __init__(self) -> None:
        self.index, self._clock = 0, SystemClock()
        self._start, self._began = self._clock.now() - timedelta(hours=1), self._clock.monotonic() - HOUR_S

    @property
    def ended(self) -> bool:
        return self.index >= HOUR_S * FPS

    def read(self, _timeout: float) -> Captured | None:
        if self.ended:
            return None
        index, self.index = self.index, self.index + 1
        minute, frame = divmod(index, EVERY)
        picture = PEOPLE[minute % len(PEOPLE)][frame % 3] if frame < STAYS else EMPTY
        passed = index / FPS
        at = self._start + timedelta(seconds=passed)
        return Captured(picture, index, at, self._began + passed, self._clock.monotonic())

    def close(self) -> None:
        self.index = HOUR_S * FPS


def note(event: str, arguments: tuple[object, ...]) -> None:
    """What Python itself opens for writing, makes or renames."""
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        sys.stdout.write(f"{arguments[0]}\n")
    if event in {"os.rename", "os.link", "os.symlink", "shutil.copyfile", "tempfile.mkstemp"}:
        sys.stdout.write(f"{event} {arguments}\n")


def main() -> None:
    config = NodeConfig.model_validate(
        {
            "id": "front", "source": "0", "outbox": {"path": Path(sys.argv[1])},
            "mqtt": {"host": "127.0.0.1", "port": free_port()},
        }
    )  # fmt: skip
    camera = Hour()
    node = Node(config, detector=ColourEyes(), source=camera)
    sys.dont_write_bytecode = True
    sys.addaudithook(note)
    before = int(Path("/proc/self/io").read_text().split("write_bytes: ")[1].split()[0])
    node.start()
    node.ended.wait()
    verdicts = node.health().outbox
    threading.Event().wait(0.1)
    node.stop()
    written = int(Path("/proc/self/io").read_text().split("write_bytes: ")[1].split()[0]) - before
    sys.stdout.write(f"{camera.index} {verdicts} {written}\n")


if __name__ == "__main__":
    main()

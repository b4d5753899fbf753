"""Nodes with a simulated camera in fast time, made one after another by a process that has all loaded.

Arguments: node.json, the ledger, a file whose being there ends the camera. Each line on the standard input starts a
node in a process of its own; its number comes back. A verdict stands in the ledger once the node has kept it.
"""

import logging
import os
import signal
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

from mask_node.config import NodeConfig
from mask_node.outbox import Outbox
from mask_node.service import Node
from mask_node.sources import Captured
from maskgate import backoff
from maskgate.clock import SystemClock
from maskgate.messages import CameraState, Passage
from maskgate.states import MODEL_STATES
from tests.mask_node.fakes import ColourEyes, painted

#: Each person stands so many frames, at one of so many places in turn, at so many frames a second of the camera's time.
FRAMES, PLACES, FPS = 7, 4, 5
#: The camera hands out a picture so often in truth.
PAUSE_S = 0.0005
PICTURES = [
    [[painted((20 + 120 * place + shift, state), size=(240, 520)) for shift in range(3)] for state in MODEL_STATES]
    for place in range(PLACES)
]


class Camera:
    """A queue of people. Every fifth one changes while standing there."""

    state = CameraState.OK

    def __init__(self, stop: Path) -> None:
        self._stop, self._index, self._clock = stop, 0, SystemClock()
        self._start, self._began = self._clock.now(), self._clock.monotonic()
        self._closed = threading.Event()

    @property
    def ended(self) -> bool:
        return self._closed.is_set()

    def read(self, timeout: float) -> Captured | None:
        if self._stop.exists():
            self._closed.wait(timeout)
            return None
        time.sleep(PAUSE_S)
        index, self._index = self._index, self._index + 1
        person, frame = divmod(index, 2 * FRAMES)
        late = frame >= FRAMES
        person = 2 * person + (late and person % 5 != 0)  # or the same one, for twice as long
        state = (person + (late and person % 10 == 0)) % len(MODEL_STATES)
        picture = PICTURES[person % PLACES][state][frame % 3]
        passed = index / FPS
        at = self._start + timedelta(seconds=passed)
        return Captured(picture, index, at, self._began + passed, self._clock.monotonic())

    def close(self) -> None:
        self._closed.set()


def run(settings: Path, ledger: Path, stop: Path) -> None:
    logging.basicConfig(level=logging.INFO, format="%(process)d %(asctime)s %(levelname)s %(name)s: %(message)s")
    backoff.FIRST_RETRY_S, backoff.LAST_RETRY_S, backoff.STEADY_S = 0.05, 0.3, 0.5
    put = Outbox.put
    line = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def put_and_note(self: Outbox, verdict: Passage) -> None:
        put(self, verdict)
        os.write(line, f"{verdict.passage} {verdict.revision}\n".encode())

    Outbox.put = put_and_note  # type: ignore[method-assign]
    Node(NodeConfig.model_validate_json(settings.read_text()), detector=ColourEyes(), source=Camera(stop)).start()
    threading.Event().wait()


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the dead
    while sys.stdin.readline():
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            run(*map(Path, sys.argv[1:]))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

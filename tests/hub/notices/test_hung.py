"""N3: whatever a mail server does, the doors' thread never waits for it."""

import threading
from pathlib import Path

from hub.notices.bench import Line
from hub.notices.sender import Letter
from hub.notices.worker import Worker
from maskgate.clock import SystemClock


class Hung:
    """A channel that takes a letter and never comes back, until the test is over."""

    takes_pictures = False

    def __init__(self) -> None:
        self.threads: list[str] = []
        self.taken, self.over = threading.Event(), threading.Event()

    def send(self, _letter: Letter) -> None:
        self.threads.append(threading.current_thread().name)
        self.taken.set()
        self.over.wait()


def test_people_are_decided_on_while_a_letter_hangs_and_no_transaction_is_held(tmp_path: Path) -> None:
    hung = Hung()
    line = Line(tmp_path, 9, told=True)
    line.worker = Worker(line._config, line.db, SystemClock(), open_sender=lambda _recipient: hung)
    line.engine._on_commit = line.worker.wake
    line.start()
    try:
        line.refuse()
        assert hung.taken.wait(20), "a letter under way"
        for _ in range(100):
            line.refuse()  # raises when the decision does not come
        assert hung.threads == ["notices"], "one letter is under way, in the notices' own thread"
    finally:
        hung.over.set()
        line.stop()

"""What a process does with its time on a machine that is busy with others: how long it only waited for a processor."""

import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import Any


class OwnTime:
    """Wall time of a process from now on, and how much of it its threads stood in line for a processor.

    The kernel counts that for each thread (`schedstat`; where it does not, nothing is taken off). On a quiet machine it
    is nothing, so that a promise in seconds stays as sharp as it is written.
    """

    def __init__(self, pid: int) -> None:
        self._tasks, self._began = Path(f"/proc/{pid}/task"), time.monotonic()
        self._first: dict[str, float] = self._delays()
        self._last = dict(self._first)

    def look(self) -> None:
        """Take a reading: of a thread that has ended the last one counts."""
        self._last |= self._delays()

    @property
    def seconds(self) -> float:
        """Wall time without what was spent in line, as of the last look."""
        waited = sum(delay - self._first.get(task, 0.0) for task, delay in self._last.items())
        return max(0.0, time.monotonic() - self._began - waited)

    def until(self, holds: Callable[[], Any], what: str, limit: float) -> float:
        """Wait until something holds, and return the process's own seconds; raises after `limit` of them."""
        while not holds():
            self.look()
            assert self.seconds < limit, f"waited {limit:g} s of its own time for {what}"
            time.sleep(0.005)
        return self.seconds

    def _delays(self) -> dict[str, float]:
        found = {}
        for task in self._tasks.glob("*/schedstat"):
            try:
                found[task.parent.name] = int(task.read_text().split()[1]) / 1e9
            except (OSError, IndexError, ValueError):
                continue  # it has ended meanwhile
        return found


def ends_within(seconds: float, program: "Popen[Any]", how: Callable[[], Any]) -> int:
    """Do `how`, and return the exit code of a program that ends within so many seconds of its own time."""
    own = OwnTime(program.pid)
    how()
    own.until(lambda: program.poll() is not None, "its end", seconds)
    return int(program.returncode)

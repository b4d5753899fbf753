"""What acts beside a thread that hangs: a store may neither answer nor fail, and then nothing is raised."""

import logging
import threading
from collections.abc import Callable

from maskgate.clock import Clock

log = logging.getLogger(__name__)

#: How often it is looked, in seconds.
LOOK_S = 0.1


class Watchdog:
    """Calls `act` once for each piece of work that lasts longer than `limit_s`, while it still lasts.

    `act` runs in a thread of the watchdog's own and must be short; work that ends waits for it.
    """

    def __init__(self, clock: Clock, limit_s: float, act: Callable[[], None]) -> None:
        self._clock, self._limit_s, self._act = clock, limit_s, act
        self._since: float | None = None
        self._lock, self._stopping = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End; what hangs is left alone."""
        self._stopping.set()

    def begin(self) -> None:
        """Work begins."""
        self._since = self._clock.monotonic()

    def end(self) -> bool:
        """It has ended, or need not be watched any more; returns whether it was still watched: `act` was not called."""
        with self._lock:
            watched, self._since = self._since is not None, None
            return watched

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_S):
            with self._lock:
                if self._since is None or self._clock.monotonic() - self._since < self._limit_s:
                    continue
                self._since = None
                try:
                    self._act()
                except Exception:
                    log.exception("a fault of ours in what the watchdog does; it goes on")

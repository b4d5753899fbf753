"""Parts that hang or die are noticed and begun anew, but not for ever (O2)."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from maskgate.clock import Clock

log = logging.getLogger(__name__)

#: No sign of life for so long is stuck; with a look every second that is noticed within 10 s.
STUCK_S, LOOK_EVERY_S = 8.0, 1.0
#: A part begins anew so often within a minute at most.
MOST_RESTARTS, MINUTE_S = 5, 60.0


class Beat:
    """A sign of life that one thread gives and another reads. Seconds of the monotonic clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.at = clock.monotonic()

    def __call__(self) -> None:
        """I live."""
        self.at = self._clock.monotonic()


class Step(Enum):
    """What to do about a part."""

    NONE = auto()
    RESTART = auto()
    GIVE_UP = auto()  # for now: it is tried again as soon as a minute does not hold too many restarts


@dataclass(slots=True)
class Record:
    """How often one part began anew lately. Pure: the caller brings the time."""

    restarts: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_RESTARTS))
    faulty: bool = False

    def judge(self, now: float, *, well: bool) -> Step:
        """Return what is to be done. A fault stands until the part is well and has been for a while."""
        worn_out = len(self.restarts) == MOST_RESTARTS and now - self.restarts[0] < MINUTE_S
        if well:
            self.faulty = self.faulty and worn_out
            return Step.NONE
        if worn_out:
            self.faulty = True
            return Step.GIVE_UP
        self.restarts.append(now)
        return Step.RESTART


@dataclass(frozen=True, slots=True)
class Part:
    """Something with a thread. alive: it runs; beat: its last sign of life; restart: begins it anew, and is quick."""

    name: str
    alive: Callable[[], bool]
    beat: Callable[[], float]
    restart: Callable[[], None]


class Supervisor:
    """Looks at every part once a second, in a thread of its own; `turn` is one such look."""

    def __init__(self, parts: Sequence[Part], clock: Clock, *, after: Callable[[], None] = lambda: None) -> None:
        """after: called after each look, whatever came of it."""
        self._parts, self._clock, self._after = tuple(parts), clock, after
        self._records = {part.name: Record() for part in parts}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervising", daemon=True)
        self.restarts = 0

    @property
    def faults(self) -> tuple[str, ...]:
        """The parts that stay stuck although they began anew."""
        return tuple(name for name, record in self._records.items() if record.faulty)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Look no more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def turn(self) -> None:
        """Look at every part once."""
        now = self._clock.monotonic()
        for part in self._parts:
            record = self._records[part.name]
            faulty, age = record.faulty, now - part.beat()
            alive = part.alive()
            step = record.judge(now, well=alive and age < STUCK_S)
            if step is Step.RESTART:
                self.restarts += 1
                why = f"no sign of life for {age:.0f} s" if alive else "its thread has ended"
                log.error("%s is stuck (%s); it begins anew", part.name, why)
                part.restart()
            elif record.faulty and not faulty:
                log.error("%s stays stuck after %d restarts in a minute: a fault", part.name, MOST_RESTARTS)
            elif faulty and not record.faulty:
                log.warning("%s is well again", part.name)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            try:
                self.turn()
            except Exception:
                log.exception("a part could not be begun anew; it is tried again")
            self._after()

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


class Life:
    """One life of a `Worker`'s thread."""

    def __init__(self, beat: Beat) -> None:
        self.beat = beat
        self._over = threading.Event()
        #: Whether another life has taken its place: what it still does must not count.
        self.abandoned = False

    @property
    def goes_on(self) -> bool:
        """Whether the thread is to go on; ask again after all that may have taken long. It is a sign of life."""
        if not self._over.is_set():
            self.beat()
        return not self._over.is_set()

    def end(self) -> None:
        """Let the thread end as soon as it asks."""
        self._over.set()


class Worker:
    """A thread that can be begun anew. One that hangs is left behind: when it wakes, its life is over."""

    def __init__(self, name: str, work: Callable[[Life], None], clock: Clock) -> None:
        self.name, self._work, self._clock = name, work, clock
        self._life = Life(Beat(clock))
        self._thread: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        """Whether the thread of the present life runs."""
        return self._thread is not None and self._thread.is_alive()

    def beat(self) -> float:
        """Return its last sign of life."""
        return self._life.beat.at

    def start(self) -> None:
        """Begin, or begin anew."""
        self._life.abandoned = True
        self._life.end()
        self._life = life = Life(Beat(self._clock))
        self._thread = threading.Thread(target=self._run, args=(life,), name=self.name, daemon=True)
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """End the life and wait for its thread, up to `timeout` seconds."""
        self._life.end()
        if self.alive and self._thread is not None:
            self._thread.join(timeout)

    def end(self) -> None:
        """End the life without waiting."""
        self._life.end()

    def part(self) -> "Part":
        """Return what a supervisor watches."""
        return Part(self.name, lambda: self.alive, self.beat, self.start)

    def _run(self, life: Life) -> None:
        try:
            self._work(life)
        except Exception:
            log.exception("%s ended by a fault", self.name)


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
            try:
                self._after()
            except Exception:
                log.exception("what follows a look at the parts failed; looking goes on")

"""The thread that looks after the site, every half minute."""

import logging
import threading
from collections.abc import Callable

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hub.config import HubConfig
from hub.store import writing
from hub.watch import rows
from hub.watch.gather import Gatherer
from hub.watch.judge import judge
from hub.watch.problem import Problem
from hub.watch.standing import Standing, State, problems, step
from maskgate.clock import Clock

log = logging.getLogger(__name__)

#: Seconds between two looks, and before the first: the line to the broker needs a moment.
EVERY_S, FIRST_S = 30.0, 3.0


class Watcher:
    """Knows what is wrong with the site. The constructor does nothing.

    on_change: called when the problems are others than before, and where notices were written. speaks: whether this
    hub, of several at one site, is the one that writes notices.
    """

    def __init__(
        self,
        config: HubConfig,
        db: Engine,
        clock: Clock,
        gatherer: Gatherer,
        *,
        on_change: Callable[[], None] = lambda: None,
        speaks: Callable[[], bool] = lambda: True,
    ) -> None:
        self._config, self._db, self._clock, self._gatherer = config, db, clock, gatherer
        self._on_change, self._speaks = on_change, speaks
        self._state: State | None = None
        self._problems: tuple[Problem, ...] = ()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def problems(self) -> tuple[Problem, ...]:
        """Return what stands, the gravest first; from any thread."""
        return self._problems

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 1.0) -> None:
        """End within `timeout` seconds."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def look(self) -> None:
        """Look once, and tell whom it concerns; raises what the store raises, and nothing is changed then."""
        now, monotonic = self._clock.now(), self._clock.monotonic()
        state = self._told_before(monotonic) if self._state is None else self._state
        found = judge(self._gatherer.look(now), {key: one.problem.finding for key, one in state.items()})
        made = step(state, found, now, monotonic)
        if (made.began or made.over) and self._speaks():
            with writing(self._db) as tx:
                rows.tell(tx, self._config, made.over, now, over=True)
                rows.tell(tx, self._config, made.began, now, over=False)
        self._state = made.state
        before, self._problems = self._problems, problems(made.state)
        for problem in made.began:
            log.warning("%s", problem.finding.text)
        for problem in made.over:
            log.info("over: %s", problem.finding.text)
        if made.began or made.over or before != self._problems:
            self._on_change()

    def _told_before(self, monotonic: float) -> State:
        """Return what people were told of before the last stop: they are told of its end, and not of it again."""
        with self._db.connect() as conn:
            told = rows.standing(conn)
        return {problem.key: Standing(problem, monotonic, told=True) for problem in told}

    def _run(self) -> None:
        pause, stumbled = FIRST_S, False
        while not self._stopping.wait(pause):
            pause = EVERY_S
            try:
                self.look()
                stumbled = False
            except SQLAlchemyError as error:
                if not stumbled:
                    log.warning("the store does not say how the site is, trying on: %s", error)
                stumbled = True
            except Exception:
                log.exception("a fault of ours in the watch; it goes on")

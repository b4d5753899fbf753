"""Noticing that somebody set the time of day."""

import logging
from datetime import datetime, timedelta

from maskgate.clock import Clock

log = logging.getLogger(__name__)

#: A change of the time of day beyond the time that passed is a clock that was set, not one that is steered.
CLOCK_SET_S = 0.5


class ClockWatch:
    """`shift` is by how much the clock was set since it was last put to zero."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wall, self._mono = clock.now(), clock.monotonic()
        self.shift = timedelta()

    def look(self) -> datetime:
        """Return the time of day, and note when it was set since the last look."""
        wall, mono = self._clock.now(), self._clock.monotonic()
        drift = (wall - self._wall).total_seconds() - (mono - self._mono)
        self._wall, self._mono = wall, mono
        if abs(drift) > CLOCK_SET_S:
            log.warning("the clock was set by %.1f s; what lasts, lasts as long as before", drift)
            self.shift += timedelta(seconds=drift)
        return wall

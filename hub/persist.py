"""Committing for as long as the store does not take it, and what happens to a batch that never will be."""

import logging
import threading
from collections.abc import Callable

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from maskgate.clock import Clock

log = logging.getLogger(__name__)

FIRST_RETRY_S, LAST_RETRY_S = 0.05, 1.0
#: Seconds that the store may take nothing before the doors are brought to their safe states without it.
STORE_PATIENCE_S = 2.0
#: What PostgreSQL calls it.
LOCK_NOT_AVAILABLE = "55P03"


class Persist:
    """Calls `commit` until it goes through. What the store refuses for its content is raised at once."""

    def __init__(
        self, clock: Clock, stopping: threading.Event, helpless: Callable[[], None], *, shared: bool = False
    ) -> None:
        """`helpless` is called once when the store has taken nothing for `STORE_PATIENCE_S` (S3).

        Where the store is `shared`, a door that another hub holds is waited for twice as long: that hub may be slow,
        and one that sleeps is cut off by the store.
        """
        self._clock, self._stopping, self._helpless, self._shared = clock, stopping, helpless, shared
        self.failures = 0  # transactions that had to be tried again

    def __call__(self, commit: Callable[[], None]) -> bool:
        """Commit; False when the hub stops before the store takes it."""
        pause, since, told = FIRST_RETRY_S, self._clock.monotonic(), False
        while True:
            try:
                commit()
            except (IntegrityError, DataError):
                raise
            except (DBAPIError, PoolTimeoutError, OSError) as error:
                if pause == FIRST_RETRY_S:
                    log.warning("the store does not take a batch, trying on: %s", error)
                self.failures += 1
                patience = STORE_PATIENCE_S * (2 if self._shared and _contended(error) else 1)
                if not told and self._clock.monotonic() - since >= patience:
                    told = True
                    self._helpless()
                if self._stopping.wait(pause):
                    return False
                pause = min(pause * 2, LAST_RETRY_S)
            else:
                return True


def _contended(error: Exception) -> bool:
    """Whether a lock was not to be had in time."""
    return getattr(getattr(error, "orig", None), "sqlstate", None) == LOCK_NOT_AVAILABLE

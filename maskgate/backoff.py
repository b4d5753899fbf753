"""How soon a lost connection is made again. Pure: how long it lasted in, seconds to wait out."""

FIRST_RETRY_S, LAST_RETRY_S = 0.2, 5.0
#: A connection that lasts shorter has not proved itself. Longer than the longest pause: two programs with one name put
#: each other out, and must not begin to hurry again each time one has had its turn.
STEADY_S = 2 * LAST_RETRY_S
#: So many short connections in a row are no chance; a person must look.
MANY = 3


class Backoff:
    """Waits twice as long each time, until a connection has lasted."""

    def __init__(self) -> None:
        self._pause = FIRST_RETRY_S
        self._short = 0

    def after(self, lasted: float | None) -> float:
        """Return the seconds to wait after a connection that stood for `lasted` seconds, or never did (None)."""
        if lasted is not None and lasted >= STEADY_S:
            self._pause, self._short = FIRST_RETRY_S, 0
        else:
            self._pause = min(self._pause * 2, LAST_RETRY_S)
            self._short += lasted is not None
        return self._pause

    @property
    def restless(self) -> bool:
        """Whether connections are made well and do not last, each time anew."""
        return self._short >= MANY

"""What people at pages wait for: each is answered, whatever becomes of the store or of the hub."""

import contextlib
import threading
from collections.abc import Sequence
from concurrent.futures import InvalidStateError

from hub.inputs import Asked, CommandIn, Input, PassageIn


class NotTakenError(Exception):
    """It was not taken in, and will not be. What it says is for whoever asked."""


class Questions:
    """Asked and refused from any thread; begun, decided and answered by the doors' thread.

    What was refused, or given up before it was begun, is not obeyed later.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[int, Asked] = {}  # by the item's identity
        self._refused: dict[int, Asked] = {}
        self._deciding: set[int] = set()
        self._why: str | None = None
        self._stopped = False

    def ask(self, item: CommandIn | PassageIn) -> Asked:
        """Return the question; raises `NotTakenError` at once while nothing is taken."""
        asked = Asked(item)
        with self._lock:
            if self._why is not None:
                raise NotTakenError(self._why)
            self._open[id(item)] = asked
        asked.answer.add_done_callback(lambda _: self._close(asked))
        return asked

    def begin(self, asked: Asked) -> bool:
        """Begin with it; False where it is over: refused, or given up by whoever asked."""
        return not asked.answer.done() and asked.answer.set_running_or_notify_cancel()

    def deciding(self, inputs: Sequence[Input]) -> Sequence[Input]:
        """Return `inputs` without what was refused since it was begun; until `decided` nothing of it is refused."""
        with self._lock:
            if self._refused:
                inputs = [item for item in inputs if id(item) not in self._refused]
            self._deciding = {id(item) for item in inputs}
        return inputs

    def decided(self, *, written: bool) -> None:
        """The transaction has ended."""
        with self._lock:
            self._deciding.clear()
            if written and not self._stopped:
                self._why = None
                self._refused.clear()

    def refuse(self, why: str, *, for_good: bool = False) -> None:
        """Refuse all that waits, and all that comes until something was written, or `for_good`."""
        with self._lock:
            self._why, self._stopped = why, self._stopped or for_good
            waiting = {key: asked for key, asked in self._open.items() if key not in self._deciding}
            self._refused |= waiting
        for asked in waiting.values():
            with contextlib.suppress(InvalidStateError):  # given up just now
                asked.answer.set_exception(NotTakenError(why))

    def _close(self, asked: Asked) -> None:
        with self._lock:
            self._open.pop(id(asked.item), None)

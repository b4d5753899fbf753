"""Who is told of the doors after each commit, and what is counted."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.batch import Documents
from maskgate.messages import Decision, Display, DoorState

log = logging.getLogger(__name__)

Listener = Callable[[str, DoorState, Display, Sequence[Decision]], None]


@dataclass(frozen=True, slots=True)
class Stats:
    """What happened since the start."""

    passages: int
    late: int
    dropped: int  # messages that found the queue full
    failures: int  # transactions that had to be tried again


class Listeners:
    """Called from the doors' thread; what one of them raises stops nobody."""

    def __init__(self) -> None:
        self._all: list[Listener] = []

    def add(self, listener: Listener) -> None:
        """Call `listener` from now on."""
        self._all.append(listener)

    def tell(self, door: str, documents: Documents, made: Sequence[Decision]) -> None:
        """Tell all of a door that is on disk so, and of the decisions that led there."""
        for listener in self._all:
            try:
                listener(door, *documents, made)
            except Exception:
                log.exception("a listener failed; the doors go on")

"""What waits for the doors' thread: messages as they came, and news of what the whole site needs. Bounded (M7)."""

import contextlib
import queue
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hub.inputs import Asked
from hub.policy import FaultKind
from maskgate.clock import Clock
from maskgate.mqtt import AT_ONCE, Inbound

#: Messages that wait for the engine; more are left to their senders, who repeat them.
QUEUE = 10_000
#: Room that is kept for messages at QoS 1. A broker holds back what comes after too many that were never confirmed, so
#: none of them may be turned away by a flood of others; it hands out far fewer at once than this.
KEPT = 5 * AT_ONCE
#: Messages in one transaction.
BATCH = 200

News = tuple[FaultKind, str | None]


@dataclass(frozen=True, slots=True)
class Received:
    """A message, when it came, and what tells its broker that it is safe."""

    message: Inbound
    at: datetime
    confirm: Callable[[Inbound], None]


class Inbox:
    """Filled from any thread, without waiting; emptied by one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._messages: queue.Queue[Received | Asked | None] = queue.Queue(QUEUE)
        self._reported: dict[FaultKind, str | None] = {}
        self._news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self.dropped = 0  # messages that found no room

    def put(self, message: Inbound, confirm: Callable[[Inbound], None]) -> None:
        """Take a message. Without room it is not confirmed, so that it comes again."""
        _, _, qos = message.ticket
        if qos == 0 and self._messages.qsize() >= QUEUE - KEPT:
            self.dropped += 1
            return
        try:
            self._messages.put_nowait(Received(message, self._clock.now(), confirm))
        except queue.Full:
            self.dropped += 1

    def ask(self, asked: Asked) -> None:
        """Take what somebody at a page wants. Raises `queue.Full` where there is no room."""
        self._messages.put_nowait(asked)

    def report(self, kind: FaultKind, text: str | None) -> None:
        """Take the news that something does not work (a text), or works again."""
        if self._reported.get(kind) == text:
            return  # a first connection, say, is no news to the doors
        self._reported[kind] = text
        self._news.put((kind, text))
        self.wake()

    def forget_reports(self) -> None:
        """Take whatever is reported next for news: somebody else may have told the doors something meanwhile."""
        self._reported = dict.fromkeys(FaultKind, "?")

    def wake(self) -> None:
        """Let `gather` return."""
        with contextlib.suppress(queue.Full):  # then it is awake anyway
            self._messages.put_nowait(None)

    def gather(self, wait: float) -> list[Received | Asked]:
        """Wait up to `wait` seconds for a message; then take all that is there, up to `BATCH`."""
        found: list[Received | Asked] = []
        with contextlib.suppress(queue.Empty):
            one = self._messages.get(timeout=wait)
            while True:
                if one is not None:
                    found.append(one)
                if len(found) == BATCH:
                    break
                one = self._messages.get_nowait()
        return found

    def news(self) -> list[News]:
        """Take the news that came since the last call."""
        found = []
        while not self._news.empty():
            found.append(self._news.get())
        return found

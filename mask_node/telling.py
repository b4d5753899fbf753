"""Send what waits in the outbox: in order, few at a time, again until it is acknowledged."""

import threading
from collections.abc import Iterable

from mask_node.config import OutboxSettings
from mask_node.outbox import Outbox, Waiting
from maskgate.clock import Clock
from maskgate.messages import PassageRef, encode
from maskgate.mqtt import Link, Outbound

#: An acknowledgement that does not come is waited for twice as long each time, up to this.
LONGEST_PATIENCE_S = 60.0
#: On a new line the oldest verdict alone is waited for so long, once where the hub is known to be there; else so often,
#: because a hub finds a broker that was away again within 8 s. Then all are sent.
PROBE_S, PROBES = 1.0, 8
#: A longer sleep is not needed: whatever happens wakes the teller.
LONGEST_SLEEP_S = 5.0


class SendWindow:
    """Which rows are under way. Pure: rows by number, times in seconds.

    On a new line the oldest goes alone until it is acknowledged: after a broker's death the hub may be found again
    later than we are, in the middle of what we send, and would hear the younger before the older (M3).
    """

    def __init__(self, size: int, patience: float) -> None:
        self._size, self._first_patience, self._patience = size, patience, patience
        self._flying: dict[int, float] = {}
        self._heard = True  # whether somebody is known to have heard us on this line
        self._probes_left = 0
        self.sent_up_to = 0

    @property
    def room(self) -> int:
        """How many more may be sent now."""
        return max(0, (self._size if self._heard else 1) - len(self._flying))

    def sent(self, number: int, now: float) -> None:
        """A row was handed to the broker."""
        self._flying[number] = now
        self.sent_up_to = number

    def gone(self, numbers: Iterable[int]) -> None:
        """Rows are safe elsewhere."""
        for number in numbers:
            self._heard = self._flying.pop(number, None) is not None or self._heard
            self._patience = self._first_patience

    def rewind(self) -> None:
        """The line is new: begin again with the oldest row."""
        self._flying.clear()
        self.sent_up_to, self._heard, self._probes_left = 0, False, PROBES
        self._patience = self._first_patience

    def hub_is_there(self) -> None:
        """The hub has spoken on this line."""
        self._probes_left = min(1, self._probes_left)

    def rewind_if_overdue(self, now: float) -> None:
        """Begin again when the oldest row under way was not acknowledged in time, and be more patient then."""
        if not self._flying or self.waits(now) > 0:
            return
        if self._heard:
            self._patience = min(self._patience * 2, max(LONGEST_PATIENCE_S, self._first_patience))
        else:
            self._probes_left -= 1
        self._flying.clear()
        # One that is never acknowledged must not keep the others back for ever: then all go.
        self.sent_up_to, self._heard = 0, self._heard or self._probes_left <= 0

    def waits(self, now: float) -> float:
        """Seconds until the oldest row under way is overdue."""
        if not self._flying:
            return LONGEST_SLEEP_S
        patience = self._patience if self._heard else min(PROBE_S, self._patience)
        return min(self._flying.values()) + patience - now


class Teller:
    """Empties the outbox over a link. `turn` belongs to one thread; the rest may be called from any, and is quick."""

    def __init__(self, outbox: Outbox, *, topic: str, settings: OutboxSettings, clock: Clock) -> None:
        self._outbox, self._topic, self._clock = outbox, topic, clock
        self._link: Link | None = None
        self._by_broker = settings.release == "broker"
        self._window = SendWindow(settings.window, settings.ack_within)
        # Held while a row is sent and noted, so that its acknowledgement cannot overtake the note.
        self._lock = threading.Lock()
        self._tokens: dict[int, tuple[int, PassageRef]] = {}
        self._edition = outbox.edition

    def turn(self) -> float:
        """Send what may be sent; return how many seconds may pass until the next turn if nothing happens."""
        with self._lock:
            now = self._clock.monotonic()
            if self._link is None or not self._link.connected:
                self._window.rewind()
                return LONGEST_SLEEP_S
            self._window.rewind_if_overdue(now)
            for waiting in self._next():
                verdict = waiting.verdict
                # A clock set back must not make a message that contradicts itself.
                sent_at = max(self._clock.now(), verdict.seen_to)
                payload = encode(verdict.model_copy(update={"published_at": sent_at}))
                token = self._link.publish(Outbound(self._topic, payload))
                if token is None:
                    break
                self._window.sent(waiting.number, now)
                if self._by_broker:
                    ref = PassageRef(passage=verdict.passage, revision=verdict.revision)
                    self._tokens[token] = (waiting.number, ref)
            return min(LONGEST_SLEEP_S, max(0.0, self._window.waits(now)))

    def _next(self) -> list[Waiting]:
        """Return what may be sent now. Runs under the lock."""
        waiting = self._outbox.after(self._window.sent_up_to, self._window.room)
        if self._outbox.edition == self._edition:
            return waiting
        self._edition = self._outbox.edition
        self._begin_again()
        return self._outbox.after(self._window.sent_up_to, self._window.room)

    def _begin_again(self) -> None:
        self._window.rewind()
        self._tokens.clear()

    def acknowledged(self, refs: Iterable[PassageRef]) -> None:
        """The hub has these on its disk."""
        numbers = self._outbox.let_go(refs)
        with self._lock:
            self._window.gone(numbers)

    def published(self, token: int) -> None:
        """The broker has a message; that is enough only where the site says so."""
        with self._lock:
            number, ref = self._tokens.pop(token, (0, None))
        if ref is not None:
            self._outbox.let_go([ref])
            with self._lock:
                self._window.gone([number])

    def replay(self) -> None:
        """Send all again from the oldest: the connection or the hub is new, and what was under way may be lost."""
        with self._lock:
            self._begin_again()

    def hub_is_there(self) -> None:
        """The hub has spoken on this connection."""
        with self._lock:
            self._window.hub_is_there()

    def use(self, link: Link) -> None:
        """Go on over another link."""
        with self._lock:
            self._link = link
            self._begin_again()

    @property
    def all_sent(self) -> bool:
        """Whether no verdict waits to be sent for the first time on this connection."""
        with self._lock:
            return not self._outbox.after(self._window.sent_up_to, 1)

"""From the engine's thread to the pages: the newest state of each door, at once, to whoever looks.

A slow viewer holds up nobody and costs no memory: of each kind and door it is kept only what is newest.
"""

import asyncio
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from maskgate.messages import Decision, Display, DoorState


@dataclass(frozen=True, slots=True)
class Update:
    """A door as it stands, what its displays show, and the decision that led there, if one did."""

    door: str
    state: DoorState
    display: Display
    decision: Decision | None = None


class Subscription:
    """One viewer's share; made and read in the viewer's event loop, filled from any thread."""

    def __init__(self, door: str | None, latest: Iterable[Update]) -> None:
        self.door = door
        self._pending = {update.door: update for update in latest}
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._lock = threading.Lock()
        self._ended = False
        if self._pending:
            self._news.set()

    @property
    def ended(self) -> bool:
        """Whether nothing will come any more."""
        return self._ended

    async def updates(self, timeout: float) -> list[Update]:
        """Wait up to `timeout` seconds for news; empty when none came."""
        try:
            await asyncio.wait_for(self._news.wait(), timeout)
        except TimeoutError:
            return []
        with self._lock:
            self._news.clear()
            news, self._pending = list(self._pending.values()), {}
        return news

    def offer(self, update: Update) -> None:
        """Take an update in; a newer one of the same door replaces one that was not read yet."""
        with self._lock:
            self._pending[update.door] = update
        self._tell()

    def end(self) -> None:
        """Let the reader go."""
        self._ended = True
        self._tell()

    def _tell(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._news.set)
        except RuntimeError:
            self._ended = True  # its event loop is closed; nobody reads


class Live:
    """The fan-out; every method may be called from any thread, `subscribe` in an event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: dict[str, Update] = {}
        self._subscriptions: set[Subscription] = set()

    def publish(self, door: str, state: DoorState, display: Display, decision: Decision | None = None) -> None:
        """Tell everybody who looks at `door`; returns at once."""
        update = Update(door, state, display, decision)
        with self._lock:
            self._latest[door] = update
            gone = {viewer for viewer in self._subscriptions if viewer.ended}
            self._subscriptions -= gone
            wanted = [viewer for viewer in self._subscriptions if viewer.door in (None, door)]
        for viewer in wanted:
            viewer.offer(update)

    def latest(self, door: str) -> Update | None:
        """Return what was last published of `door`."""
        with self._lock:
            return self._latest.get(door)

    def subscribe(self, door: str | None = None) -> Subscription:
        """Follow one door, or all; the newest that is known comes first."""
        with self._lock:
            known = [update for name, update in self._latest.items() if door in (None, name)]
            viewer = Subscription(door, known)
            self._subscriptions.add(viewer)
        return viewer

    def unsubscribe(self, viewer: Subscription) -> None:
        """Stop following."""
        with self._lock:
            self._subscriptions.discard(viewer)

    def viewers(self) -> int:
        """How many look."""
        with self._lock:
            return len(self._subscriptions)

    def end_all(self) -> None:
        """Let every viewer go; they may come back."""
        with self._lock:
            gone, self._subscriptions = self._subscriptions, set()
        for viewer in gone:
            viewer.end()

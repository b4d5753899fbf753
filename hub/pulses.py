"""The pulses of the boards: one that hangs is taken for gone before the broker notices (S3).

A broker says `offline` of a board whose connection stands but is silent only after its keep-alive and half of that
again: 22 s as shipped. So each board sends a pulse about once a second, and the hub counts their absence by its own
clock. Only boards that have sent one are counted, so that an older program, or a broker's access list that does not
know the topic yet, harms nothing. What is found goes to the doors in the broker's own words.

While a door has something to lose, a pulse is given to the doors' thread as well. It changes nothing there, but has to
be written down: so a store that takes nothing is noticed within a second, whether or not anything happens.
"""

import logging
import threading
from collections.abc import Callable

from hub.config import Door, HubConfig, SafeState
from maskgate import topics
from maskgate.clock import Clock
from maskgate.messages import Availability, DoorState, Entry, LockState, Mode
from maskgate.mqtt import Inbound

log = logging.getLogger(__name__)

#: Seconds without a pulse that make a board gone, and between two looks.
SILENT_S, LOOK_S = 3.5, 0.2
#: A look that comes so late means that this program itself stood still: then nobody's silence is known.
ASLEEP_S = 1.0


class Pulses:
    """`hear` from the connections' threads; a thread of its own tells of silence.

    tell: gives the doors' thread a message that no broker waits to have confirmed. listening: whether the boards are
    heard now. state: a door's state as last committed, None before there is one.
    """

    def __init__(
        self, config: HubConfig, clock: Clock, *, tell: Callable[[Inbound], None], listening: Callable[[], bool],
        state: Callable[[str], DoorState | None],
    ) -> None:  # fmt: skip
        self._root, self._clock, self._tell, self._listening = config.mqtt.root, clock, tell, listening
        self._state = state
        self._doors = {node: door for door in config.doors for node in door.nodes}
        self._heard: dict[str, float] = {}  # when the last pulse came from each board that is there
        self._silent: set[str] = set()
        self._looked = clock.monotonic()
        self._lock, self._stopping = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="pulses", daemon=True)

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """What a connection must bring beside what the doors ask for."""
        return (topics.NODE_PULSE.filter(self._root),)

    def start(self) -> None:
        """Begin to count."""
        self._thread.start()

    def stop(self) -> None:
        """Count no more."""
        self._stopping.set()

    def hear(self, message: Inbound) -> bool:
        """Note what a message says of a board's life; returns whether that was all that it says."""
        if found := topics.NODE_AVAILABILITY.match(self._root, message.topic):
            with self._lock:
                self._silent.discard(found["node"])
                if message.payload != Availability.ONLINE.value.encode():
                    self._heard.pop(found["node"], None)
            return False
        found = topics.NODE_PULSE.match(self._root, message.topic)
        if found is None:
            return False
        if not message.retain and (door := self._doors.get(found["node"])):
            self._beat(found["node"], door)
        return True

    def look(self) -> None:
        """Tell of the boards that have fallen silent."""
        now = self._clock.monotonic()
        with self._lock:
            away = not self._listening() or now - self._looked > ASLEEP_S
            self._looked = now
            if away:
                self._heard = dict.fromkeys(self._heard, now)
            gone = [node for node, at in self._heard.items() if now - at >= SILENT_S and node not in self._silent]
            self._silent.update(gone)
        for node in gone:
            log.warning("the board %s has sent no pulse for %.1f s; it is taken for gone", node, SILENT_S)
            self._say(node, Availability.OFFLINE)

    def _beat(self, node: str, door: Door) -> None:
        with self._lock:
            self._heard[node] = self._clock.monotonic()
            back = node in self._silent
            self._silent.discard(node)
        if back:
            log.info("the board %s sends pulses again", node)
        state = self._state(door.id)
        if back or (state is not None and at_stake(door, state)):
            self._say(node, Availability.ONLINE)

    def _say(self, node: str, word: Availability) -> None:
        path = topics.NODE_AVAILABILITY.path(self._root, node=node)
        self._tell(Inbound(path, word.value.encode(), False, (0, 0, 1)))

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_S):
            try:
                self.look()
            except Exception:
                log.exception("a fault of ours in counting pulses; it goes on")


def at_stake(door: Door, state: DoorState) -> bool:
    """Whether the door would have to move if the store took nothing any more."""
    if door.lock is None or state.mode is not Mode.HARD or state.emergency:
        return False
    match door.policy.safe.database:
        case SafeState.LOCK:
            return state.lock is not LockState.LOCKED
        case SafeState.UNLOCK:
            return state.lock is not LockState.UNLOCKED
        case SafeState.REST:
            return state.entry is Entry.CONTROLLED and state.lock is not LockState.LOCKED
        case SafeState.KEEP:
            return False

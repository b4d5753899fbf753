"""The thread that lets the outbox out, and says at every connect how everything stands.

Order is kept (M3): one connection, one sender, rows by their number. A row is marked when the broker has confirmed
it; what was not confirmed goes out again on the next connection, unless it has expired or newer news of its topic wait.
Where several hubs share the store, the leader sends, and marks a lock command before it does.
"""

import logging
import math
import queue
import random
import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from hub.config import HubConfig
from hub.memory import Place
from hub.outgoing import idle, late, outbound
from hub.pictures import Pictures
from hub.store import read, write, writing
from hub.store.schema import outbox
from maskgate import topics
from maskgate.clock import Clock
from maskgate.messages import Availability, HubHealth, HubPulse, encode
from maskgate.mqtt import Link, Outbound

log = logging.getLogger(__name__)

#: Messages under way at once. Few enough that a lock command never waits behind many.
WINDOW = 100
HEALTH_EVERY_S = 10.0
#: At most so often; the doors' thread goes round once a second where nothing happens.
PULSE_EVERY_S = 0.5
#: How long confirmations are gathered before they are written, in seconds; a lock command's are written sooner.
GATHER_S, GATHER_COMMANDS_S = 0.1, 0.02
#: Home Assistant's birth is answered after a moment of chance, so that not every service answers at once, in seconds.
BIRTH_JITTER_S = (0.1, 1.0)
#: When the discovery is said once more after a connection was made, in seconds: what Home Assistant loads for the first
#: may cost it an entity (decision 0035).
DISCOVERY_AGAIN_S = 10.0
PAUSE_S = 0.5


class Dispatcher:
    """See the module. `wake` after a commit, `up` and `down` from the link, `confirmed` for its tokens."""

    def __init__(
        self,
        config: HubConfig,
        db: Engine,
        clock: Clock,
        *,
        discovery: Callable[[HubConfig], Iterable[Outbound]],
        health: Callable[[read.Waiting], HubHealth],
        turns: Callable[[], int],
        place: Place | None = None,
    ) -> None:
        """turns: how often the doors' thread has gone round; each is told to the boards.

        place: where several hubs share the store, which one this is. Then only the leader sends.
        """
        self._place = place
        self._config, self._db, self._clock = config, db, clock
        self._discovery, self._health, self._turns = discovery, health, turns
        self._told_turns, self._next_pulse = 0, 0.0
        self._pictures = Pictures(config, db)
        self._link: Link | None = None
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._fresh = threading.Event()  # the connection is new
        self._due = True  # something may wait that nobody has looked at
        self._greeted = False  # on this connection it was said how everything stands
        self._tokens: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._under_way: dict[int, tuple[int, bool]] = {}  # token to row and whether it expires
        self._taken: list[int] = []  # confirmed, not yet marked
        self._mark_at = math.inf
        self._cursor = 0
        self._announce_at: float | None = None
        self._discovery_again_at: float | None = None
        self._next_health = 0.0
        self._thread = threading.Thread(target=self._run, name="dispatch", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the thread runs; a supervisor watches this."""
        return self._thread.is_alive()

    def start(self, link: Link | None) -> None:
        """Begin to send through `link`."""
        self._link = link
        self._thread.start()

    def send_through(self, link: Link | None) -> None:
        """From now on, send through `link`; None: not at all."""
        self._greeted = False
        self._link = link

    def stop(self, timeout: float = 1.0) -> None:
        """Write down what is confirmed, and end; what waits, waits for the next start."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def wake(self) -> None:
        """There may be something to send."""
        self._due = True
        self._wake.set()

    def up(self) -> None:
        """The link is connected anew."""
        self._fresh.set()
        self._wake.set()

    def down(self) -> None:
        """The connection has ended; on the next one nothing may go before the greeting."""
        self._greeted = False

    def confirmed(self, token: int) -> None:
        """The broker has the message of this token."""
        self._tokens.put(token)
        # Not for every single one: most can wait until they are gathered, or until there is room for many that wait.
        _, expires = self._under_way.get(token, (0, True))
        if expires or (self._due and len(self._under_way) - self._tokens.qsize() <= WINDOW // 2):
            self._wake.set()

    def greet(self) -> None:
        """Home Assistant was born: say again how everything stands, in a moment."""
        self._announce_at = self._clock.monotonic() + random.uniform(*BIRTH_JITTER_S)  # noqa: S311
        self._wake.set()

    def tell_health(self) -> None:
        """The hub's health has changed: say it now."""
        self._next_health = 0.0
        self._wake.set()

    def _run(self) -> None:
        lost = False
        while not self._stopping.is_set():
            try:
                self._turn()
                lost = False
            except (DBAPIError, PoolTimeoutError, OSError) as error:
                if not lost:
                    log.warning("the store does not answer the dispatcher, trying on: %s", error)
                lost = True
                self._stopping.wait(PAUSE_S)
            except Exception:
                log.exception("a fault of ours in the dispatcher; it goes on")
                self._stopping.wait(PAUSE_S)
        try:
            self._collect(last=True)
        except (DBAPIError, PoolTimeoutError, OSError):
            log.warning("what was sent last could not be marked; it is sent again")

    def _turn(self) -> None:
        if not self._wake.wait(self._patience()):
            self._due = True
        self._wake.clear()
        self._pulse()
        self._collect()
        link = self._link
        if link is None or not link.connected or not self._leads:
            return
        now = self._clock.monotonic()
        if self._fresh.is_set():
            self._fresh.clear()
            self._greeted = self._due = True
            self._under_way.clear()
            self._cursor = 0
            self._announce(link)
            self._discovery_again_at = now + DISCOVERY_AGAIN_S if self._config.homeassistant.enabled else None
        elif not self._greeted:
            return  # it stands, and `up` is about to say so
        elif self._announce_at is not None and now >= self._announce_at:
            self._announce_at = None
            self._announce(link)
        elif self._discovery_again_at is not None and now >= self._discovery_again_at:
            self._discovery_again_at = None
            self._publish_discovery(link)
        self._pump(link)
        self._pictures.send(link)
        if now >= self._next_health:
            self._next_health = now + HEALTH_EVERY_S
            document = self._health(read.waiting(self._db))
            link.publish(Outbound(topics.HUB_HEALTH.path(self._config.mqtt.root), encode(document), retain=True))

    @property
    def _leads(self) -> bool:
        return self._place is None or self._place.leads

    def _pulse(self) -> None:
        """Tell the boards that doors are decided on. Not when only this thread lives, and before the store is asked."""
        now, turns = self._clock.monotonic(), self._turns()
        if self._link and self._leads and turns != self._told_turns and now >= self._next_pulse:
            self._told_turns, self._next_pulse = turns, now + PULSE_EVERY_S
            path = topics.HUB_PULSE.path(self._config.mqtt.root)
            self._link.publish(Outbound(path, encode(HubPulse(at=self._clock.now())), qos=0))

    def _patience(self) -> float:
        now = self._clock.monotonic()
        waits = [PAUSE_S, self._next_health - now]
        if self._next_pulse > now:
            waits.append(self._next_pulse - now)
        if self._announce_at is not None:
            waits.append(self._announce_at - now)
        waits.append(self._mark_at - now)
        if self._under_way:
            waits.append(GATHER_S)
        return max(0.0, min(waits))

    def _collect(self, *, last: bool = False) -> None:
        """Take the broker's confirmations, and mark their rows, many at a time."""
        now = self._clock.monotonic()
        while not self._tokens.empty():
            seq, expires = self._under_way.pop(self._tokens.get(), (0, False))
            if seq:
                self._taken.append(seq)
                self._mark_at = min(self._mark_at, now + (GATHER_COMMANDS_S if expires else GATHER_S))
        if self._taken and (last or now >= self._mark_at):
            self._mark(self._taken)
            self._taken, self._mark_at = [], math.inf

    def _mark(self, seqs: list[int]) -> None:
        with writing(self._db) as tx:
            write.mark_sent(tx, seqs, self._clock.now())

    def _pump(self, link: Link) -> None:
        """Send what waits, as far as the window is open."""
        # Looked at again when half of them are confirmed, not at every single confirmation.
        while self._due and (room := WINDOW - len(self._under_way)) >= WINDOW // 2:
            self._due = False
            rows = self._waiting(room)
            self._due = self._due or len(rows) == room
            if not rows:
                return
            needless = idle(rows, self._clock.now())
            mine = self._claim([row.seq for row in rows if row.expires_at is not None and row.seq not in needless])
            now = self._clock.now()
            for row in rows:
                if row.seq in needless or (self._place and row.expires_at and (row.seq not in mine or late(row, now))):
                    pass
                elif not self._leads:
                    self._due = True
                    return
                elif (token := link.publish(outbound(row, now))) is None:
                    self._due = True
                    return  # the connection is gone; the next one begins anew
                else:
                    self._under_way[token] = (row.seq, row.expires_at is not None)
                self._cursor = row.seq
            if needless:
                with writing(self._db) as tx:
                    write.drop_letters(tx, sorted(needless))

    def _claim(self, commands: list[int]) -> set[int]:
        """Where another hub could send a lock command too, mark it as sent before it is, so that none goes twice."""
        if not commands or self._place is None:
            return set()
        with writing(self._db) as tx:
            return write.claim(tx, commands, self._clock.now())

    def _waiting(self, limit: int) -> Sequence[Any]:
        wanted = select(outbox).where(outbox.c.sent_at.is_(None)).order_by(outbox.c.seq).limit(limit)
        if self._place is None:
            wanted = wanted.where(outbox.c.seq > self._cursor)
        else:
            # Transactions of several hubs may end in another order than their rows are numbered in.
            known = [seq for seq, _ in self._under_way.values()] + self._taken
            wanted = wanted.where(outbox.c.seq.not_in(known))
        with self._db.connect() as connection:
            return connection.execute(wanted).all()

    def _announce(self, link: Link) -> None:
        """Say it all: discovery, then states, pictures, and at last that we are there."""
        self._publish_discovery(link)
        root = self._config.mqtt.root
        ours = (topics.DOOR_STATE, topics.DOOR_DISPLAY)
        with writing(self._db) as tx:  # what waits was written before a stop; said after what follows, it would stay
            write.drop_superseded(tx, [topic.path(root, door=door.id) for door in self._config.doors for topic in ours])
        for door, (state, display) in read.door_documents(self._db).items():
            link.publish(Outbound(topics.DOOR_STATE.path(root, door=door), encode(state), retain=True))
            link.publish(Outbound(topics.DOOR_DISPLAY.path(root, door=door), encode(display), retain=True))
        self._pictures.announce(link)
        link.publish(availability(root, Availability.ONLINE))

    def _publish_discovery(self, link: Link) -> None:
        for message in self._discovery(self._config):
            link.publish(message)


def availability(root: str, word: Availability) -> Outbound:
    """Return the hub's own availability."""
    return Outbound(topics.HUB_AVAILABILITY.path(root), word.value.encode(), retain=True)

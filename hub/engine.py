"""The one thread that owns the doors: messages in, one transaction per batch, confirmations out (M1, M2, M3).

A door's state in memory is always one that is on disk. A batch that cannot be written confirms nothing, changes
nothing and is tried again until the store takes it; verdicts grow old in the meantime and then move nothing (S1).
"""

import contextlib
import logging
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from hub import policy, upkeep
from hub.batch import Batch, Documents, Plan
from hub.config import Door, HubConfig
from hub.inputs import Answer, Asked, BirthIn, CommandIn, FaultIn, Input, PassageIn
from hub.intake import Intake
from hub.policy import FaultKind, LockCommand, Machine, Rules
from hub.store import erase, read, write, writing
from hub.watchdog import Watchdog
from maskgate.clock import Clock
from maskgate.messages import Decision, Display, DoorState
from maskgate.mqtt import AT_ONCE, Inbound

log = logging.getLogger(__name__)

#: Messages that wait for the engine; more are left to their senders, who repeat them.
QUEUE = 10_000
#: Room that is kept for messages at QoS 1. A broker holds back what comes after too many that were never confirmed, so
#: none of them may be turned away by a flood of others; it hands out far fewer at once than this.
KEPT = 5 * AT_ONCE
#: Messages in one transaction.
BATCH = 200
FIRST_RETRY_S, LAST_RETRY_S = 0.05, 1.0
#: A change of the time of day beyond the time that passed is a clock that was set, not one that is steered.
CLOCK_SET_S = 0.5
LONGEST_WAIT_S = 1.0
PURGE_EVERY_S = 3600.0
#: Seconds that the store may take nothing before the doors are brought to their safe states without it.
STORE_PATIENCE_S = 2.0
#: Seconds after which a turn is taken to hang in a store that neither answers nor fails: no time-out of the store's own
#: counts while its machine stands still.
TURN_S = 2.5

Listener = Callable[[str, DoorState, Display, Sequence[Decision]], None]


@dataclass
class Stats:
    """What happened since the start."""

    passages: int = 0
    late: int = 0
    dropped: int = 0  # messages that found the queue full
    failures: int = 0  # transactions that had to be tried again


class DoorEngine:
    """See the module. The constructor does nothing; `start` reads the store and begins."""

    def __init__(
        self,
        config: HubConfig,
        db: Engine,
        clock: Clock,
        *,
        plan: Plan,
        confirm: Callable[[Inbound], None],
        on_commit: Callable[[], None] = lambda: None,
        on_birth: Callable[[], None] = lambda: None,
        tell_lock: Callable[[Door, LockCommand], None] = lambda _door, _command: None,
    ) -> None:
        self._config, self._db, self._clock, self._plan = config, db, clock, plan
        self._confirm, self._on_commit, self._on_birth, self._tell_lock = confirm, on_commit, on_birth, tell_lock
        self._listeners: list[Listener] = []
        self._rules = {door.id: Rules.of(config, door) for door in config.doors}
        self._machines: dict[str, Machine] = {}
        self._documents: dict[str, Documents] = {}
        self._made: dict[str, list[Decision]] = {}  # by the last batch
        self._inbox: queue.Queue[tuple[Inbound, datetime] | Asked | None] = queue.Queue(QUEUE)
        self._reported: dict[FaultKind, str | None] = {}
        self._news: queue.SimpleQueue[tuple[FaultKind, str | None]] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._wall, self._mono = clock.now(), clock.monotonic()
        self._shift = timedelta()
        self._next_purge = self._next_look = 0.0
        self._erased = 0  # the last erasure that the doors have heard of
        self._thread = threading.Thread(target=self._run, name="doors", daemon=True)
        self._watchdog = Watchdog(clock, TURN_S, self._make_safe)
        self.intake, self.stats = Intake(config), Stats()
        #: Grows as long as the thread decides: the boards are told of it, and count its silence (S3).
        self.turns = 0

    @property
    def alive(self) -> bool:
        """Whether the thread runs; a supervisor watches this."""
        return self._thread.is_alive()

    @property
    def refused(self) -> int:
        """Messages that were malformed, foreign, old or retained where they must not be."""
        return self.intake.refusals.total

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` after each commit, for each door that changed, from the engine's thread."""
        self._listeners.append(listener)

    def documents(self) -> Mapping[str, Documents]:
        """Return the doors' documents as last committed."""
        return dict(self._documents)

    def offer(self, message: Inbound) -> None:
        """Hand in a message; never waits. Without room it is not confirmed, so that it comes again."""
        _, _, qos = message.ticket
        if qos == 0 and self._inbox.qsize() >= QUEUE - KEPT:
            self.stats.dropped += 1
            return
        try:
            self._inbox.put_nowait((message, self._clock.now()))
        except queue.Full:
            self.stats.dropped += 1

    def submit(self, item: CommandIn | PassageIn) -> "Future[Answer]":
        """Hand in what a person at a page wants; never waits. Raises `queue.Full` where there is no room."""
        asked = Asked(item)
        self._inbox.put_nowait(asked)
        return asked.answer

    def report(self, kind: FaultKind, text: str | None) -> None:
        """Say that something the whole site needs does not work (a text), or works again; never waits."""
        if self._reported.get(kind) == text:
            return  # a first connection, say, is no news to the doors
        self._reported[kind] = text
        self._news.put((kind, text))
        with contextlib.suppress(queue.Full):  # then it is awake anyway
            self._inbox.put_nowait(None)

    def start(self) -> None:
        """Take up the doors as stored and begin; raises `sqlalchemy.exc.DBAPIError` when the store does not work."""
        now = self._clock.now()
        with writing(self._db) as tx:
            stored = read.machines(tx)
            self._machines = {door: _restore(rules, stored.get(door), now) for door, rules in self._rules.items()}
            doors = write.drop_doors(tx, list(self._rules))
            nodes = write.drop_nodes(tx, [node for door in self._config.doors for node in door.nodes])
            write.put_letters(tx, upkeep.farewell(self._config, doors, nodes, now), now)
            batch = self._batch({})
            batch.start(now)
            # All of them, each time: one may have come between the last hub's last look and its end.
            batch.forget(erase.since(self._db, 0))
            batch.write_to(tx, now, announced=True)  # by the dispatcher, at every connect
        self._adopt(batch)
        self._watchdog.start()
        self._thread.start()

    def stop(self, timeout: float = 1.0) -> None:
        """Finish what is at hand and end."""
        self._stopping.set()
        self._watchdog.stop()
        try:
            self._inbox.put_nowait(None)
        except queue.Full:
            log.debug("the inbox is full; the thread sees the end by itself")
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
            except Exception:
                log.exception("a fault of ours in the doors' thread; it goes on")
                self._stopping.wait(LAST_RETRY_S)
            finally:
                self._watchdog.end()

    def _turn(self) -> None:
        messages, faults = self._gather(), self._faults()
        self._watchdog.begin()
        now = self._look_at_clock()
        due = any(policy.next_moment(self._rules[d], m, now) <= now for d, m in self._machines.items())
        if messages or faults or due or self._shift:
            self._settle(messages, faults)
        elif self._clock.monotonic() >= self._next_purge:
            self._purge(now)
        if self._clock.monotonic() >= self._next_look:
            self._next_look = self._clock.monotonic() + LONGEST_WAIT_S
            self._forget(now)
        self.turns += 1

    def _gather(self) -> list[tuple[Inbound, datetime] | Asked]:
        """Wait for a message or the next deadline; then take all that is there."""
        now = self._clock.now()
        moments = (policy.next_moment(self._rules[d], m, now) for d, m in self._machines.items())
        wait = min(((moment - now).total_seconds() for moment in moments), default=LONGEST_WAIT_S)
        found: list[tuple[Inbound, datetime] | Asked] = []
        try:
            one = self._inbox.get(timeout=min(max(wait, 0.001), LONGEST_WAIT_S))
            while True:
                if one is not None:
                    found.append(one)
                if len(found) == BATCH:
                    break
                one = self._inbox.get_nowait()
        except queue.Empty:
            pass
        return found

    def _faults(self) -> list[FaultIn]:
        found = []
        while not self._news.empty():
            kind, text = self._news.get()
            found += [FaultIn(door, {kind: text}) for door in self._rules]
        return found

    def _settle(self, messages: list[tuple[Inbound, datetime] | Asked], faults: Sequence[FaultIn] = ()) -> None:
        """Write a batch, however long it takes the store to take it, then confirm it."""
        read = [(one, (one.item,)) if isinstance(one, Asked) else (one[0], self.intake.read(*one)) for one in messages]
        try:
            kept = self._persist([*faults, *(item for _, items in read for item in items)])
        except Exception:
            # Not the store's fault but ours, with one of these; alone, it harms no other.
            if not read:
                raise
            log.exception("a batch could not be written; its messages are tried one by one")
            kept = all(self._persist_alone(items) for _, items in read)
        if not kept:
            return
        for message, items in read:
            if isinstance(message, Asked):
                message.answer.set_result(self._answer(message.item))
                continue
            self._confirm(message)
            if any(isinstance(item, BirthIn) for item in items):
                self._on_birth()

    def _answer(self, item: CommandIn | PassageIn) -> Answer:
        """Say what became of an input that is on disk."""
        machine, (state, _) = self._machines[item.door], self._documents[item.door]
        if isinstance(item, PassageIn):
            seen = machine.recall(item.passage.passage, item.passage.node)
            obeyed = seen is not None and not seen.late
        else:
            obeyed = item.mark in machine.heard
        made = tuple(one for one in self._made.get(item.door, ()) if one.by is not None and one.by == item.by)
        return Answer(obeyed, state, made)

    def _persist(self, inputs: Sequence[Input]) -> bool:
        """Commit, trying on while the store does not take it; False when the hub stops before it does."""
        pause, since, helpless = FIRST_RETRY_S, self._clock.monotonic(), False
        while True:
            try:
                self._commit(inputs)
            except (IntegrityError, DataError):
                raise
            except (DBAPIError, PoolTimeoutError, OSError) as error:
                if pause == FIRST_RETRY_S:
                    log.warning("the store does not take a batch, trying on: %s", error)
                self.stats.failures += 1
                if not helpless and self._clock.monotonic() - since >= STORE_PATIENCE_S:
                    helpless = True
                    if self._watchdog.end():  # else it has done the same
                        self._make_safe()
                if self._stopping.wait(pause):
                    return False
                pause = min(pause * 2, LAST_RETRY_S)
            else:
                return True

    def _make_safe(self) -> None:
        """The store takes nothing: bring the doors to their safe states without it (S3). Also from the watchdog."""
        log.error("the store has taken nothing for seconds; the doors go to their safe states")
        now = self._clock.now()
        for door, rules in self._rules.items():
            if command := policy.without_store(rules, self._machines[door], now):
                self._tell_lock(rules.door, command)

    def _persist_alone(self, inputs: Sequence[Input]) -> bool:
        try:
            return self._persist(inputs)
        except Exception:
            log.exception("an input could not be written; it is left out")
            return True

    def _commit(self, inputs: Sequence[Input]) -> None:
        self.turns += 1
        now = self._look_at_clock()
        with writing(self._db) as tx:
            ids = [item.passage.passage for item in inputs if isinstance(item, PassageIn)]
            batch = self._batch(read.revisions(tx, ids) if ids else {})
            batch.shift(self._shift)
            batch.tick(now)
            for item in inputs:
                if not isinstance(item, BirthIn):
                    batch.take(item, now)
            batch.write_to(tx, now)
        self._shift = timedelta()
        self.stats.passages += len(ids)
        self._adopt(batch)

    def _adopt(self, batch: Batch) -> None:
        """Committed: from here on the doors are so."""
        self._machines, self._documents, self._made = batch.machines, batch.documents, batch.decided
        self._on_commit()
        for door in batch.written:
            made = batch.decided.get(door, [])
            self.stats.late += sum(one.event_type == "late" for one in made)
            for listener in self._listeners:
                try:
                    listener(door, *self._documents[door], made)
                except Exception:
                    log.exception("a listener failed; the doors go on")

    def _batch(self, stored: dict[tuple[str, str], set[int]]) -> Batch:
        return Batch(self._config, self._rules, self._machines, self._documents, stored=stored, plan=self._plan)

    def _look_at_clock(self) -> datetime:
        """Return the time of day, and note when it was set since the last look."""
        wall, mono = self._clock.now(), self._clock.monotonic()
        drift = (wall - self._wall).total_seconds() - (mono - self._mono)
        self._wall, self._mono = wall, mono
        if abs(drift) > CLOCK_SET_S:
            log.warning("the clock was set by %.1f s; what lasts, lasts as long as before", drift)
            self._shift += timedelta(seconds=drift)
        return wall

    def _purge(self, now: datetime) -> None:
        """Delete a little of what is too old; the rest with the next idle moment."""
        if upkeep.purge(self._config, self._db, now) == 0:
            self._next_purge = self._clock.monotonic() + PURGE_EVERY_S

    def _forget(self, now: datetime) -> None:
        """See whether somebody had something erased from the store, and forget it too (P9)."""
        newest = erase.newest(self._db)
        if newest == self._erased:
            return
        batch = self._batch({})
        batch.forget(erase.since(self._db, self._erased))
        with writing(self._db) as tx:
            batch.write_to(tx, now)
        self._erased = newest
        self._adopt(batch)


def _restore(rules: Rules, document: dict[str, object] | None, now: datetime) -> Machine:
    """Read a stored door; one that cannot be read begins anew, and says so."""
    if document is None:
        return policy.initial(rules, now)
    try:
        return policy.from_document(document)
    except ValidationError:
        log.exception("the stored state of door %s cannot be read; it begins anew", rules.door.id)
        return policy.initial(rules, now)

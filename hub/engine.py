"""The one thread that owns the doors: messages in, one transaction per batch, confirmations out (M1, M2, M3).

A door's state in memory is always one that is on disk. A batch that cannot be written confirms nothing, changes
nothing and is tried again until the store takes it; verdicts grow old in the meantime and then move nothing (S1).
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError
from sqlalchemy import Engine

from hub import policy, upkeep
from hub.batch import Batch, Documents, Plan
from hub.clockwatch import ClockWatch
from hub.config import Door, HubConfig
from hub.inbox import Inbox, Received
from hub.inputs import BirthIn, FaultIn, Input, PassageIn
from hub.intake import Intake
from hub.persist import STORE_PATIENCE_S, Persist
from hub.policy import FaultKind, LockCommand, Machine, Rules
from hub.store import erase, read, write, writing
from maskgate.clock import Clock
from maskgate.messages import Decision, Display, DoorState
from maskgate.mqtt import Inbound

log = logging.getLogger(__name__)

LONGEST_WAIT_S = 1.0
PURGE_EVERY_S = 3600.0

Listener = Callable[[str, DoorState, Display, Sequence[Decision]], None]


@dataclass(frozen=True, slots=True)
class Stats:
    """What happened since the start."""

    passages: int
    late: int
    dropped: int  # messages that found the queue full
    failures: int  # transactions that had to be tried again


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
        self._inbox, self._watch, self._stopping = Inbox(clock), ClockWatch(clock), threading.Event()
        self._persist = Persist(clock, self._stopping, self._make_safe)
        self._passages = self._late = 0
        self._next_purge = self._next_look = 0.0
        self._erased = 0  # the last erasure that the doors have heard of
        self._thread = threading.Thread(target=self._run, name="doors", daemon=True)
        self.intake = Intake(config)
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

    @property
    def stats(self) -> Stats:
        """What happened since the start."""
        return Stats(self._passages, self._late, self._inbox.dropped, self._persist.failures)

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` after each commit, for each door that changed, from the engine's thread."""
        self._listeners.append(listener)

    def documents(self) -> Mapping[str, Documents]:
        """Return the doors' documents as last committed."""
        return dict(self._documents)

    def offer(self, message: Inbound) -> None:
        """Hand in a message; never waits. Without room it is not confirmed, so that it comes again."""
        self._inbox.put(message, self._confirm)

    def report(self, kind: FaultKind, text: str | None) -> None:
        """Say that something the whole site needs does not work (a text), or works again; never waits."""
        self._inbox.report(kind, text)

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
        self._thread.start()

    def stop(self, timeout: float = 1.0) -> None:
        """Finish what is at hand and end."""
        self._stopping.set()
        self._inbox.wake()
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._turn()
            except Exception:
                log.exception("a fault of ours in the doors' thread; it goes on")
                self._stopping.wait(LONGEST_WAIT_S)

    def _turn(self) -> None:
        messages = self._gather()
        faults = [FaultIn(door, {kind: text}) for kind, text in self._inbox.news() for door in self._rules]
        now = self._watch.look()
        due = any(policy.next_moment(self._rules[d], m, now) <= now for d, m in self._machines.items())
        if messages or faults or due or self._watch.shift:
            self._settle(messages, faults)
        elif self._clock.monotonic() >= self._next_purge:
            self._purge(now)
        if self._clock.monotonic() >= self._next_look:
            self._next_look = self._clock.monotonic() + LONGEST_WAIT_S
            self._forget(now)
        self.turns += 1

    def _gather(self) -> list[Received]:
        """Wait for a message or the next deadline; then take all that is there."""
        now = self._clock.now()
        moments = (policy.next_moment(self._rules[d], m, now) for d, m in self._machines.items())
        wait = min(((moment - now).total_seconds() for moment in moments), default=LONGEST_WAIT_S)
        return self._inbox.gather(min(max(wait, 0.001), LONGEST_WAIT_S))

    def _settle(self, messages: Sequence[Received], faults: Sequence[FaultIn] = ()) -> None:
        """Write a batch, however long it takes the store to take it, then confirm it."""
        read = [(one, self.intake.read(one.message, one.at)) for one in messages]
        try:
            kept = self._keep([*faults, *(item for _, items in read for item in items)])
        except Exception:
            # Not the store's fault but ours, with one of these; alone, it harms no other.
            if not read:
                raise
            log.exception("a batch could not be written; its messages are tried one by one")
            kept = all(self._keep_alone(items) for _, items in read)
        if not kept:
            return
        for one, items in read:
            one.confirm(one.message)
            if any(isinstance(item, BirthIn) for item in items):
                self._on_birth()

    def _keep(self, inputs: Sequence[Input]) -> bool:
        return self._persist(lambda: self._commit(inputs))

    def _make_safe(self) -> None:
        """The store takes nothing: bring the doors to their safe states without it (S3)."""
        log.error("the store has taken nothing for %g s; the doors go to their safe states", STORE_PATIENCE_S)
        now = self._clock.now()
        for door, rules in self._rules.items():
            if command := policy.without_store(rules, self._machines[door], now):
                self._tell_lock(rules.door, command)

    def _keep_alone(self, inputs: Sequence[Input]) -> bool:
        try:
            return self._keep(inputs)
        except Exception:
            log.exception("an input could not be written; it is left out")
            return True

    def _commit(self, inputs: Sequence[Input]) -> None:
        self.turns += 1
        now = self._watch.look()
        with writing(self._db) as tx:
            ids = [item.passage.passage for item in inputs if isinstance(item, PassageIn)]
            batch = self._batch(read.revisions(tx, ids) if ids else {})
            batch.shift(self._watch.shift)
            batch.tick(now)
            for item in inputs:
                if not isinstance(item, BirthIn):
                    batch.take(item, now)
            batch.write_to(tx, now)
        self._watch.shift = timedelta()
        self._passages += len(ids)
        self._adopt(batch)

    def _adopt(self, batch: Batch) -> None:
        """Committed: from here on the doors are so."""
        self._machines, self._documents = batch.machines, batch.documents
        self._on_commit()
        for door in batch.written:
            made = batch.decided.get(door, [])
            self._late += sum(one.event_type == "late" for one in made)
            for listener in self._listeners:
                try:
                    listener(door, *self._documents[door], made)
                except Exception:
                    log.exception("a listener failed; the doors go on")

    def _batch(self, stored: dict[tuple[str, str], set[int]]) -> Batch:
        return Batch(self._config, self._rules, self._machines, self._documents, stored=stored, plan=self._plan)

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

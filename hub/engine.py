"""The one thread that owns the doors: messages in, one transaction per batch, confirmations out (M1, M2, M3).

A door's state in memory is always one that is on disk. A batch that cannot be written confirms nothing, changes
nothing and is tried again until the store takes it; verdicts grow old in the meantime and then move nothing (S1).
"""

import logging
import queue
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from hub import policy, upkeep
from hub.batch import Batch, Documents, Plan
from hub.clockwatch import ClockWatch
from hub.config import Door, HubConfig
from hub.inbox import Inbox, Received
from hub.inputs import Answer, Asked, BirthIn, CommandIn, DoorInput, FaultIn, Input, PassageIn
from hub.intake import Intake
from hub.listeners import Listener, Listeners, Stats
from hub.memory import Memory, Place
from hub.persist import Persist
from hub.policy import FaultKind, LockCommand, Rules
from hub.questions import Questions
from hub.store import erase, read, write, writing
from hub.watchdog import Watchdog
from maskgate.clock import Clock
from maskgate.messages import Decision
from maskgate.mqtt import Inbound

log = logging.getLogger(__name__)

LONGEST_WAIT_S = 1.0
#: How soon it is seen what another hub has written, in seconds.
LOOK_SOON_S = 0.1
PURGE_EVERY_S = 3600.0
#: What people are told whose commands are not taken.
STUCK = "the store takes nothing just now; look at the door before you try again"
STOPPING = "the hub is stopping; look at the door before you try again"
#: Seconds after which a turn is taken to hang in a store that neither answers nor fails: no time-out of the store's own
#: counts while its machine stands still. Longer where other hubs may hold a door.
TURN_S, SHARED_TURN_S = 2.5, 4.5


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
        on_notices: Callable[[], None] = lambda: None,
        on_birth: Callable[[], None] = lambda: None,
        tell_lock: Callable[[Door, LockCommand], None] = lambda _door, _command: None,
        place: Place | None = None,
    ) -> None:
        """`on_commit` is called after each batch, `on_notices` after one that somebody is told of.

        `place`: where several hubs share the store, which one this is. Then the leader runs the deadlines.
        """
        self._config, self._db, self._clock, self._plan = config, db, clock, plan
        self._confirm, self._on_birth, self._tell_lock = confirm, on_birth, tell_lock
        self._on_commit, self._on_notices = on_commit, on_notices
        self._listeners = Listeners()
        self._rules = {door.id: Rules.of(config, door) for door in config.doors}
        self._memory, self._place = Memory(self._rules), place
        self._lead_begins: bool | None = None  # this hub leads since a moment ago; whether the doors begin anew
        self._inbox, self._watch, self._stopping = Inbox(clock), ClockWatch(clock), threading.Event()
        self._persist = Persist(clock, self._stopping, self._helpless, shared=place is not None)
        self._passages = self._late = 0
        self._made: Mapping[str, Sequence[Decision]] = {}  # by the last batch
        self._next_purge = self._next_look = 0.0
        self._erased = 0  # the last erasure that the doors have heard of
        self._thread = threading.Thread(target=self._run, name="doors", daemon=True)
        self.intake, self._asking = Intake(config), Questions()
        self._watchdog = Watchdog(clock, TURN_S if place is None else SHARED_TURN_S, self._make_safe)
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
        self._listeners.add(listener)

    def documents(self) -> Mapping[str, Documents]:
        """Return the doors' documents as last committed."""
        return dict(self._memory.documents)

    def offer(self, message: Inbound, confirm: Callable[[Inbound], None] | None = None) -> None:
        """Hand in a message; never waits. Without room it is not confirmed, so that it comes again."""
        self._inbox.put(message, confirm or self._confirm)

    def submit(self, item: CommandIn | PassageIn) -> "Future[Answer]":
        """Hand in what a person at a page wants; never waits.

        Raises `queue.Full` where there is no room, `NotTakenError` while nothing is taken; the answer may raise that
        too, and may be cancelled until it is begun with.
        """
        asked = self._asking.ask(item)
        try:
            self._inbox.ask(asked)
        except queue.Full:
            asked.answer.cancel()
            raise
        return asked.answer

    def report(self, kind: FaultKind, text: str | None) -> None:
        """Say that something the whole site needs does not work (a text), or works again; never waits."""
        self._inbox.report(kind, text)

    def lead(self, *, seamless: bool) -> None:
        """Of several hubs this one leads from now on; `seamless`: it was there while the last one led."""
        self._inbox.forget_reports()
        self._lead_begins = not seamless
        self._inbox.wake()

    def look(self) -> None:
        """Another hub has written: see what."""
        self._next_look = min(self._next_look, self._clock.monotonic() + LOOK_SOON_S)
        self._inbox.wake()

    def start(self) -> None:
        """Take up the doors as stored and begin; raises `sqlalchemy.exc.DBAPIError` when the store does not work."""
        if self._place is None:
            self._take_up(begin=True)
        else:
            self._join()
        self._watchdog.start()
        self._thread.start()

    def _take_up(self, *, begin: bool) -> None:
        """Take the doors over from whoever had them before. `begin`: nobody looked after them in between."""
        now = self._clock.now()
        with writing(self._db) as tx:
            if self._place:
                write.line_up(tx)
                self._memory.catch_up(tx, self._rules, now, lock=True)
            else:
                self._memory.load(tx, now)
                self._memory.documents = {}  # all of them are written anew
            doors = write.drop_doors(tx, list(self._rules))
            nodes = write.drop_nodes(tx, [node for door in self._config.doors for node in door.nodes])
            write.put_letters(tx, upkeep.farewell(self._config, doors, nodes, now), now)
            batch = self._batch(self._rules, {})
            if begin:
                batch.start(now)
            heard = self._hear_of_erasures(tx, batch, read.mark(tx, "erasure") or 0)
            # Where this hub is alone, the dispatcher says how the doors stand at every connect.
            batch.write_to(tx, now, announced=self._place is None)
        self._erased = heard
        self._adopt(batch, now)

    def _join(self) -> None:
        """Come to a site that other hubs may serve: only what none of them knows begins."""
        now = self._clock.now()
        with writing(self._db) as tx:
            write.line_up(tx)
            known = self._memory.load(tx, now)
            batch = self._batch(self._rules.keys() - known, {})
            batch.start(now)
            batch.write_to(tx, now, announced=True)
        self._adopt(batch, now)

    def stop(self, timeout: float = 1.0) -> None:
        """Finish what is at hand and end."""
        self._stopping.set()
        self._watchdog.stop()
        self._asking.refuse(STOPPING, for_good=True)
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
            finally:
                self._watchdog.end()
        self._asking.refuse(STOPPING, for_good=True)

    def _turn(self) -> None:
        messages = self._inbox.gather(self._patience())
        self._watchdog.begin()
        if (begin := self._lead_begins) is not None:
            self._lead_begins = None
            self._persist(lambda: self._take_up(begin=begin))
        faults = [FaultIn(door, {kind: text}) for kind, text in self._inbox.news() for door in self._rules]
        now = self._watch.look()
        if not self._leads:
            self._watch.shift = timedelta()  # the leader sees to that, by its own clock
        if messages or faults or (self._leads and (self._watch.shift or self._memory.due(now))):
            self._settle(messages, faults)
        elif self._leads and self._clock.monotonic() >= self._next_purge:
            self._purge(now)
        if self._clock.monotonic() >= self._next_look:
            self._next_look = self._clock.monotonic() + LONGEST_WAIT_S
            self._see_others(now)
        self.turns += 1

    @property
    def _leads(self) -> bool:
        return self._place is None or self._place.leads

    def _patience(self) -> float:
        """Return the seconds until the next deadline."""
        moment = self._memory.next_moment() if self._leads else None
        wait = (moment - self._clock.now()).total_seconds() if moment else LONGEST_WAIT_S
        return min(max(min(wait, self._next_look - self._clock.monotonic()), 0.001), LONGEST_WAIT_S)

    def _settle(self, messages: Sequence[Received | Asked], faults: Sequence[FaultIn] = ()) -> None:
        """Write a batch, however long it takes the store to take it, then confirm it."""
        messages = [one for one in messages if not isinstance(one, Asked) or self._asking.begin(one)]
        read = [
            (one, (one.item,) if isinstance(one, Asked) else self.intake.read(one.message, one.at)) for one in messages
        ]
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
            if isinstance(one, Asked):
                if not one.answer.done():
                    one.answer.set_result(self._answer(one.item))
                continue
            one.confirm(one.message)
            if any(isinstance(item, BirthIn) for item in items):
                self._on_birth()

    def _answer(self, item: CommandIn | PassageIn) -> Answer:
        """Say what became of an input that is on disk."""
        machine, (state, _) = self._memory.machines[item.door], self._memory.documents[item.door]
        if isinstance(item, PassageIn):
            seen = machine.recall(item.passage.passage, item.passage.node)
            obeyed = seen is not None and not seen.late
        else:
            obeyed = item.mark in machine.heard
        made = tuple(one for one in self._made.get(item.door, ()) if one.by is not None and one.by == item.by)
        return Answer(obeyed, state, made)

    def _keep(self, inputs: Sequence[Input]) -> bool:
        return self._persist(lambda: self._commit(inputs))

    def _helpless(self) -> None:
        if self._watchdog.end():  # else it has done the same
            self._make_safe()

    def _make_safe(self) -> None:
        """The store takes nothing: bring the doors to their safe states without it (S3). Also from the watchdog."""
        log.error("the store has taken nothing for seconds; the doors go to their safe states")
        self._asking.refuse(STUCK)
        now = self._clock.now()
        for door, rules in self._rules.items():
            if command := policy.without_store(rules, self._memory.machines[door], now):
                self._tell_lock(rules.door, command)

    def _keep_alone(self, inputs: Sequence[Input]) -> bool:
        try:
            return self._keep(inputs)
        except Exception:
            log.exception("an input could not be written; it is left out")
            return True

    def _commit(self, inputs: Sequence[Input]) -> None:
        self.turns += 1
        now, written = self._watch.look(), False
        try:
            with writing(self._db) as tx:
                inputs = self._asking.deciding(inputs)
                # The doors that something comes to, or at which something ends; the others stay as they are.
                doors = {item.door for item in inputs if isinstance(item, DoorInput)}
                if self._leads:
                    doors |= self._rules.keys() if self._watch.shift else self._memory.due(now)
                if self._place:
                    self._memory.catch_up(tx, doors, now, lock=True)
                ids = [item.passage.passage for item in inputs if isinstance(item, PassageIn)]
                batch = self._batch(doors, read.revisions(tx, ids) if ids else {})
                if self._leads and self._watch.shift:
                    batch.shift(self._watch.shift)
                batch.tick(now)
                for item in inputs:
                    if not isinstance(item, BirthIn):
                        batch.take(item, now)
                batch.write_to(tx, now, sign=self._place.me if self._place else None)
            written = True
        finally:
            self._asking.decided(written=written)
        self._watch.shift = timedelta()
        self._passages += len(ids)
        self._adopt(batch, now)

    def _adopt(self, batch: Batch, now: datetime) -> None:
        """Committed: from here on the doors are so."""
        self._memory.adopt(batch, now)
        self._made = batch.decided
        self._on_commit()
        if batch.tells:
            self._on_notices()
        for door in batch.written:
            made = batch.decided.get(door, [])
            self._late += sum(one.event_type == "late" for one in made)
            self._listeners.tell(door, self._memory.documents[door], made)

    def _batch(self, doors: Collection[str], stored: dict[tuple[str, str], set[int]]) -> Batch:
        machines = {door: self._memory.machines[door] for door in sorted(doors)}
        documents = {door: known for door, known in self._memory.documents.items() if door in doors}
        return Batch(self._config, self._rules, machines, documents, stored=stored, plan=self._plan)

    def _see_others(self, now: datetime) -> None:
        """See what other hubs have written, and whether somebody had something erased."""
        if self._place:
            with self._db.connect() as connection:
                changed = self._memory.catch_up(connection, self._rules, now)
            for door in changed:
                self._listeners.tell(door, self._memory.documents[door], ())
        if self._leads:
            self._forget(now)

    def _purge(self, now: datetime) -> None:
        """Delete a little of what is too old; the rest with the next idle moment."""
        if upkeep.purge(self._config, self._db, now) == 0:
            self._next_purge = self._clock.monotonic() + PURGE_EVERY_S

    def _forget(self, now: datetime) -> None:
        """What somebody had erased from the store, the doors forget too (P9)."""
        if erase.newest(self._db) == self._erased:
            return
        with writing(self._db) as tx:
            if self._place:
                self._memory.catch_up(tx, self._rules, now, lock=True)
            batch = self._batch(self._rules, {})
            heard = self._hear_of_erasures(tx, batch, self._erased)
            batch.write_to(tx, now)
        self._erased = heard
        self._adopt(batch, now)

    def _hear_of_erasures(self, tx: Connection, batch: Batch, after: int) -> int:
        """Let the doors forget what was erased after the erasure of this number; returns the last one's."""
        newest = erase.newest(self._db)
        if newest > after:
            batch.forget(erase.since(self._db, after))
            write.put_mark(tx, "erasure", newest)
        return max(newest, after)

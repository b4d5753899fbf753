"""The one thread that owns the doors: messages in, one transaction per batch, confirmations out (M1, M2, M3).

A door's state in memory is always one that is on disk. A batch that cannot be written confirms nothing, changes
nothing and is tried again until the store takes it; verdicts grow old in the meantime and then move nothing (S1).
"""

import logging
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta

from sqlalchemy import Engine

from hub import policy, upkeep
from hub.batch import Batch, Documents, Plan
from hub.clockwatch import ClockWatch
from hub.config import Door, HubConfig
from hub.inbox import Inbox, Received
from hub.inputs import Answer, Asked, BirthIn, CommandIn, FaultIn, Input, PassageIn
from hub.intake import Intake
from hub.ledger import Ledger
from hub.listeners import Listener, Stats
from hub.memory import Place
from hub.persist import Persist
from hub.policy import FaultKind, LockCommand
from hub.questions import Questions
from hub.watchdog import Watchdog
from maskgate.clock import Clock
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
TURN_S, SHARED_TURN_S = 2.5, 3.5


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
        self._config, self._db, self._clock = config, db, clock
        self._confirm, self._on_birth, self._tell_lock = confirm, on_birth, tell_lock
        self._on_commit, self._on_notices = on_commit, on_notices
        self._place = place
        self._ledger = Ledger(config, db, plan=plan, place=place, on_commit=self._committed)
        self._lead_begins: bool | None = None  # this hub leads since a moment ago; whether the doors begin anew
        self._inbox, self._watch, self._stopping = Inbox(clock), ClockWatch(clock), threading.Event()
        self._persist = Persist(clock, self._stopping, self._helpless, shared=place is not None)
        self._next_purge = self._next_look = 0.0
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
        return Stats(self._ledger.passages, self._ledger.late, self._inbox.dropped, self._persist.failures)

    def subscribe(self, listener: Listener) -> None:
        """Call `listener` after each commit, for each door that changed, from the engine's thread."""
        self._ledger.listeners.add(listener)

    def documents(self) -> Mapping[str, Documents]:
        """Return the doors' documents as last committed."""
        return dict(self._ledger.memory.documents)

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
            self._ledger.take_up(self._clock.now(), begin=True)
        else:
            self._ledger.join(self._clock.now())
        self._watchdog.start()
        self._thread.start()

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
            self._persist(lambda: self._ledger.take_up(self._clock.now(), begin=begin))
        faults = [FaultIn(door, {kind: text}) for kind, text in self._inbox.news() for door in self._ledger.rules]
        now, leads = self._watch.look(), self._ledger.leads
        if not leads:
            self._watch.shift = timedelta()  # the leader sees to that, by its own clock
        if messages or faults or (leads and (self._watch.shift or self._ledger.memory.due(now))):
            self._settle(messages, faults)
        elif leads and self._clock.monotonic() >= self._next_purge:
            self._purge(now)
        if self._clock.monotonic() >= self._next_look:
            self._next_look = self._clock.monotonic() + LONGEST_WAIT_S
            self._ledger.see_others(now)
        self.turns += 1

    def _patience(self) -> float:
        """Return the seconds until the next deadline."""
        moment = self._ledger.memory.next_moment() if self._ledger.leads else None
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
        memory = self._ledger.memory
        machine, (state, _) = memory.machines[item.door], memory.documents[item.door]
        if isinstance(item, PassageIn):
            seen = machine.recall(item.passage.passage, item.passage.node)
            obeyed = seen is not None and not seen.late
        else:
            obeyed = item.mark in machine.heard
        made = tuple(one for one in self._ledger.made.get(item.door, ()) if one.by is not None and one.by == item.by)
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
        for door, rules in self._ledger.rules.items():
            if command := policy.without_store(rules, self._ledger.memory.machines[door], now):
                self._tell_lock(rules.door, command)

    def _keep_alone(self, inputs: Sequence[Input]) -> bool:
        try:
            return self._keep(inputs)
        except Exception:
            log.exception("an input could not be written; it is left out")
            return True

    def _commit(self, inputs: Sequence[Input]) -> None:
        self.turns += 1
        written = False
        try:
            now = self._watch.look()
            self._ledger.commit(lambda: self._asking.deciding(inputs), now, shift=self._watch.shift)
            written = True
        finally:
            self._asking.decided(written=written)
        self._watch.shift = timedelta()

    def _committed(self, batch: Batch) -> None:
        self._on_commit()
        if batch.tells:
            self._on_notices()

    def _purge(self, now: datetime) -> None:
        """Delete a little of what is too old; the rest with the next idle moment."""
        if upkeep.purge(self._config, self._db, now) == 0:
            self._next_purge = self._clock.monotonic() + PURGE_EVERY_S

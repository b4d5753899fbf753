"""The doors as they are on disk, and every transaction that changes them. Belongs to the doors' thread.

What is in memory is what was committed last: a transaction that fails leaves nothing behind, and may be tried again.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from hub import upkeep
from hub.batch import Batch, Plan
from hub.config import HubConfig
from hub.inputs import BirthIn, DoorInput, Input, PassageIn
from hub.listeners import Listeners
from hub.memory import Memory, Place
from hub.policy import Rules
from hub.store import erase, read, write, writing
from maskgate.messages import Decision


class Ledger:
    """See the module. `on_commit` is told of each batch on disk, after the doors are so in memory too."""

    def __init__(
        self, config: HubConfig, db: Engine, *, plan: Plan, place: Place | None, on_commit: Callable[[Batch], None]
    ) -> None:
        self._config, self._db, self._plan, self._place = config, db, plan, place
        self._on_commit = on_commit
        self.rules = {door.id: Rules.of(config, door) for door in config.doors}
        self.memory, self.listeners = Memory(self.rules), Listeners()
        self.made: Mapping[str, Sequence[Decision]] = {}  # by the last batch
        self.passages = self.late = 0
        self._erased = 0  # the last erasure that the doors have heard of

    @property
    def leads(self) -> bool:
        """Whether the deadlines are this hub's at this moment."""
        return self._place is None or self._place.leads

    def take_up(self, now: datetime, *, begin: bool) -> None:
        """Take the doors over from whoever had them before. `begin`: nobody looked after them in between."""
        with writing(self._db) as tx:
            if self._place:
                write.line_up(tx)
                self.memory.catch_up(tx, self.rules, now, lock=True)
            else:
                self.memory.load(tx, now)
                self.memory.documents = {}  # all of them are written anew
            doors = write.drop_doors(tx, list(self.rules))
            nodes = write.drop_nodes(tx, [node for door in self._config.doors for node in door.nodes])
            write.put_letters(tx, upkeep.farewell(self._config, doors, nodes, now), now)
            batch = self._batch(self.rules, {})
            if begin:
                batch.start(now)
            heard = self._hear_of_erasures(tx, batch, read.mark(tx, "erasure") or 0, now)
            # Where this hub is alone, the dispatcher says how the doors stand at every connect.
            batch.write_to(tx, now, announced=self._place is None)
        self._erased = heard
        self._adopt(batch, now)

    def join(self, now: datetime) -> None:
        """Come to a site that other hubs may serve: only what none of them knows begins."""
        with writing(self._db) as tx:
            write.line_up(tx)
            known = self.memory.load(tx, now)
            batch = self._batch(self.rules.keys() - known, {})
            batch.start(now)
            batch.write_to(tx, now, announced=True)
        self._adopt(batch, now)

    def commit(self, inputs: Callable[[], Sequence[Input]], now: datetime, *, shift: timedelta) -> None:
        """Decide on the inputs, which are asked for when the store is ready to take them, and end what is over.

        `shift`: by how much the clock was set since the last commit.
        """
        with writing(self._db) as tx:
            counted = inputs()
            # The doors that something comes to, or at which something ends; the others stay as they are.
            doors = {item.door for item in counted if isinstance(item, DoorInput)}
            if self.leads:
                doors |= self.rules.keys() if shift else self.memory.due(now)
            if self._place:
                self.memory.catch_up(tx, doors, now, lock=True)
            ids = [item.passage.passage for item in counted if isinstance(item, PassageIn)]
            batch = self._batch(doors, read.revisions(tx, ids) if ids else {})
            if self.leads and shift:
                batch.shift(shift)
            batch.tick(now)
            for item in counted:
                if not isinstance(item, BirthIn):
                    batch.take(item, now)
            batch.write_to(tx, now, sign=self._place.me if self._place else None)
        self.passages += len(ids)
        self._adopt(batch, now)

    def see_others(self, now: datetime) -> None:
        """See what other hubs have written, and whether somebody had something erased."""
        if self._place:
            with self._db.connect() as connection:
                changed = self.memory.catch_up(connection, self.rules, now)
            for door in changed:
                self.listeners.tell(door, self.memory.documents[door], ())
        if self.leads and erase.newest(self._db) != self._erased:
            self._forget(now)

    def _forget(self, now: datetime) -> None:
        """What somebody had erased from the store, the doors forget too (P9)."""
        with writing(self._db) as tx:
            if self._place:
                self.memory.catch_up(tx, self.rules, now, lock=True)
            batch = self._batch(self.rules, {})
            heard = self._hear_of_erasures(tx, batch, self._erased, now)
            batch.write_to(tx, now)
        self._erased = heard
        self._adopt(batch, now)

    def _hear_of_erasures(self, tx: Connection, batch: Batch, after: int, now: datetime) -> int:
        """Let the doors forget what was erased after the erasure of this number; returns the last one's."""
        newest = erase.newest(self._db)
        if newest > after:
            batch.forget(erase.since(self._db, after), now)
            write.put_mark(tx, "erasure", newest)
        return max(newest, after)

    def _batch(self, doors: Collection[str], stored: dict[tuple[str, str], set[int]]) -> Batch:
        machines = {door: self.memory.machines[door] for door in sorted(doors)}
        documents = {door: known for door, known in self.memory.documents.items() if door in doors}
        return Batch(self._config, self.rules, machines, documents, stored=stored, plan=self._plan)

    def _adopt(self, batch: Batch, now: datetime) -> None:
        """Committed: from here on the doors are so."""
        self.memory.adopt(batch, now)
        self.made = batch.decided
        self._on_commit(batch)
        for door in batch.written:
            made = batch.decided.get(door, [])
            self.late += sum(one.event_type == "late" for one in made)
            self.listeners.tell(door, self.memory.documents[door], made)

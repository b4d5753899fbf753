"""Verdicts on disk, in order, until somebody else has them safely (M1)."""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import ValidationError

from mask_node.disk import Disk, DiskError
from maskgate.clock import Clock, SystemClock, rfc3339
from maskgate.messages import Passage, PassageRef

log = logging.getLogger(__name__)

T = TypeVar("T")

SCHEMA = """
CREATE TABLE IF NOT EXISTS verdict (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    passage TEXT NOT NULL,
    revision INTEGER NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (passage, revision)
) STRICT;
CREATE TABLE IF NOT EXISTS note (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""

#: So many verdicts are kept in memory at most while the disk fails: about a megabyte.
MOST_IN_MEMORY = 1000
#: A disk that failed is tried again after so many seconds, and old rows are looked for so often.
RETRY_S, SWEEP_S = 2.0, 3600.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A verdict in the outbox; `number` grows in the order they were put in."""

    number: int
    verdict: Passage


class Outbox:
    """A SQLite file, synced at every change. Any thread may call.

    limit: verdicts; a full one lets go of its oldest. keep: of older ones likewise. Both are counted in `dropped`.
    While the disk fails, what is new waits in memory; nothing here raises for that.
    """

    def __init__(
        self, path: Path, *, limit: int, keep: timedelta = timedelta(days=30), clock: Clock | None = None
    ) -> None:
        self._disk = Disk(path, SCHEMA)
        self._limit, self._keep, self._clock = limit, keep, clock or SystemClock()
        self._lock = threading.RLock()
        self._memory: dict[int, Passage] = {}
        self._ghosts: set[int] = set()  # rows that are safe elsewhere, which the disk could not delete
        self._on_disk = 0
        self._last = 0  # the greatest number that was ever given out
        self._stocked = False  # whether the rows on disk were ever counted
        self._retry_at: float | None = None  # None while the disk is well
        self._sweep_at = 0.0
        self.dropped = 0
        self._readable = False  # whether `after` can give the rows on disk
        #: Another one each time that they become readable: `after` gives older rows then than it gave before, and those
        #: of a start without a disk bear new numbers. Whoever goes by numbers begins again.
        self.edition = 0

    def open(self) -> None:
        """Open or make the file; see `Disk.open`. Raises `OSError` for a place that cannot be used."""
        try:
            self._disk.open()
        except DiskError as error:
            self._say_failed(error)
        else:
            self._take_stock()

    def close(self) -> None:
        """Close the file. What is in memory only is lost then, and counted."""
        with self._lock:
            if self._retry_at is not None:
                self._mend()
            if self._memory:
                self._count_lost(len(self._memory), "the disk never took it, and the program ends")
                self._memory.clear()
            self._disk.close()

    def put(self, verdict: Passage) -> None:
        """Keep a verdict; when this returns it is on disk, or in memory while the disk fails.

        The same passage and revision again changes nothing.
        """
        with self._lock:
            self._mend_if_due()
            self._last = number = self._last + 1
            added = None
            if self._retry_at is None:
                added = self._try(lambda db: _insert(db, {number: verdict}))
            if added is None:
                self._keep_in_memory(number, verdict)
            self._on_disk += added or 0
            self._shrink()

    def after(self, number: int, count: int) -> list[Waiting]:
        """Return up to `count` verdicts put in after `number`, the oldest first."""
        with self._lock:
            self._mend_if_due()
            waiting = [found for row in self._rows(number, count) if (found := self._read(*row))]
            waiting += [Waiting(each, verdict) for each, verdict in self._memory.items() if each > number]
            return sorted(waiting, key=lambda each: each.number)[:count]

    def let_go(self, refs: Iterable[PassageRef]) -> set[int]:
        """Remove exactly these and return their numbers; those not here are passed over."""
        wanted = {(ref.passage, ref.revision) for ref in refs}
        ask = "SELECT number FROM verdict WHERE passage = ? AND revision = ?"
        with self._lock:
            gone = {each for each, verdict in self._memory.items() if (verdict.passage, verdict.revision) in wanted}
            for each in gone:
                del self._memory[each]
            found = self._try(lambda db: {n for pair in wanted for (n,) in db.execute(ask, pair)}) or set()
            self._forget(found - self._ghosts)
            return gone | found

    @property
    def depth(self) -> int:
        """How many wait."""
        with self._lock:
            return self._on_disk + len(self._memory)

    @property
    def storage(self) -> Literal["disk", "memory"]:
        """Where a new verdict goes now."""
        return "disk" if self._retry_at is None else "memory"

    def note(self, key: str, value: str) -> bool:
        """Keep a word over a restart; return whether the disk took it."""
        ask = "INSERT INTO note VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        with self._lock:
            return self._try(lambda db: db.execute(ask, (key, value)).rowcount) is not None

    def noted(self, key: str) -> str | None:
        """Return the word kept under `key`."""
        with self._lock:
            rows = self._try(lambda db: db.execute("SELECT value FROM note WHERE key = ?", (key,)).fetchall())
            return str(rows[0][0]) if rows else None

    # The rest runs under the lock.

    def _rows(self, number: int, count: int) -> list[tuple[int, str]]:
        """Return rows on disk after `number`; none from a failure on until stock was taken: it says how to go on."""
        if not self._readable:
            return []
        ask = "SELECT number, document FROM verdict WHERE number > ? ORDER BY number LIMIT ?"
        values = (number, count + len(self._ghosts))
        rows = self._try(lambda db: db.execute(ask, values).fetchall())
        self._readable = rows is not None
        return [row for row in rows or [] if row[0] not in self._ghosts]

    def _keep_in_memory(self, number: int, verdict: Passage) -> None:
        if (verdict.passage, verdict.revision) not in {(each.passage, each.revision) for each in self._memory.values()}:
            self._memory[number] = verdict
        self._let_memory_go(len(self._memory) - MOST_IN_MEMORY, "the disk fails and the memory is full")

    def _let_memory_go(self, count: int, why: str) -> None:
        if count > 0:
            for number in list(self._memory)[:count]:
                del self._memory[number]
            self._count_lost(count, why)

    def _shrink(self) -> None:
        """Let go of what is too much or too old."""
        over = self.depth - self._limit
        if over > 0 and self._lose("SELECT number FROM verdict ORDER BY number LIMIT ?", over, "the outbox is full"):
            self._let_memory_go(self.depth - self._limit, "the outbox is full")
        now = self._clock.monotonic()
        if now >= self._sweep_at:
            self._sweep_at = now + SWEEP_S
            # All times are written alike, in UTC, so that texts compare as times do.
            oldest = rfc3339(self._clock.now() - self._keep)
            ask = "SELECT number FROM verdict WHERE json_extract(document, '$.seen_to') < ?"
            self._lose(ask, oldest, f"it is older than {self._keep.total_seconds() / 86_400:g} days")

    def _lose(self, ask: str, value: int | str, why: str) -> bool:
        """Let go of rows; return whether the disk could be asked: if not, the oldest are there, and none goes."""
        found = self._try(lambda db: {number for (number,) in db.execute(ask, (value,))})
        lost = (found or set()) - self._ghosts
        if lost:
            self._forget(lost)
            self._count_lost(len(lost), why)
        return found is not None

    def _count_lost(self, count: int, why: str) -> None:
        self.dropped += count
        log.error("let go of %d verdicts unheard: %s; %d since the start", count, why, self.dropped)

    def _forget(self, numbers: set[int]) -> None:
        """Delete rows; where the disk cannot, they count as gone all the same."""
        if numbers:
            self._ghosts |= numbers
            if self._stocked:
                self._on_disk -= len(numbers)
            self._bury()

    def _bury(self) -> bool:
        rows = [(number,) for number in self._ghosts]
        ask = "DELETE FROM verdict WHERE number = ?"
        if rows and self._try(lambda db: db.executemany(ask, rows).rowcount) is None:
            return False
        self._ghosts.clear()
        return True

    def _read(self, number: int, document: str) -> Waiting | None:
        try:
            return Waiting(number, Passage.model_validate_json(document))
        except ValidationError as error:
            self._forget({number})
            self._count_lost(1, f"it cannot be read ({error.error_count()} faults)")
            return None

    def _mend_if_due(self) -> None:
        if self._retry_at is not None and self._clock.monotonic() >= self._retry_at:
            self._mend()

    def _mend(self) -> None:
        """Bring what is in memory to the disk, if it takes that now."""
        if not self._take_stock() or not self._bury():
            return
        if self._try(lambda db: _insert(db, self._memory)) is None or not self._take_stock():
            return
        log.warning("the disk takes verdicts again; %d that were in memory are on it", len(self._memory))
        self._memory.clear()
        self._retry_at = None

    def _take_stock(self) -> bool:
        """Count what is on the disk, and number what comes after it."""
        ask = "SELECT (SELECT count(*) FROM verdict), coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'verdict'"
        found = self._try(lambda db: db.execute(ask).fetchone())
        if found is None:
            return False
        self._on_disk, used = found[0] - len(self._ghosts), found[1]
        if not self._stocked:
            # Numbers were given out before the disk could be read: they must not be those of older rows.
            self._memory = dict(enumerate(self._memory.values(), used + 1))
            self._stocked = True
        if not self._readable:
            self._readable = True
            self.edition += 1
        self._last = max(self._last, used + len(self._memory))
        return True

    def _try(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Return what `work` on the disk gives; None where the disk fails, which is remembered."""
        try:
            return self._disk.run(work)
        except DiskError as error:
            self._say_failed(error)
            return None

    def _say_failed(self, error: DiskError) -> None:
        if self._retry_at is None:
            log.error("the disk fails (%s); verdicts wait in memory until it takes them", error)
        self._retry_at = self._clock.monotonic() + RETRY_S


def _insert(db: sqlite3.Connection, verdicts: dict[int, Passage]) -> int:
    """Return how many were new."""
    ask = (
        "INSERT INTO verdict (number, passage, revision, document) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (passage, revision) DO NOTHING"
    )
    rows = [(number, v.passage, v.revision, v.model_dump_json()) for number, v in verdicts.items()]
    return db.executemany(ask, rows).rowcount

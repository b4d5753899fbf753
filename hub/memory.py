"""What the doors' thread knows of the doors: each as it last saw it on disk.

Where several hubs share a store, another may have written a door since. Its row's version tells; whoever is about to
decide locks the row, compares, and reads again what is old.
"""

import logging
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Protocol

from pydantic import ValidationError
from sqlalchemy import Connection

from hub import policy
from hub.batch import Batch, Documents
from hub.policy import Machine, Rules
from hub.store import read
from maskgate.messages import Display, DoorState

log = logging.getLogger(__name__)


class Place(Protocol):
    """One hub's place among several (see `hub.sentry`)."""

    @property
    def me(self) -> str:
        """Its name."""
        ...

    @property
    def leads(self) -> bool:
        """Whether it may act for the site at this moment."""
        ...

    def holds(self, tx: Connection) -> bool:
        """Whether it leads, and goes on to until `tx` ends: what a leader of old wrote after that cannot be."""
        ...


class Memory:
    """Owned by the doors' thread; `documents` may be read from any."""

    def __init__(self, rules: Mapping[str, Rules]) -> None:
        self._rules = rules
        self.machines: dict[str, Machine] = {}
        self.documents: dict[str, Documents] = {}
        self._versions: dict[str, int] = {}
        self._moments: dict[str, datetime] = {}

    def load(self, tx: Connection, now: datetime) -> set[str]:
        """Read every door anew; returns those that the store knew. The others begin."""
        self.machines = {door: policy.initial(rules, now) for door, rules in self._rules.items()}
        self.documents, self._versions = {}, {}
        return self._take(read.stored_doors(tx, self._rules), now)

    def catch_up(self, tx: Connection, doors: Collection[str], now: datetime, *, lock: bool = False) -> set[str]:
        """Read those of the doors again that somebody else has written; returns which. `lock`: and keep them so."""
        rows = read.stored_doors(tx, doors, self._known(doors), lock=lock) if doors else []
        gone = set(doors) - {row.door for row in rows}  # somebody's configuration knew it no longer; ours does
        if gone:
            self._versions = {door: version for door, version in self._versions.items() if door not in gone}
            self.documents = {door: known for door, known in self.documents.items() if door not in gone}
        return self._take(rows, now)

    def _known(self, doors: Collection[str]) -> dict[str, int]:
        return {door: version for door, version in self._versions.items() if door in doors}

    def adopt(self, batch: Batch, now: datetime) -> None:
        """Committed: from here on the doors are so."""
        self.machines = self.machines | batch.machines
        self.documents = self.documents | batch.documents
        for door in batch.written:
            self._versions[door] = self._versions.get(door, 0) + 1
        self._note_moments(batch.machines, now)

    def due(self, now: datetime) -> set[str]:
        """Return the doors at which something ends by itself now."""
        return {door for door, moment in self._moments.items() if moment <= now}

    def next_moment(self) -> datetime | None:
        """Return when the next door is due."""
        return min(self._moments.values(), default=None)

    def _take(self, rows: Iterable[read.StoredDoor], now: datetime) -> set[str]:
        """Take up what is new in the rows; returns which doors that was."""
        machines, documents, found = dict(self.machines), dict(self.documents), set()
        for row in rows:
            if row.machine is None:
                continue
            found.add(row.door)
            self._versions[row.door] = row.version
            try:
                machines[row.door] = policy.from_document(row.machine)
                documents[row.door] = (DoorState.model_validate(row.state), Display.model_validate(row.display))
            except ValidationError:
                log.exception("the stored state of door %s cannot be read; it begins anew", row.door)
                machines[row.door] = policy.initial(self._rules[row.door], now)
                documents.pop(row.door, None)
        self.machines, self.documents = machines, documents
        self._note_moments(found, now)
        return found

    def _note_moments(self, doors: Collection[str], now: datetime) -> None:
        for door in doors:
            self._moments[door] = policy.next_moment(self._rules[door], self.machines[door], now)

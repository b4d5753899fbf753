"""One look at the site: store, disk, clocks, certificates. Holds no rule."""

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy import Engine

from hub.config import HubConfig
from hub.policy import Machine, Rules, from_document
from hub.policy.faults import safe_state
from hub.store import read
from hub.watch import certificates, machine, rows
from hub.watch.facts import CertificateFacts, DiskFacts, Facts, LockFacts, NodeFacts
from maskgate.messages import Mode

log = logging.getLogger(__name__)


class Gatherer:
    """Looks at one site. `connected` and `broker_certificate` are asked of the line to the broker."""

    def __init__(
        self,
        config: HubConfig,
        db: Engine,
        *,
        connected: Callable[[], bool],
        broker_certificate: Callable[[], datetime | None] = lambda: None,
        clock_set: Callable[[], bool | None] = machine.clock_set,
        disk: Callable[[Path], DiskFacts] = machine.disk,
    ) -> None:
        self._config, self._db = config, db
        self._connected, self._broker_certificate, self._clock_set = connected, broker_certificate, clock_set
        self._disk = disk
        self._rules = {door.id: Rules.of(config, door) for door in config.doors}
        self._listening_since: datetime | None = None

    def look(self, now: datetime) -> Facts:
        """Return what is so; raises what the store raises."""
        if not self._connected():
            self._listening_since = None
        elif self._listening_since is None:
            self._listening_since = now
        heard = read.node_rows(self._db)
        with self._db.connect() as conn:
            stored = read.stored_doors(conn, self._rules, {})
            machines = {row.door: state for row in stored if row.machine and (state := _machine(row.machine))}
            channels = rows.channels(conn, self._config, now)
        doors = [(door, machines.get(door.id)) for door in self._config.doors]
        nodes = []
        for door, state in doors:
            told = (
                state is not None and state.mode is not Mode.OFF and safe_state(self._rules[door.id], state) is not None
            )
            for node in door.nodes:
                row = heard.get(node)
                nodes.append(
                    NodeFacts(node, door.id, row.availability, row.health, row.heard_at, told)
                    if row else NodeFacts(node, door.id)
                )  # fmt: skip
        return Facts(
            at=now,
            listening_since=self._listening_since,
            doors_tell=any(state is not None and state.mode is not Mode.OFF for _, state in doors),
            nodes=tuple(nodes),
            locks=tuple(LockFacts(door.id, state.lock_fault) for door, state in doors if state and state.lock_fault),
            channels=channels,
            disks=self._disks(),
            certificates=self._certificates(),
            clock_set=self._clock_set(),
        )

    def _disks(self) -> tuple[DiskFacts, ...]:
        """The store's; pictures are in it."""
        if not isinstance(self._config.database, Path):
            return ()  # the database's own machine looks after its disk
        try:
            return (self._disk(self._config.database),)
        except OSError as error:
            log.debug("the disk does not say how full it is: %s", error)
            return ()

    def _certificates(self) -> tuple[CertificateFacts, ...]:
        found = []
        if tls := self._config.web.tls:
            try:
                found.append(CertificateFacts("pages", certificates.ends_at(tls.certificate)))
            except (OSError, ValueError) as error:
                log.debug("the pages' certificate cannot be read any more: %s", error)
        if (end := self._broker_certificate()) is not None:
            found.append(CertificateFacts("broker", end))
        return tuple(found)


def _machine(document: dict[str, object]) -> Machine | None:
    try:
        return from_document(document)
    except ValidationError:  # of another version; the doors themselves say so
        return None

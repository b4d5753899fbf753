"""Reading: what the engine starts from, and what the pages show."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, case, func, select, tuple_

from hub.store.schema import decisions, doors, marks, nodes, notices, outbox, passages, refusals
from maskgate.messages import Availability, Decision, Display, DoorState, NodeHealth
from maskgate.states import MaskState


@dataclass(frozen=True, slots=True)
class Event:
    """A decision, and the verdict behind it where there was one. `seq` is where the next page begins."""

    seq: int
    decision: Decision
    state: MaskState | None = None
    frames: int | None = None
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A node as last heard."""

    node: str
    availability: Availability | None
    health: NodeHealth | None
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """What has not left yet."""

    outbox: int
    notices: int
    notices_failed: int


def recent(db: Engine, limit: int, before_seq: int | None = None) -> list[Event]:
    """Return the latest decisions, the newest first; `before_seq` (of the last one seen) gives the next page."""
    join = (
        (passages.c.passage == decisions.c.passage)
        & (passages.c.revision == decisions.c.revision)
        & (passages.c.node == decisions.c.document["node"].as_string())
    )
    wanted = (
        select(decisions.c.seq, decisions.c.document, passages.c.state, passages.c.frames, passages.c.received_at)
        .join_from(decisions, passages, join, isouter=True)
        .order_by(decisions.c.seq.desc())
        .limit(limit)
    )
    if before_seq is not None:
        wanted = wanted.where(decisions.c.seq < before_seq)
    with db.connect() as connection:
        return [
            Event(
                row.seq,
                Decision.model_validate(row.document),
                MaskState(row.state) if row.state else None,
                row.frames,
                row.received_at,
            )
            for row in connection.execute(wanted)
        ]


def door_documents(db: Engine) -> dict[str, tuple[DoorState, Display]]:
    """Return every door's two documents, by id."""
    with db.connect() as connection:
        rows = connection.execute(select(doors.c.door, doors.c.state, doors.c.display).order_by(doors.c.door))
        return {row.door: (DoorState.model_validate(row.state), Display.model_validate(row.display)) for row in rows}


def node_rows(db: Engine) -> dict[str, Node]:
    """Return every node that was ever heard, by id."""
    with db.connect() as connection:
        return {
            row.node: Node(
                row.node,
                Availability(row.availability) if row.availability else None,
                NodeHealth.model_validate(row.health) if row.health else None,
                row.heard_at,
            )
            for row in connection.execute(select(nodes).order_by(nodes.c.node))
        }


def newest_model(db: Engine, version: str) -> str | None:
    """Return the models of the node of this version that was heard last; None where there is none."""
    found = [node for node in node_rows(db).values() if node.health and node.health.version == version]
    newest = max(found, key=lambda node: node.heard_at, default=None)
    return newest.health.model or None if newest and newest.health else None


def waiting(db: Engine) -> Waiting:
    """Count what has not left yet."""
    with db.connect() as connection:
        letters = connection.scalar(select(func.count()).where(outbox.c.sent_at.is_(None))) or 0
        found = {
            status: connection.scalar(select(func.count()).where(notices.c.status == status)) or 0
            for status in ("waiting", "failed")
        }
    return Waiting(letters, found["waiting"], found["failed"])


def refused(db: Engine, limit: int) -> list[Any]:
    """Return the latest samples of refused messages, the newest first."""
    with db.connect() as connection:
        return list(connection.execute(select(refusals).order_by(refusals.c.seq.desc()).limit(limit)))


@dataclass(frozen=True, slots=True)
class StoredDoor:
    """A door's row: the policy's state as `hub.policy.from_document` reads it, and its documents."""

    door: str
    version: int
    machine: dict[str, Any] | None  # None: the version is the one that is known already
    state: dict[str, Any] | None
    display: dict[str, Any] | None


def stored_doors(
    tx: Connection, ids: Iterable[str], known: Mapping[str, int] | None = None, *, lock: bool = False
) -> list[StoredDoor]:
    """Return the rows of these doors; without what is in them where the version is `known`.

    `lock`: nobody else writes them until the transaction ends; all hubs lock in the same order.
    """
    documents: list[Any] = [doors.c.machine, doors.c.state, doors.c.display]
    if known:
        news = tuple_(doors.c.door, doors.c.version).not_in(sorted(known.items()))
        documents = [case((news, column)) for column in documents]
    wanted = select(doors.c.door, doors.c.version, *documents).where(doors.c.door.in_(sorted(ids)))
    wanted = wanted.order_by(doors.c.door)
    return [StoredDoor(*row) for row in tx.execute(wanted.with_for_update() if lock else wanted)]


def mark(tx: Connection, name: str) -> int | None:
    """Return a number that was kept under this name."""
    return tx.scalar(select(marks.c.number).where(marks.c.name == name))


def revisions(tx: Connection, ids: Iterable[str]) -> dict[tuple[str, str], set[int]]:
    """Return which revisions of these passages are stored, by passage and node."""
    wanted = select(passages.c.passage, passages.c.node, passages.c.revision).where(passages.c.passage.in_(set(ids)))
    found: dict[tuple[str, str], set[int]] = {}
    for row in tx.execute(wanted):
        found.setdefault((row.passage, row.node), set()).add(row.revision)
    return found

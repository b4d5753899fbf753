"""Lists, the newest first, page by page from where the last one ended (keyset): as quick at the end as at the start."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, func, literal, select, tuple_

from hub.notices.plan import Status
from hub.store.schema import Moment, audit, decisions, notices, passages
from maskgate.messages import EventType
from maskgate.states import MaskState


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the row's time (notices: none) and number."""

    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows of a list; None: whichever."""

    door: str | None = None
    node: str | None = None
    state: MaskState | None = None
    event: EventType | None = None
    since: datetime | None = None
    until: datetime | None = None


def passage_rows(connection: Connection, wanted: Wanted, limit: int, after: Place | None = None) -> Sequence[Any]:
    """Return passages by their newest verdict, and what was decided about it (`document`, or None)."""
    newer = passages.alias("newer")
    again = select(newer.c.seq).where(
        newer.c.passage == passages.c.passage, newer.c.node == passages.c.node, newer.c.revision > passages.c.revision
    )
    page: list[Any] = []
    for part in _parts(connection, wanted):
        statement = select(passages).where(*_filters(passages, "received_at", part), ~again.exists())
        page += _page(connection, statement, passages.c.received_at, limit, after)
    page = sorted(page, key=lambda row: (row.received_at, row.seq), reverse=True)[:limit]
    found = _decided(connection, [row.passage for row in page])
    return [(row, found.get((row.passage, row.revision, row.node))) for row in page]


def verdicts(connection: Connection, passage: str) -> Sequence[Any]:
    """Return every verdict about a passage, the oldest first, in the same form."""
    rows = connection.execute(select(passages).where(passages.c.passage == passage).order_by(passages.c.seq)).all()
    found = _decided(connection, [passage] if rows else [])
    return [(row, found.get((row.passage, row.revision, row.node))) for row in rows]


def decision_rows(connection: Connection, wanted: Wanted, limit: int, after: Place | None = None) -> Sequence[Any]:
    """Return decisions."""
    statement = select(decisions).where(*_filters(decisions, "at", wanted))
    return _page(connection, statement, decisions.c.at, limit, after)


def decisions_since(connection: Connection, seq: int, limit: int) -> Sequence[Any]:
    """Return the decisions after number `seq`, the oldest first: for whoever follows."""
    later = select(decisions).where(decisions.c.seq > seq).order_by(decisions.c.seq).limit(limit)
    return connection.execute(later).all()


def decisions_numbered(connection: Connection, numbers: Iterable[int]) -> Sequence[Any]:
    """Return those of the decisions with these numbers that are there, the oldest first."""
    those = select(decisions).where(decisions.c.seq.in_(sorted(numbers))).order_by(decisions.c.seq)
    return connection.execute(those).all()


def last_decision(connection: Connection) -> int:
    """Return the number of the last decision, 0 before the first."""
    return connection.scalar(select(decisions.c.seq).order_by(decisions.c.seq.desc()).limit(1)) or 0


def audit_rows(connection: Connection, limit: int, after: Place | None = None) -> Sequence[Any]:
    """Return what people and machines did."""
    return _page(connection, select(audit), audit.c.at, limit, after)


def notice_rows(
    connection: Connection, limit: int, after: int | None = None, *, status: Status | None, recipient: str | None
) -> Sequence[Any]:
    """Return notices."""
    statement = select(notices).order_by(notices.c.seq.desc()).limit(limit)
    for column, value in ((notices.c.status, status), (notices.c.recipient, recipient)):
        if value is not None:
            statement = statement.where(column == value)
    if after is not None:
        statement = statement.where(notices.c.seq < after)
    return connection.execute(statement).all()


def every_passage(db: Engine, wanted: Wanted, step: int = 1000) -> Iterator[Any]:
    """Yield all passages of a list; holds no transaction open between two steps, however slow the reader is."""
    after: Place | None = None
    while True:
        with db.connect() as connection:
            page = passage_rows(connection, wanted, step, after)
        yield from page
        if len(page) < step:
            return
        after = Place(page[-1][0].received_at, page[-1][0].seq)


def _parts(connection: Connection, wanted: Wanted) -> list[Wanted]:
    """Split what is wanted, so that each part is one walk along an index that holds nothing else."""
    if wanted.node is None or (wanted.door is None and wanted.state is None):
        return [wanted]
    doors = [wanted.door] if wanted.door is not None else _doors_of(connection, wanted.node)
    states = [wanted.state] if wanted.state is not None else list(MaskState)
    return [replace(wanted, door=door, state=state) for door in doors for state in states]


def _doors_of(connection: Connection, node: str) -> list[str]:
    """Return the doors at which a node ever was; there are few."""
    found: list[str] = []
    least = select(func.min(passages.c.door)).where(passages.c.node == node)
    while (door := connection.scalar(least.where(passages.c.door > found[-1]) if found else least)) is not None:
        found.append(door)
    return found


def _page(connection: Connection, statement: Select[Any], at: Any, limit: int, after: Place | None) -> Sequence[Any]:
    seq = at.table.c.seq
    if after is not None:
        statement = statement.where(tuple_(at, seq) < tuple_(literal(after.at, Moment), literal(after.seq)))
    return connection.execute(statement.order_by(at.desc(), seq.desc()).limit(limit)).all()


def _filters(table: Table, time: str, wanted: Wanted) -> list[Any]:
    named = {"door": wanted.door, "node": wanted.node, "state": wanted.state, "event_type": wanted.event}
    found: list[Any] = [table.c[name] == value for name, value in named.items() if value is not None]
    if wanted.since is not None:
        found.append(table.c[time] >= wanted.since.astimezone(UTC))
    if wanted.until is not None:
        found.append(table.c[time] < wanted.until.astimezone(UTC))
    return found


def _decided(connection: Connection, ids: Sequence[str]) -> dict[tuple[str, int, str], dict[str, Any]]:
    if not ids:
        return {}
    columns = select(decisions.c.passage, decisions.c.revision, decisions.c.document)
    rows = connection.execute(columns.where(decisions.c.passage.in_(ids)).order_by(decisions.c.seq))
    return {(row.passage, row.revision, row.document["node"]): row.document for row in rows}

"""Writing: every function is part of a transaction that `writing` opened."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Table, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from hub.store.open import Written
from hub.store.schema import (
    audit,
    counts,
    decisions,
    doors,
    erasures,
    evidence,
    hours,
    marks,
    nodes,
    notices,
    outbox,
    passages,
    refusals,
)
from maskgate.messages import Counters, Decision, Passage

#: Rows that one purge takes of a table, so that no decision waits for it.
PURGE_ROWS = 500
#: How long what was sent is kept, for a look at what happened.
KEEP_SENT = timedelta(hours=1)
#: How long it is remembered that a period was summed up; it names nobody.
KEEP_SUMMARIES = timedelta(days=30)
#: Samples of refused messages; older ones go.
KEEP_REFUSALS = 1000

#: The channel on which a hub tells the others that it has written.
CHANNEL = "maskgate"
#: Under this number hubs that start or begin to lead line up.
_LINE, LINE_S = 0x6D61736C, 10

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Letter:
    """Something that must leave by MQTT, as a row of the outbox."""

    id: str
    topic: str
    payload: bytes
    retain: bool = False
    expires_at: datetime | None = None


def _insert(tx: Connection, table: Table) -> Any:
    """Return the insert that knows ON CONFLICT on this database, and asks for no row numbers."""
    return _insert_on(tx.dialect.name, table)


# Each statement is put together once, and not for every transaction.
@cache
def _insert_on(dialect: str, table: Table) -> Any:
    return (postgresql if dialect == "postgresql" else sqlite).insert(table).inline()


@cache
def _new(dialect: str, table: Table) -> Any:
    return _insert_on(dialect, table).on_conflict_do_nothing()


@cache
def _plain(table: Table) -> Any:
    return table.insert().inline()


@cache
def _door(dialect: str) -> Any:
    statement = _insert_on(dialect, doors)
    news = {name: statement.excluded[name] for name in ("changed_at", "machine", "state", "display")}
    return statement.on_conflict_do_update(index_elements=["door"], set_=news | {"version": doors.c.version + 1})


@cache
def _sums(dialect: str, table: Table, column: str) -> Any:
    statement = _insert_on(dialect, table)
    added = {name: table.c[name] + statement.excluded[name] for name in Counters.model_fields}
    return statement.on_conflict_do_update(index_elements=["door", column], set_=added)


def put_passages(tx: Connection, rows: Iterable[tuple[str, Passage, datetime]]) -> None:
    """Write verdicts (door, verdict, received); one that is there already stays as it is."""
    values = [
        {name: getattr(passage, name) for name in _PASSAGE} | {"door": door, "received_at": received}
        for door, passage, received in rows
    ]
    if values:
        tx.execute(_new(tx.dialect.name, passages), values)


_PASSAGE = (
    "passage", "revision", "node", "seen_from", "seen_to", "state", "confidence", "frames", "faces_in_view", "model",
    "reason",
)  # fmt: skip


def put_decisions(tx: Connection, made: Iterable[Decision]) -> None:
    """Write decisions."""
    values = [
        {name: getattr(one, name) for name in _DECISION} | {"document": Written(one.model_dump_json())} for one in made
    ]
    if values:
        tx.execute(_plain(decisions), values)


_DECISION = ("id", "door", "at", "passage", "revision", "event_type", "decision")


def put_doors(tx: Connection, now: datetime, rows: Mapping[str, Row]) -> None:
    """Write doors, each by its id: `machine`, `state` and `display`."""
    if rows:
        values = [{"door": door, "changed_at": now, "version": 1, **row} for door, row in rows.items()]
        tx.execute(_door(tx.dialect.name), values)


def put_mark(tx: Connection, name: str, number: int) -> None:
    """Keep a number under a name."""
    row: Row = {"name": name, "number": number}
    tx.execute(_insert(tx, marks).values(row).on_conflict_do_update(index_elements=["name"], set_=row))


def tell_hubs(tx: Connection, me: str) -> None:
    """Tell the other hubs, once the transaction is on disk, that there is news (PostgreSQL)."""
    tx.execute(select(func.pg_notify(CHANNEL, me)))


def line_up(tx: Connection) -> None:
    """Let hubs that start or begin to lead do so one after another, and wait for it (PostgreSQL)."""
    tx.execute(select(func.set_config("lock_timeout", f"{LINE_S}s", True)))
    tx.execute(select(func.pg_advisory_xact_lock(_LINE)))


def drop_doors(tx: Connection, keep: Sequence[str]) -> list[str]:
    """Forget the doors that are no longer configured; returns their ids."""
    gone = list(tx.scalars(select(doors.c.door).where(doors.c.door.not_in(keep))))
    tx.execute(delete(doors).where(doors.c.door.in_(gone)))
    return gone


def drop_nodes(tx: Connection, keep: Sequence[str]) -> list[str]:
    """Forget the nodes that are no longer configured; returns their ids."""
    gone = list(tx.scalars(select(nodes.c.node).where(nodes.c.node.not_in(keep))))
    tx.execute(delete(nodes).where(nodes.c.node.in_(gone)))
    return gone


def add_counts(tx: Connection, sums: Mapping[tuple[str, str], Counters]) -> None:
    """Add to the counts of hours, each by door and hour (YYYY-MM-DDTHH, site time), and of their days."""
    if not sums:
        return
    for table, column, length in ((counts, "day", 10), (hours, "hour", 13)):
        rows = [{"door": door, column: hour[:length], **more.model_dump()} for (door, hour), more in sums.items()]
        tx.execute(_sums(tx.dialect.name, table, column), rows)


def put_node(tx: Connection, node: str, now: datetime, values: Row) -> None:
    """Write what a node said of itself: `availability`, `health`, or both."""
    row: Row = {"node": node, "heard_at": now, **values}
    tx.execute(_insert(tx, nodes).values(row).on_conflict_do_update(index_elements=["node"], set_=row))


def put_refusals(tx: Connection, rows: list[Row]) -> None:
    """Write what was refused."""
    if rows:
        tx.execute(_plain(refusals), rows)


def put_evidence(tx: Connection, rows: list[Row]) -> None:
    """Write pictures; the first of a passage stays."""
    if rows:
        tx.execute(_new(tx.dialect.name, evidence), rows)


def put_notices(tx: Connection, rows: list[Row]) -> None:
    """Write notices that wait to be sent."""
    if rows:
        tx.execute(_plain(notices), rows)


def acknowledge(tx: Connection, doors: Iterable[str]) -> None:
    """Let no escalation of these doors go out any more that waits for somebody to acknowledge."""
    waits = (notices.c.status == "waiting") & (notices.c.attempts == 0) & notices.c.kind.like("%-step%")
    for door in doors:
        tx.execute(update(notices).where(waits, notices.c.door == door).values(status="acknowledged"))


def put_letters(tx: Connection, letters: Sequence[Letter], now: datetime) -> None:
    """Write what must leave; it leaves in this order."""
    values = [
        {
            "id": one.id, "topic": one.topic, "payload": one.payload, "retain": one.retain,
            "expires_at": one.expires_at, "created_at": now,
        }
        for one in letters
    ]  # fmt: skip
    if values:
        tx.execute(_plain(outbox), values)


def mark_sent(tx: Connection, seqs: Sequence[int], now: datetime) -> None:
    """Note that the broker has these."""
    if seqs:
        tx.execute(update(outbox).where(outbox.c.seq.in_(seqs)).values(sent_at=now))


def claim(tx: Connection, seqs: Sequence[int], now: datetime) -> set[int]:
    """Mark letters as sent before they are; returns those that nobody had marked. No two hubs get the same one."""
    mine = update(outbox).where(outbox.c.seq.in_(seqs), outbox.c.sent_at.is_(None)).values(sent_at=now)
    return set(tx.scalars(mine.returning(outbox.c.seq)))


def drop_superseded(tx: Connection, topics: Sequence[str]) -> None:
    """Delete what waits for these topics: newer news are about to be said."""
    tx.execute(delete(outbox).where(outbox.c.sent_at.is_(None), outbox.c.topic.in_(topics)))


def drop_letters(tx: Connection, seqs: Sequence[int]) -> None:
    """Let go of what need not be sent any more: it expired, or newer news of the same topic are there."""
    if seqs:
        tx.execute(delete(outbox).where(outbox.c.seq.in_(seqs)))


def purge(tx: Connection, now: datetime, *, events: timedelta, pictures: timedelta, first_day: str) -> int:
    """Delete a few rows of what is older than its retention; returns how many, 0 when there is nothing left.

    `events` and `pictures` are how long those stay; `first_day` is the first day of counts that stays (YYYY-MM-DD).
    Notices that still wait are never deleted. A summary's row stays until its period cannot be told again.
    """
    old = now - events
    is_untold = (notices.c.status == "waiting") | ((notices.c.status == "held") & notices.c.counted_in.is_(None))
    is_summary = notices.c.kind.in_(("daily", "weekly"))
    due = (
        (passages, passages.c.received_at < old),
        (decisions, decisions.c.at < old),
        (notices, (notices.c.created_at < old) & ~is_untold & ~is_summary),
        (notices, (notices.c.created_at < now - KEEP_SUMMARIES) & ~is_untold & is_summary),
        (outbox, outbox.c.sent_at < now - KEEP_SENT),
        (refusals, refusals.c.seq <= select(func.max(refusals.c.seq) - KEEP_REFUSALS).scalar_subquery()),
        (refusals, refusals.c.at < old),
        (evidence, evidence.c.received_at < now - pictures),
        (erasures, erasures.c.at < old),
        (audit, audit.c.at < old),
    )
    gone = 0
    for table, condition in due:
        some = select(table.c.seq).where(condition).limit(PURGE_ROWS)
        gone += tx.execute(delete(table).where(table.c.seq.in_(some))).rowcount
    for column in (counts.c.day, hours.c.hour):
        gone += tx.execute(delete(column.table).where(column < first_day)).rowcount
    return gone

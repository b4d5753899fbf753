"""The rows of the queue: what `schedule` decides is read and written here, and nothing is decided.

`counted_in` names the notice that tells of a row: itself, once it is sorted to be sent; a later one, once that
reports what the cooldown suppressed. A row that none tells of yet has none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, true, update

from hub.notices.plan import SEVERE, NoticeRow, Status
from hub.notices.schedule import Fresh, Group, Opener, Triage
from hub.store.schema import evidence, notices
from hub.store.write import put_notices

#: How many rows one transaction takes, so that the decisions' own transactions never wait long.
BATCH = 500


def fresh(conn: Connection) -> list[Fresh]:
    """Return notices that nobody has sorted yet, the oldest first."""
    table = notices.c
    rows = conn.execute(
        select(table.seq, table.id, table.recipient, table.door, table.kind, table.created_at, table.facts)
        .where(table.status == Status.WAITING, table.counted_in.is_(None))
        .order_by(table.seq)
        .limit(BATCH)
    )
    return [
        Fresh(row.seq, row.id, _group(row), row.created_at, row.facts.get("passage"), row.facts.get("revision"))
        for row in rows
    ]


def opener(conn: Connection, group: Group) -> Opener | None:
    """Return the notice that the group's cooldown runs from: the latest that was not suppressed."""
    table = notices.c
    row = conn.execute(
        select(table.id, table.created_at, table.facts, table.status, table.attempts)
        .where(_in(group), table.counted_in == table.id)
        .order_by(table.created_at.desc(), table.seq.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    return Opener(row.id, row.created_at, row.facts.get("passage"), row.status == Status.WAITING and not row.attempts)


def apply(conn: Connection, sorted_: Triage) -> None:
    """Write what was suppressed, and hand it to the notices that carry its count."""
    by_carrier: dict[str | None, list[str]] = {}
    for notice, counted_in in sorted_.suppressed:
        by_carrier.setdefault(counted_in, []).append(notice)
    for counted_in, ids in by_carrier.items():
        conn.execute(
            update(notices).where(notices.c.id.in_(ids)).values(status=Status.SUPPRESSED, counted_in=counted_in)
        )
    conn.execute(update(notices).where(notices.c.id.in_(sorted_.held)).values(status=Status.HELD))
    for carrier in sorted_.carriers:
        silent = and_(_in(carrier.group), _uncounted(), notices.c.seq < carrier.seq)
        conn.execute(update(notices).where(or_(silent, notices.c.id == carrier.id)).values(counted_in=carrier.id))


def silenced(conn: Connection) -> list[tuple[Group, int]]:
    """Return the groups that hold suppressed notices which none has reported yet, with the last `seq` of each."""
    table = notices.c
    rows = conn.execute(
        select(table.recipient, table.door, table.kind, func.max(table.seq).label("last"))
        .where(_uncounted())
        .group_by(table.recipient, table.door, table.kind)
    )
    return [(_group(row), row.last) for row in rows]


def held(conn: Connection) -> list[str]:
    """Return the recipients who have not been told yet of what their quiet hours held back."""
    untold = and_(notices.c.status == Status.HELD, notices.c.counted_in.is_(None))
    return list(conn.scalars(select(notices.c.recipient).where(untold).distinct()))


def put_quiet_digest(conn: Connection, digest: NoticeRow, *, severe_too: bool) -> None:
    """Add the digest after quiet hours, which takes over all that waited for their end: the suppressed ones too.

    `severe_too`: those of the severe kinds also, which otherwise have a digest of their own at any hour.
    """
    waited = or_(notices.c.status == Status.HELD, and_(_uncounted(), _not_severe(severe_too)))
    theirs = and_(notices.c.recipient == digest.recipient, notices.c.counted_in.is_(None), waited)
    conn.execute(update(notices).where(theirs).values(counted_in=digest.id))
    put_notices(conn, [asdict(digest)])


def put_once(conn: Connection, notice: NoticeRow) -> None:
    """Add a notice unless one with its id is there already, whatever became of that."""
    there = conn.scalar(select(notices.c.seq).where(notices.c.id == notice.id))
    if there is None:
        put_notices(conn, [asdict(notice)])


def picture(conn: Connection, passage: str, node: str) -> bytes | None:
    """Return the picture of a passage, where one is kept."""
    found: bytes | None = conn.scalar(
        select(evidence.c.jpeg).where(evidence.c.passage == passage, evidence.c.node == node)
    )
    return found


def facts_of(conn: Connection, seq: int) -> dict[str, Any]:
    """Return the facts of one notice."""
    facts: dict[str, Any] = conn.execute(select(notices.c.facts).where(notices.c.seq == seq)).scalar_one()
    return facts


def put_digest(conn: Connection, digest: NoticeRow) -> None:
    """Add a digest, which takes over all that its group has suppressed and not reported."""
    group = Group(digest.recipient, digest.door, digest.kind)
    conn.execute(update(notices).where(_in(group), _uncounted()).values(counted_in=digest.id))
    put_notices(conn, [asdict(digest)])


def due(conn: Connection, now: datetime, paused: Iterable[str]) -> Row[Any] | None:
    """Return the sorted notice that is due the longest, leaving out recipients that are `paused`."""
    return conn.execute(
        select(notices)
        .where(
            notices.c.status == Status.WAITING,
            notices.c.counted_in.is_not(None),
            notices.c.next_try <= now,
            notices.c.recipient.not_in(sorted(paused)),
        )
        .order_by(notices.c.next_try, notices.c.seq)
        .limit(1)
    ).first()


def next_tries(conn: Connection) -> dict[str, datetime]:
    """Return the next due moment by recipient."""
    return dict(
        conn.execute(
            select(notices.c.recipient, func.min(notices.c.next_try, type_=notices.c.next_try.type))
            .where(notices.c.status == Status.WAITING)
            .group_by(notices.c.recipient)
        )
        .tuples()
        .all()
    )


def carried(conn: Connection, notice: str) -> list[Mapping[str, Any]]:
    """Return the facts of what this notice reports besides itself, in order."""
    told = and_(notices.c.counted_in == notice, notices.c.id != notice)
    return list(conn.scalars(select(notices.c.facts).where(told).order_by(notices.c.seq)))


def set_fate(conn: Connection, notice: str, **values: Any) -> None:
    """Write what became of a notice."""
    conn.execute(update(notices).where(notices.c.id == notice).values(**values))


def take(conn: Connection, notice: Row[Any], **values: Any) -> bool:
    """Write that a notice is being sent; False where somebody has touched it since it was read."""
    same = (notices.c.id == notice.id, notices.c.status == Status.WAITING, notices.c.attempts == notice.attempts)
    return conn.execute(update(notices).where(*same).values(**values)).rowcount == 1


def having(conn: Connection, status: Status, limit: int) -> list[Row[Any]]:
    """Return the latest notices of a status, the newest first."""
    wanted = select(notices).where(notices.c.status == status).order_by(notices.c.seq.desc()).limit(limit)
    return list(conn.execute(wanted))


def revive(conn: Connection, now: datetime, ids: Iterable[str] | None = None) -> list[str]:
    """Let notices that were given up wait again, all of them or those named; returns which."""
    which = notices.c.status == Status.FAILED
    if ids is not None:
        which = and_(which, notices.c.id.in_(sorted(ids)))
    found = list(conn.scalars(select(notices.c.id).where(which)))
    conn.execute(
        update(notices).where(notices.c.id.in_(found)).values(
            status=Status.WAITING, attempts=0, next_try=now, revived_at=now,
            # One that was never sorted (its recipient was gone, say) counts as itself, and no cooldown holds it back.
            counted_in=func.coalesce(notices.c.counted_in, notices.c.id),
        )
    )  # fmt: skip
    return found


def _group(row: Any) -> Group:
    return Group(row.recipient, row.door, row.kind)


def _in(group: Group) -> Any:
    table = notices.c
    return and_(table.recipient == group.recipient, table.door == group.door, table.kind == group.kind)


def _not_severe(severe_too: bool) -> Any:
    return true() if severe_too else notices.c.kind.not_like(f"%{SEVERE}")


def _uncounted() -> Any:
    return and_(notices.c.status == Status.SUPPRESSED, notices.c.counted_in.is_(None))

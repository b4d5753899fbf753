"""Erasing on request (P9): everything that speaks of certain people, in one transaction, with an account of it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Table, and_, delete, func, select, true

from hub.store.open import writing
from hub.store.schema import (
    audit,
    counts,
    decisions,
    erasures,
    evidence,
    hours,
    notices,
    outbox,
    passages,
    refusals,
)


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is to go. Of several conditions all must hold; with none of them, everything goes."""

    passage: str | None = None
    node: str | None = None
    door: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def anonymous(self) -> bool:
        """Whether counts by day go too. They name nobody: they go with a whole door or with everything only."""
        return (self.passage, self.node, self.since, self.until) == (None, None, None, None)

    def covers(self, *, passage: str | None, node: str | None, door: str, at: datetime | None) -> bool:
        """Whether something of this passage, node, door and time is to go."""
        return (
            self.passage in (None, passage)
            and self.node in (None, node)
            and self.door in (None, door)
            and (self.since is None or (at is not None and at >= self.since))
            and (self.until is None or (at is not None and at < self.until))
        )


def erase(db: Engine, what: Erasure, now: datetime) -> dict[str, int]:
    """Erase and return how many rows went, by table. A notice that waits goes too, and is not sent.

    On SQLite what was erased is overwritten in the file. Copies elsewhere (back-ups, mails) are not reached.
    """
    sqlite = db.dialect.name == "sqlite"
    with writing(db) as tx:
        if sqlite:
            tx.exec_driver_sql("PRAGMA secure_delete=ON")  # of this connection, from here on
        gone = {
            table.name: tx.execute(delete(table).where(condition)).rowcount for table, condition in _conditions(what)
        }
        facts: dict[str, Any] = {name: value for name, value in asdict(what).items() if value is not None}
        facts = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in facts.items()}
        tx.execute(erasures.insert().values(at=now, what=facts, rows=gone))
    if sqlite:
        raw = db.raw_connection()
        try:  # outside a transaction: what the log still holds goes into the file, and the log is emptied
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            raw.close()
    return gone


def newest(db: Engine) -> int:
    """Return the number of the last erasure, 0 before the first."""
    with db.connect() as connection:
        return connection.scalar(select(func.max(erasures.c.seq))) or 0


def since(db: Engine, seq: int) -> list[Erasure]:
    """Return the erasures after number `seq`."""
    with db.connect() as connection:
        found = connection.scalars(select(erasures.c.what).where(erasures.c.seq > seq).order_by(erasures.c.seq)).all()
    times = ("since", "until")
    return [
        Erasure(**(what | {name: datetime.fromisoformat(what[name]) for name in times if name in what}))
        for what in found
    ]


def _conditions(what: Erasure) -> list[tuple[Table, Any]]:
    """Return what goes of each table."""
    facts, document = notices.c.facts, decisions.c.document
    found = [
        (passages, _all(what, passages.c.passage, passages.c.node, passages.c.door, passages.c.received_at)),
        (decisions, _all(what, decisions.c.passage, document["node"].as_string(), decisions.c.door, decisions.c.at)),
        # That a period was summed up stays, or it would be again; it names nobody.
        (notices, and_(notices.c.kind.not_in(("daily", "weekly")),
                       _all(what, facts["passage"].as_string(), facts["node"].as_string(), notices.c.door,
                            notices.c.created_at))),
        (evidence, _all(what, evidence.c.passage, evidence.c.node, evidence.c.door, evidence.c.received_at)),
        # Who looked at which picture says that there was one.
        (audit, and_(audit.c.action == "picture", _all(what, audit.c.facts["passage"].as_string(),
                                                       audit.c.facts["node"].as_string(), audit.c.door, audit.c.at))),
        # Samples of refused messages and copies of what was sent are kept for a look only: all of that time go.
        (refusals, _within(what, refusals.c.at)),
        (outbox, and_(outbox.c.sent_at.is_not(None), _within(what, outbox.c.created_at))),
    ]  # fmt: skip
    if what.anonymous:
        found += [(table, table.c.door == what.door if what.door else true()) for table in (counts, hours)]
    return found


def _all(what: Erasure, passage: Any, node: Any, door: Any, at: Any) -> Any:
    wanted = ((what.passage, passage), (what.node, node), (what.door, door))
    return and_(_within(what, at), *(column == value for value, column in wanted if value is not None))


def _within(what: Erasure, at: Any) -> Any:
    return and_(true() if what.since is None else at >= what.since, true() if what.until is None else at < what.until)

"""The tables. One transaction writes across them all, so that nothing is half decided (M1, M2)."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

metadata = MetaData()


class Moment(TypeDecorator[datetime]):
    """An aware time, kept as milliseconds since 1970 UTC: the same on every database, and quick to compare."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Write."""
        return None if value is None else round(value.timestamp() * 1000)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Read."""
        return None if value is None else datetime.fromtimestamp(value / 1000, UTC)


#: SQLite numbers rows by itself only for INTEGER; elsewhere the number may grow larger.
Sequence = BigInteger().with_variant(Integer, "sqlite")

#: Every verdict that was taken in, once per id and revision.
passages = Table(
    "passages", metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("passage", String(64), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("node", String(48), nullable=False),
    Column("door", String(48), nullable=False),
    Column("seen_from", Moment, nullable=False),
    Column("seen_to", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("state", String(16), nullable=False),
    Column("confidence", Float, nullable=False),
    Column("frames", Integer, nullable=False),
    Column("faces_in_view", Integer, nullable=False),
    Column("model", String(200), nullable=False),
    Column("reason", String(16), nullable=False),
    Index("passages_once", "passage", "revision", "node", unique=True),
    # Lists are read by time, the newest first, page by page from where the last one ended.
    Index("passages_received", "received_at", "seq"),
    Index("passages_door", "door", "received_at", "seq"),
    Index("passages_node", "node", "received_at", "seq"),
    Index("passages_state", "state", "received_at", "seq"),
    # Of a rare kind, or one that there is not at all, no more is looked at than is found.
    Index("passages_door_state", "door", "state", "received_at", "seq"),
    Index("passages_node_door_state", "node", "door", "state", "received_at", "seq"),
)  # fmt: skip

#: What was decided, as the `Decision` message says it.
decisions = Table(
    "decisions", metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("door", String(48), nullable=False),
    Column("at", Moment, nullable=False),
    Column("passage", String(64)),
    Column("revision", Integer),
    Column("event_type", String(16), nullable=False),
    Column("decision", String(16), nullable=False),
    Column("document", JSON, nullable=False),
    Index("decisions_at", "at", "seq"),
    Index("decisions_door_at", "door", "at", "seq"),
    Index("decisions_event_at", "event_type", "at", "seq"),
    Index("decisions_door_event_at", "door", "event_type", "at", "seq"),
    Index("decisions_passage", "passage"),
)  # fmt: skip

#: A door as it stands: the state of the policy machine, and the two retained documents that follow from it.
doors = Table(
    "doors", metadata,
    Column("door", String(48), primary_key=True),
    Column("machine", JSON, nullable=False),
    Column("state", JSON, nullable=False),
    Column("display", JSON, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("version", BigInteger, nullable=False, default=1, server_default="0"),  # how often the row was written
)  # fmt: skip

#: What must leave by MQTT. A row is marked when the broker has taken it, and never sent after `expires_at`.
outbox = Table(
    "outbox", metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("topic", String(255), nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("retain", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("sent_at", Moment),
    Index("outbox_waiting", "sent_at", "seq"),
)  # fmt: skip

#: Notices: one row per message, recipient and attempt to reach it; written with the decision that caused it.
notices = Table(
    "notices", metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    Column("recipient", String(48), nullable=False),
    Column("door", String(48), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("facts", JSON, nullable=False),
    # waiting -> sent | failed; or suppressed by the cooldown, then counted into a later notice (`counted_in`)
    Column("status", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_try", Moment, nullable=False),
    Column("last_error", Text),
    Column("sent_at", Moment),
    Column("counted_in", String(64)),
    Column("revived_at", Moment),  # given up, and taken up again by a person
    Index("notices_due", "status", "next_try"),
    Index("notices_recipient", "recipient", "door", "kind", "created_at"),
    Index("notices_status", "status", "seq"),
    Index("notices_to", "recipient", "seq"),
    Index("notices_to_status", "recipient", "status", "seq"),
    Index("notices_created", "created_at"),
)  # fmt: skip

#: People and violations by door and day of the site's calendar (YYYY-MM-DD).
counts = Table(
    "counts", metadata,
    Column("door", String(48), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("people", Integer, nullable=False, default=0),
    Column("violations", Integer, nullable=False, default=0),
    Column("late", Integer, nullable=False, default=0),
)  # fmt: skip

#: The same by hour of the site's clock (YYYY-MM-DDTHH); an hour that comes twice is one.
hours = Table(
    "hours", metadata,
    Column("door", String(48), primary_key=True),
    Column("hour", String(13), primary_key=True),
    Column("people", Integer, nullable=False, default=0),
    Column("violations", Integer, nullable=False, default=0),
    Column("late", Integer, nullable=False, default=0),
    Index("hours_hour", "hour"),
)  # fmt: skip

#: What was refused at the door of the hub: a sample of each kind, for whoever must find out why.
refusals = Table(
    "refusals", metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("sender", String(48), nullable=False),  # a configured node, door or lock topic's door; "?" for strangers
    Column("kind", String(16), nullable=False),
    Column("topic", String(255), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("size", Integer, nullable=False),
    Column("payload", LargeBinary, nullable=False),  # its beginning
    Index("refusals_at", "at"),
)  # fmt: skip

#: Pictures of passages, only where the site opted in: a row each, never a file.
evidence = Table(
    "evidence", metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("passage", String(64), nullable=False),
    Column("node", String(48), nullable=False),
    Column("door", String(48), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("jpeg", LargeBinary, nullable=False),
    Index("evidence_once", "passage", "node", unique=True),
    Index("evidence_received", "received_at"),
)  # fmt: skip

#: What was erased on request: when, by which words, and how much. A hub that runs sees here that it must forget too.
erasures = Table(
    "erasures", metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("what", JSON, nullable=False),
    Column("rows", JSON, nullable=False),
)  # fmt: skip

#: Nodes as last heard: availability and the `NodeHealth` document.
nodes = Table(
    "nodes", metadata,
    Column("node", String(48), primary_key=True),
    Column("availability", String(16)),
    Column("health", JSON),
    Column("heard_at", Moment, nullable=False),
)  # fmt: skip

#: The hubs of a site that are there, by PostgreSQL's own clock (seconds since 1970). Only where several may be.
hubs = Table(
    "hubs", metadata,
    Column("hub", String(64), primary_key=True),
    Column("until", Float(53), nullable=False),
)  # fmt: skip

#: Which hub leads, until when by PostgreSQL's own clock. Each change of the holder raises the token.
leases = Table(
    "leases", metadata,
    Column("name", String(16), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("until", Float(53), nullable=False),
)  # fmt: skip

#: Numbers that must survive, by name: `erasure` is the last one that the doors have heard of.
marks = Table(
    "marks", metadata,
    Column("name", String(32), primary_key=True),
    Column("number", BigInteger, nullable=False),
)  # fmt: skip

#: Who may sign in. Passwords are hashed (Argon2id); one without has a link to choose one.
people = Table(
    "people", metadata,
    Column("name", String(48), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("password", String(255)),
    Column("created_at", Moment, nullable=False),
)  # fmt: skip

#: Who is signed in. Here and below only hashes of what people and machines show are kept.
sessions = Table(
    "sessions", metadata,
    Column("hash", String(64), primary_key=True),
    Column("person", String(48), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment, nullable=False),
    Column("address", String(64), nullable=False),
    Index("sessions_person", "person"),
)  # fmt: skip

#: What machines show instead of a password.
tokens = Table(
    "tokens", metadata,
    Column("id", String(32), primary_key=True),
    Column("hash", String(64), nullable=False, unique=True),
    Column("name", String(60), nullable=False),
    Column("role", String(16), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("created_by", String(48), nullable=False),
    Column("expires_at", Moment),
    Column("used_at", Moment),
)  # fmt: skip

#: One-time links to choose a password; without a person: to become the first administrator.
links = Table(
    "links", metadata,
    Column("hash", String(64), primary_key=True),
    Column("person", String(48)),
    Column("expires_at", Moment, nullable=False),
)  # fmt: skip

#: Wrong passwords in a row, by account, by address, and by browser that has signed in before (P6).
attempts = Table(
    "attempts", metadata,
    Column("key", String(80), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Moment, nullable=False),
    Index("attempts_last", "last_at"),
)  # fmt: skip

#: What people and machines did at the pages.
audit = Table(
    "audit", metadata,
    Column("seq", Sequence, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("actor", String(80), nullable=False),
    Column("action", String(32), nullable=False),
    Column("door", String(48)),
    Column("facts", JSON, nullable=False),
    Index("audit_at", "at", "seq"),
)  # fmt: skip

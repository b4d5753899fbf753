"""Who may sign in and what they did, counts by hour, and what lists need to be read page by page."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0004", "0003"

_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make them."""
    _lists()
    op.create_table(
        "hours",
        sa.Column("door", sa.String(48), primary_key=True),
        sa.Column("hour", sa.String(13), primary_key=True),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("violations", sa.Integer, nullable=False),
        sa.Column("late", sa.Integer, nullable=False),
    )
    op.create_index("hours_hour", "hours", ["hour"])
    op.create_table(
        "people",
        sa.Column("name", sa.String(48), primary_key=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("password", sa.String(255)),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("person", sa.String(48), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
    )
    op.create_index("sessions_person", "sessions", ["person"])
    op.create_table(
        "tokens",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("hash", sa.String(64), nullable=False, unique=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(48), nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("used_at", sa.BigInteger),
    )
    op.create_table(
        "links",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("person", sa.String(48)),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "attempts",
        sa.Column("key", sa.String(80), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
    )
    op.create_index("attempts_last", "attempts", ["last_at"])
    op.create_table(
        "audit",
        sa.Column("seq", _SEQ, primary_key=True, autoincrement=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.String(80), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("door", sa.String(48)),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    op.create_index("audit_at", "audit", ["at", "seq"])


def _lists() -> None:
    op.drop_index("passages_received", "passages")
    op.create_index("passages_received", "passages", ["received_at", "seq"])
    for column in ("door", "node", "state"):
        op.create_index(f"passages_{column}", "passages", [column, "received_at", "seq"])
    op.drop_index("decisions_door_at", "decisions")
    op.create_index("decisions_at", "decisions", ["at", "seq"])
    op.create_index("decisions_door_at", "decisions", ["door", "at", "seq"])
    op.create_index("decisions_event_at", "decisions", ["event_type", "at", "seq"])
    op.create_index("notices_status", "notices", ["status", "seq"])
    op.create_index("notices_to", "notices", ["recipient", "seq"])
    op.create_index("notices_created", "notices", ["created_at"])

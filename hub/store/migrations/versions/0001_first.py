"""The first tables: verdicts, decisions, doors, outbox, notices, counts, nodes."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None

_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "passages",
        sa.Column("seq", _SEQ, primary_key=True, autoincrement=True),
        sa.Column("passage", sa.String(64), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("node", sa.String(48), nullable=False),
        sa.Column("door", sa.String(48), nullable=False),
        sa.Column("seen_from", sa.BigInteger, nullable=False),
        sa.Column("seen_to", sa.BigInteger, nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("frames", sa.Integer, nullable=False),
        sa.Column("faces_in_view", sa.Integer, nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("reason", sa.String(16), nullable=False),
    )
    op.create_index("passages_once", "passages", ["passage", "revision", "node"], unique=True)
    op.create_index("passages_received", "passages", ["received_at"])
    op.create_table(
        "decisions",
        sa.Column("seq", _SEQ, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("door", sa.String(48), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("passage", sa.String(64)),
        sa.Column("revision", sa.Integer),
        sa.Column("event_type", sa.String(16), nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
    )
    op.create_index("decisions_door_at", "decisions", ["door", "at"])
    op.create_index("decisions_passage", "decisions", ["passage"])
    op.create_table(
        "doors",
        sa.Column("door", sa.String(48), primary_key=True),
        sa.Column("machine", sa.JSON, nullable=False),
        sa.Column("state", sa.JSON, nullable=False),
        sa.Column("display", sa.JSON, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("seq", _SEQ, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("topic", sa.String(255), nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("retain", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("sent_at", sa.BigInteger),
    )
    op.create_index("outbox_waiting", "outbox", ["sent_at", "seq"])
    op.create_table(
        "notices",
        sa.Column("seq", _SEQ, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(64), nullable=False, unique=True),
        sa.Column("recipient", sa.String(48), nullable=False),
        sa.Column("door", sa.String(48), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_try", sa.BigInteger, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("sent_at", sa.BigInteger),
        sa.Column("counted_in", sa.String(64)),
    )
    op.create_index("notices_due", "notices", ["status", "next_try"])
    op.create_index("notices_recipient", "notices", ["recipient", "door", "kind", "created_at"])
    op.create_table(
        "counts",
        sa.Column("door", sa.String(48), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("violations", sa.Integer, nullable=False),
        sa.Column("late", sa.Integer, nullable=False),
    )
    op.create_table(
        "nodes",
        sa.Column("node", sa.String(48), primary_key=True),
        sa.Column("availability", sa.String(16)),
        sa.Column("health", sa.JSON),
        sa.Column("heard_at", sa.BigInteger, nullable=False),
    )

"""What is put aside: samples of refused messages, pictures, the account of erasures."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"

_SEQ = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "refusals",
        sa.Column("seq", _SEQ, primary_key=True, autoincrement=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("sender", sa.String(48), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("topic", sa.String(255), nullable=False),
        sa.Column("reason", sa.String(500), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )
    op.create_index("refusals_at", "refusals", ["at"])
    op.create_table(
        "evidence",
        sa.Column("seq", _SEQ, primary_key=True, autoincrement=True),
        sa.Column("passage", sa.String(64), nullable=False),
        sa.Column("node", sa.String(48), nullable=False),
        sa.Column("door", sa.String(48), nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("jpeg", sa.LargeBinary, nullable=False),
    )
    op.create_index("evidence_once", "evidence", ["passage", "node"], unique=True)
    op.create_index("evidence_received", "evidence", ["received_at"])
    op.create_table(
        "erasures",
        sa.Column("seq", _SEQ, primary_key=True, autoincrement=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("what", sa.JSON, nullable=False),
        sa.Column("rows", sa.JSON, nullable=False),
    )

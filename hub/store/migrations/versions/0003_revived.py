"""When a notice that was given up was taken up again: its patience runs from then."""

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"


def upgrade() -> None:
    """Make room for it."""
    op.add_column("notices", sa.Column("revived_at", sa.BigInteger))

"""Indexes for lists that are filtered by several things at once."""

from alembic import op

revision, down_revision = "0006", "0005"


def upgrade() -> None:
    """Make them: a few seconds for each million rows."""
    op.create_index("passages_door_state", "passages", ["door", "state", "received_at", "seq"])
    op.create_index("passages_node_door_state", "passages", ["node", "door", "state", "received_at", "seq"])
    op.create_index("decisions_door_event_at", "decisions", ["door", "event_type", "at", "seq"])
    op.create_index("notices_to_status", "notices", ["recipient", "status", "seq"])

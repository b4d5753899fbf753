"""What of the outbox goes out, and as what. Pure."""

import logging
import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from maskgate.mqtt import Outbound

log = logging.getLogger(__name__)

#: A command made later than now, by more than this, was made before the clock was set back.
CLOCK_SLACK = timedelta(seconds=0.5)


def idle(rows: Sequence[Any], now: datetime) -> set[int]:
    """Return the rows that need not be sent: a newer one says all that they say, or they are too old."""
    newest = {row.topic: row.seq for row in rows if _only_newest(row)}
    needless = {row.seq for row in rows if _only_newest(row) and newest[row.topic] != row.seq}
    for row in rows:
        if late(row, now):
            log.warning("a command on %s had expired, or its age is not known; it is not sent", row.topic)
            needless.add(row.seq)
    return needless


def late(row: Any, now: datetime) -> bool:
    """Whether a row is too old to be obeyed, or its age is not known."""
    return row.expires_at is not None and not row.created_at - CLOCK_SLACK <= now < row.expires_at


def _only_newest(row: Any) -> bool:
    """Whether of several waiting rows of a topic only the last matters: what is retained, and lock commands."""
    return row.retain or row.expires_at is not None


def outbound(row: Any, now: datetime) -> Outbound:
    """Return a row as a message."""
    left = math.ceil((row.expires_at - now).total_seconds()) if row.expires_at else None
    return Outbound(row.topic, row.payload, retain=row.retain, expiry_s=left)

"""What people and machines did at the pages."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from hub.store.schema import audit


def note(tx: Connection, now: datetime, actor: str, action: str, *, door: str | None = None, **facts: Any) -> None:
    """Write down what somebody did; `facts` are plain JSON and hold no secret."""
    tx.execute(insert(audit).inline().values(at=now, actor=actor, action=action, door=door, facts=facts))

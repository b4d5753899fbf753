"""Making what machines show."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.roles import Role
from hub.store import access, audits
from hub.store.access import Token
from hub.web.security import secrets
from maskgate.ids import new_id


def new_token(
    tx: Connection, now: datetime, *, name: str, role: Role, days: float | None, by: str
) -> tuple[Token, str]:
    """Return a new token and its secret, which nobody can be told again."""
    ends = None if days is None else now + timedelta(days=days)
    made, secret = Token(new_id(now), name, role, now, by, ends, None), "mg_" + secrets.new_secret()
    access.add_token(tx, made, secrets.kept(secret))
    audits.note(tx, now, by, "token added", token=made.id, name=name, role=role)
    return made, secret

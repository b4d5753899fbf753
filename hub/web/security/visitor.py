"""Who asks: a person by a session, a machine by a token."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request

from hub.roles import Role
from hub.store import access, writing
from hub.web.context import Context
from hub.web.security.secrets import form_token, kept

#: That a session or token is used is written down no more often than this.
NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who has shown who they are. `form` is what their forms must hold; machines have none."""

    name: str
    role: Role
    form: str | None = None
    session: str | None = None  # as it is kept

    @property
    def actor(self) -> str:
        """The name as the records hold it."""
        return self.name if self.session else f"token {self.name}"


def cookie_name(request: Request) -> str:
    """Return the session cookie's name; the prefix makes browsers refuse one that was planted without TLS."""
    return "__Host-maskgate" if request.url.scheme == "https" else "maskgate"


def visitor(context: Context, request: Request) -> Visitor | None:
    """Return who asks; None: nobody that we know. A token that is shown and wrong is not made up for by a cookie."""
    if shown := request.headers.get("authorization"):
        kind, _, secret = shown.partition(" ")
        return _machine(context, secret.strip()) if kind.lower() == "bearer" else None
    secret = request.cookies.get(cookie_name(request), "")
    return _person(context, secret) if secret else None


def _machine(context: Context, secret: str) -> Visitor | None:
    found, now = access.token(context.db, kept(secret)), context.clock.now()
    if found is None or (found.expires_at and found.expires_at <= now):
        return None
    if found.used_at is None or now - found.used_at >= NOTED_EVERY:
        _note(context, lambda tx: access.use_token(tx, found.id, now))
    return Visitor(found.name, found.role)


def _person(context: Context, secret: str) -> Visitor | None:
    row, now, web = access.session(context.db, kept(secret)), context.clock.now(), context.config.web
    if row is None:
        return None
    if now - row.used_at >= timedelta(hours=web.idle_hours) or now - row.created_at >= timedelta(
        hours=web.session_hours
    ):
        return None
    if now - row.used_at >= NOTED_EVERY:
        _note(context, lambda tx: access.use_session(tx, row.hash, now))
    return Visitor(row.person, Role(row.role), form_token(secret), row.hash)


def _note(context: Context, use: Callable[[Connection], None]) -> None:
    """Write down that somebody was here. A store that takes nothing just now need not keep them from reading."""
    with contextlib.suppress(SQLAlchemyError), writing(context.db) as tx:
        use(tx)

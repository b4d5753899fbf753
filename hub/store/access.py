"""Who may sign in, who is signed in, and what machines show. Secrets come in hashed (see `hub.web.security`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from hub.roles import Role
from hub.store.schema import links, people, sessions, tokens


class AccessError(Exception):
    """Cannot be done; the text says why, in words for people."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in; without `password` only by a link."""

    name: str
    role: Role
    password: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """What a machine shows, without what it shows."""

    id: str
    name: str
    role: Role
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    used_at: datetime | None


def everybody(db: Engine) -> list[Person]:
    """Return all who may sign in, by name."""
    with db.connect() as connection:
        return [_person(row) for row in connection.execute(select(people).order_by(people.c.name))]


def person(db: Engine, name: str) -> Person | None:
    """Return one who may sign in."""
    with db.connect() as connection:
        row = connection.execute(select(people).where(people.c.name == name)).first()
    return _person(row) if row else None


def has_admin(connection: Connection) -> bool:
    """Whether anybody may say who may do what."""
    found = select(func.count()).where(people.c.role == Role.ADMIN, people.c.password.is_not(None))
    return bool(connection.scalar(found))


def add_person(tx: Connection, name: str, role: Role, password: str | None, now: datetime) -> None:
    """Add somebody; raises `AccessError` for a name that is taken."""
    if tx.execute(select(people.c.name).where(people.c.name == name)).first():
        raise AccessError(f"{name} is there already")
    tx.execute(insert(people).values(name=name, role=role, password=password, created_at=now))


def set_password(tx: Connection, name: str, password: str) -> None:
    """Change somebody's password; all their sessions and links end. Raises `AccessError`."""
    if not tx.execute(update(people).where(people.c.name == name).values(password=password)).rowcount:
        raise AccessError(f"there is nobody named {name}")
    _forget(tx, name)


def set_hash(tx: Connection, name: str, password: str) -> None:
    """Keep the same password hashed anew."""
    tx.execute(update(people).where(people.c.name == name).values(password=password))


def set_role(tx: Connection, name: str, role: Role) -> None:
    """Change what somebody may do, from their next request on. Raises `AccessError`."""
    if role is not Role.ADMIN:
        _keep_an_admin(tx, name)
    if not tx.execute(update(people).where(people.c.name == name).values(role=role)).rowcount:
        raise AccessError(f"there is nobody named {name}")


def remove_person(tx: Connection, name: str) -> None:
    """Remove somebody, and all their sessions and links. Raises `AccessError`."""
    _keep_an_admin(tx, name)
    if not tx.execute(delete(people).where(people.c.name == name)).rowcount:
        raise AccessError(f"there is nobody named {name}")
    _forget(tx, name)


def add_session(tx: Connection, hash_: str, name: str, address: str, now: datetime) -> None:
    """Note that somebody has signed in."""
    values = {"hash": hash_, "person": name, "created_at": now, "used_at": now, "address": address}
    tx.execute(insert(sessions).values(values))


def session(db: Engine, hash_: str) -> Any:
    """Return a session with its person's `role`, or None."""
    wanted = (
        select(sessions, people.c.role)
        .join_from(sessions, people, sessions.c.person == people.c.name)
        .where(sessions.c.hash == hash_)
    )
    with db.connect() as connection:
        return connection.execute(wanted).first()


def use_session(tx: Connection, hash_: str, now: datetime) -> None:
    """Note that a session is used."""
    tx.execute(update(sessions).where(sessions.c.hash == hash_).values(used_at=now))


def end_session(tx: Connection, hash_: str) -> None:
    """End a session."""
    tx.execute(delete(sessions).where(sessions.c.hash == hash_))


def end_old(tx: Connection, now: datetime, *, idle: timedelta, oldest: timedelta) -> None:
    """Forget sessions and links that are over."""
    tx.execute(delete(sessions).where((sessions.c.used_at < now - idle) | (sessions.c.created_at < now - oldest)))
    tx.execute(delete(links).where(links.c.expires_at < now))


def add_token(tx: Connection, made: Token, hash_: str) -> None:
    """Add a token."""
    values = {name: getattr(made, name) for name in Token.__slots__}
    tx.execute(insert(tokens).values(values | {"hash": hash_}))


def all_tokens(db: Engine) -> list[Token]:
    """Return all tokens, the oldest first."""
    with db.connect() as connection:
        return [_token(row) for row in connection.execute(select(tokens).order_by(tokens.c.created_at, tokens.c.id))]


def token(db: Engine, hash_: str) -> Token | None:
    """Return the token that is shown."""
    with db.connect() as connection:
        row = connection.execute(select(tokens).where(tokens.c.hash == hash_)).first()
    return _token(row) if row else None


def use_token(tx: Connection, id_: str, now: datetime) -> None:
    """Note that a token is used."""
    tx.execute(update(tokens).where(tokens.c.id == id_).values(used_at=now))


def remove_token(tx: Connection, id_: str) -> None:
    """Revoke a token; raises `AccessError`."""
    if not tx.execute(delete(tokens).where(tokens.c.id == id_)).rowcount:
        raise AccessError(f"there is no token {id_}")


def add_link(tx: Connection, hash_: str, name: str | None, expires_at: datetime) -> None:
    """Add a one-time link to choose a password: somebody's, or (None) the first administrator's."""
    tx.execute(insert(links).values(hash=hash_, person=name, expires_at=expires_at))


def link(connection: Connection, hash_: str, now: datetime) -> Any:
    """Return a link that still holds, or None. The first administrator's holds until there is one."""
    row = connection.execute(select(links).where(links.c.hash == hash_, links.c.expires_at > now)).first()
    return None if row is None or (row.person is None and has_admin(connection)) else row


def use_link(tx: Connection, hash_: str) -> bool:
    """Spend a link; False when somebody else has just done so."""
    return bool(tx.execute(delete(links).where(links.c.hash == hash_)).rowcount)


def _forget(tx: Connection, name: str) -> None:
    tx.execute(delete(sessions).where(sessions.c.person == name))
    tx.execute(delete(links).where(links.c.person == name))


def _keep_an_admin(tx: Connection, name: str) -> None:
    admins: Sequence[str] = tx.scalars(
        select(people.c.name).where(people.c.role == Role.ADMIN, people.c.password.is_not(None))
    ).all()
    if list(admins) == [name]:
        raise AccessError(f"{name} is the only administrator; make another one first")


def _person(row: Any) -> Person:
    return Person(row.name, Role(row.role), row.password, row.created_at)


def _token(row: Any) -> Token:
    return Token(row.id, row.name, Role(row.role), row.created_at, row.created_by, row.expires_at, row.used_at)

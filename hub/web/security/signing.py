"""Signing in and out, and the one-time links by which passwords are chosen."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hub.config import Web
from hub.roles import Role
from hub.store import access, attempts, audits, writing
from hub.store.access import AccessError
from hub.web.context import Context
from hub.web.security import secrets, throttle
from maskgate.ids import SLUG

#: How long a one-time link holds.
LINK_LASTS = timedelta(days=1)


class WrongPasswordError(Exception):
    """The name or the password is not right; which of both is not said."""


class TooSoonError(Exception):
    """After wrong passwords: none is looked at for `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"too many wrong passwords; wait {seconds:.0f} s")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What the browser keeps: the session's secret, and what it is known by next time."""

    session: str
    device: str


def sign_in(context: Context, name: str, password: str, *, address: str, device: str | None) -> SignedIn:
    """Begin a session with a secret of its own; raises `WrongPasswordError`, `TooSoonError`.

    A try is counted before it is looked at, so that many at once are no way around the delay.
    """
    now = context.clock.now()
    name = name.strip().lower()[:100]
    with writing(context.db) as tx:
        found = attempts.found(tx, throttle.candidates(name, address, device))
        keys = throttle.keys(name, address, device, found)
        wait = throttle.wait_s(keys, found, now)
        if wait <= 0:
            for key in keys.all:
                attempts.put(tx, key, throttle.counted(key, found, now), now)
    if wait > 0:
        raise TooSoonError(wait)
    person = access.person(context.db, name)
    if not secrets.fits(password, person.password if person else None) or person is None:
        ended = context.clock.now()  # from here the delay runs, however long the look took
        with writing(context.db) as tx:
            for key in keys.all:
                attempts.put(tx, key, throttle.counted(key, found, now), ended)
            audits.note(tx, ended, name[:80], "wrong password", address=address)
            attempts.tidy(tx, ended)
        raise WrongPasswordError
    with writing(context.db) as tx:
        attempts.drop(tx, [keys.account])
        if keys.address:
            attempts.put(tx, keys.address, found.get(keys.address, (0, now))[0], now)
        if person.password and secrets.outdated(person.password):
            access.set_hash(tx, name, secrets.hash_password(password))
        device = device if device and keys.known else secrets.new_secret()
        attempts.put(tx, throttle.device_key(name, device), 0, now)
        return SignedIn(_begin(context, tx, name, address), device)


def sign_out(context: Context, session: str, name: str) -> None:
    """End a session, by what is kept of it."""
    with writing(context.db) as tx:
        access.end_session(tx, session)
        audits.note(tx, context.clock.now(), name, "sign out")


def new_link(tx: Connection, web: Web, now: datetime, name: str | None) -> str:
    """Return a one-time link to choose a password: somebody's, or (None) the first administrator's."""
    secret = secrets.new_secret()
    access.add_link(tx, secrets.kept(secret), name, now + LINK_LASTS)
    return f"{web.address}/welcome?code={secret}"


def first_link(context: Context) -> str | None:
    """Return a one-time link for the first administrator; None where there is one."""
    with writing(context.db) as tx:
        return None if access.has_admin(tx) else new_link(tx, context.config.web, context.clock.now(), None)


def link_for(context: Context, code: str) -> tuple[bool, str | None]:
    """Say whether a link holds, and for whom."""
    with context.db.connect() as connection:
        row = access.link(connection, secrets.kept(code), context.clock.now())
    return (row is not None, row.person if row else None)


def use_link(context: Context, code: str, *, name: str, password: str, address: str) -> SignedIn:
    """Choose a password by a link, once, and begin a session; raises `AccessError`, in words for people."""
    now, code_hash = context.clock.now(), secrets.kept(code)
    holds, person = link_for(context, code)
    if not holds:
        raise AccessError("this link was used, or is too old")
    name = person or name.strip().lower()
    if not SLUG.fullmatch(name):
        raise AccessError("a name has small letters, digits, - and _, and is 48 characters long at most")
    if weak := secrets.weakness(password, name):
        raise AccessError(weak)
    hashed = secrets.hash_password(password)
    with writing(context.db) as tx:
        if access.link(tx, code_hash, now) is None or not access.use_link(tx, code_hash):
            raise AccessError("this link was used, or is too old")
        if person is None:
            access.add_person(tx, name, Role.ADMIN, hashed, now)
        else:
            access.set_password(tx, name, hashed)
        audits.note(tx, now, name, "password by link", address=address)
        device = secrets.new_secret()
        attempts.put(tx, throttle.device_key(name, device), 0, now)
        return SignedIn(_begin(context, tx, name, address), device)


def change_password(context: Context, name: str, *, old: str, new: str, address: str, device: str | None) -> SignedIn:
    """Change one's own password; every session ends and one begins. Raises what `sign_in` raises, and `AccessError`."""
    if weak := secrets.weakness(new, name):
        raise AccessError(weak)
    signed = sign_in(context, name, old, address=address, device=device)
    hashed, now = secrets.hash_password(new), context.clock.now()
    with writing(context.db) as tx:
        access.set_password(tx, name, hashed)
        audits.note(tx, now, name, "password changed", address=address)
        return SignedIn(_begin(context, tx, name, address), signed.device)


def _begin(context: Context, tx: Connection, name: str, address: str) -> str:
    secret, now, web = secrets.new_secret(), context.clock.now(), context.config.web
    access.end_old(tx, now, idle=timedelta(hours=web.idle_hours), oldest=timedelta(hours=web.session_hours))
    access.add_session(tx, secrets.kept(secret), name, address[:64], now)
    audits.note(tx, now, name, "sign in", address=address)
    return secret

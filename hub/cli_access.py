"""`maskgate hub user` and `maskgate hub token`: who may sign in, and what machines show. The hub may run meanwhile."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli_store import Config, fail, load_config, opened
from hub.config import HubConfig
from hub.roles import Role
from maskgate.clock import SystemClock
from maskgate.config import ConfigError
from maskgate.ids import SLUG

if TYPE_CHECKING:
    from sqlalchemy import Connection

users = typer.Typer(help="Who may sign in at the pages.", no_args_is_help=True)
tokens = typer.Typer(help="What machines show instead of a password.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Small letters, digits, - and _.")]
Piped = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]
#: Whoever has this program and the store, as the records name them.
ACTOR = "command line"


@users.command("add")
def add_user(
    config: Config,
    name: Name,
    role: Annotated[Role, typer.Option(help="What they may do.")] = Role.VIEWER,
    piped: Piped = False,
    link: Annotated[bool, typer.Option("--link", help="Print a one-time link to choose a password.")] = False,
) -> None:
    """Add somebody; asks for a password, or prints a link by which they choose it themselves."""
    settings = load_config(config)
    if not SLUG.fullmatch(name):
        raise fail(ConfigError(f"{name!r} is no name: use small letters, digits, - and _, 48 at most"))
    from hub.store import access, audits
    from hub.web.security import signing

    hashed = None if link else _ask(name, piped=piped)
    now = SystemClock().now()
    with _changing(settings) as tx:
        access.add_person(tx, name, role, hashed, now)
        audits.note(tx, now, ACTOR, "person added", person=name, role=role)
        place = signing.new_link(tx, settings.web, now, name) if link else None
    typer.echo(f"{name} is {role}" + (f"; once, within a day: {place}" if place else ""))


@users.command("list")
def list_users(config: Config) -> None:
    """Show who may sign in, and what they may do."""
    settings = load_config(config)
    from hub.store import access

    with opened(settings) as db:
        found = access.everybody(db)
    for one in found:
        typer.echo(f"{one.name} {one.role}" + ("" if one.password else " (no password yet)"))
    if not found:
        typer.echo("nobody; add one with: maskgate hub user add NAME --role admin")


@users.command("remove")
def remove_user(config: Config, name: Name) -> None:
    """Remove somebody; whoever is signed in as them, is not any more."""
    settings = load_config(config)
    from hub.store import access, audits

    with _changing(settings) as tx:
        access.remove_person(tx, name)
        audits.note(tx, SystemClock().now(), ACTOR, "person removed", person=name)
    typer.echo(f"{name} is removed")


@users.command("password")
def set_password(config: Config, name: Name, piped: Piped = False) -> None:
    """Give somebody a new password; whoever is signed in as them, is not any more."""
    settings = load_config(config)
    from hub.store import access, audits

    hashed = _ask(name, piped=piped)
    with _changing(settings) as tx:
        access.set_password(tx, name, hashed)
        audits.note(tx, SystemClock().now(), ACTOR, "password changed", person=name)
    typer.echo(f"{name} has a new password")


@users.command("role")
def set_role(config: Config, name: Name, role: Annotated[Role, typer.Argument(help="What they may do.")]) -> None:
    """Change what somebody may do, from their next request on."""
    settings = load_config(config)
    from hub.store import access, audits

    with _changing(settings) as tx:
        access.set_role(tx, name, role)
        audits.note(tx, SystemClock().now(), ACTOR, "role", person=name, role=role)
    typer.echo(f"{name} is {role}")


@tokens.command("add")
def add_token(
    config: Config,
    name: Annotated[str, typer.Argument(help="What it is for.")],
    role: Annotated[Role, typer.Option(help="What it may do.")] = Role.VIEWER,
    days: Annotated[float, typer.Option(help="How long it holds; 0: without an end.", min=0, max=3650)] = 365,
) -> None:
    """Make a token; it is shown this once."""
    settings = load_config(config)
    from hub.web.security.issuing import new_token

    if not name.isprintable() or not 1 <= len(name) <= 60:
        raise fail(ConfigError("a token's name has 1 to 60 printable characters"))
    with _changing(settings) as tx:
        made, secret = new_token(tx, SystemClock().now(), name=name, role=role, days=days or None, by=ACTOR)
    typer.echo(secret)
    typer.echo(f"id {made.id}, {role}; it is not shown again", err=True)


@tokens.command("list")
def list_tokens(config: Config) -> None:
    """Show all tokens: id, role, end, last use, what for."""
    settings = load_config(config)
    from hub.store import access

    with opened(settings) as db:
        found = access.all_tokens(db)
    for one in found:
        ends, used = (at.isoformat(timespec="seconds") if at else "never" for at in (one.expires_at, one.used_at))
        typer.echo(f"{one.id} {one.role} ends {ends}, used {used}: {one.name}")
    if not found:
        typer.echo("no tokens")


@tokens.command("revoke")
def revoke_token(config: Config, token: Annotated[str, typer.Argument(help="Its id.")]) -> None:
    """Revoke a token, at once."""
    settings = load_config(config)
    from hub.store import access, audits

    with _changing(settings) as tx:
        access.remove_token(tx, token)
        audits.note(tx, SystemClock().now(), ACTOR, "token revoked", token=token)
    typer.echo(f"{token} is revoked")


def _ask(name: str, *, piped: bool) -> str:
    """Return the hash of a new password."""
    from hub.web.security import secrets

    if piped:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = typer.prompt(f"Password for {name}", hide_input=True, confirmation_prompt=True)
    if weak := secrets.weakness(password, name):
        raise fail(ConfigError(weak))
    return secrets.hash_password(password)


@contextmanager
def _changing(settings: HubConfig) -> Iterator["Connection"]:
    from hub.store import writing
    from hub.store.access import AccessError

    with opened(settings) as db:
        try:
            with writing(db) as tx:
                yield tx
        except AccessError as error:
            raise fail(error) from error

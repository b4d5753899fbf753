"""`maskgate hub`: run, check, erase, refused."""

import logging
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.config import HubConfig
from maskgate.clock import SystemClock
from maskgate.config import ConfigError, load

if TYPE_CHECKING:
    from sqlalchemy import Engine

app = typer.Typer(help="The service of a site.", no_args_is_help=True, add_completion=False)

Config = Annotated[Path, typer.Option("--config", "-c", help="The hub.yaml.")]


def _fail(error: Exception) -> typer.Exit:
    typer.echo(str(error), err=True)
    return typer.Exit(1)


def _load(path: Path) -> HubConfig:
    try:
        return load(path, HubConfig)
    except ConfigError as error:
        raise _fail(error) from error


def _open(settings: HubConfig) -> "Engine":
    from sqlalchemy.exc import SQLAlchemyError

    from hub.store import NewerStoreError, open_store, shown

    try:
        return open_store(settings.database)
    except (SQLAlchemyError, OSError, NewerStoreError) as error:
        reason = getattr(error, "orig", None) or error
        raise _fail(ConfigError(f"database: {shown(settings.database)} cannot be used: {reason}")) from error


@app.command()
def run(config: Config) -> None:
    """Serve the site until SIGTERM or Ctrl-C."""
    settings = _load(config)
    from hub.service import Hub

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    hub, stop = Hub(settings), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        hub.start()
    except ConfigError as error:
        raise _fail(error) from error
    while not stop.wait(0.2):  # in steps, so that a signal is heard at once on every platform
        pass
    hub.stop()


@app.command()
def check(config: Config) -> None:
    """Say whether a configuration is good, or what is wrong with it and how to mend it; starts nothing."""
    settings = _load(config)
    from hub.notices.worker import open_senders

    try:
        open_senders(settings.notices.recipients)
    except ConfigError as error:
        raise _fail(error) from error
    nodes = sum(len(door.nodes) for door in settings.doors)
    typer.echo(f"OK: {config}: doors {len(settings.doors)}, nodes {nodes}")


When = Annotated[datetime, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])]


@app.command()
def erase(  # noqa: PLR0917 - typer reads them by name
    config: Config,
    passage: Annotated[str | None, typer.Option(help="One passage, by its id.")] = None,
    node: Annotated[str | None, typer.Option(help="What one node reported.")] = None,
    door: Annotated[str | None, typer.Option(help="What happened at one door.")] = None,
    since: Annotated[When | None, typer.Option(help="From this moment on, site time.")] = None,
    until: Annotated[When | None, typer.Option(help="Before this moment, site time.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Everything that was ever recorded.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Erase what was recorded of people, and say how much that was. The hub may run meanwhile.

    Of several conditions all must hold. Counts by day name nobody: they go with a whole door, or with --all.
    """
    settings = _load(config)
    chosen = [value for value in (passage, node, door, since, until) if value is not None]
    if everything == bool(chosen):
        raise _fail(ConfigError("say what to erase: --passage, --node, --door, --since, --until, or --all alone"))
    from hub.store import erase as eraser

    def moment(at: datetime | None) -> datetime | None:
        return at.replace(tzinfo=settings.zone).astimezone(UTC) if at else None

    what = eraser.Erasure(passage, node, door, moment(since), moment(until))
    if not yes:
        typer.confirm("This cannot be undone. Erase?", abort=True)
    db = _open(settings)
    try:
        gone = eraser.erase(db, what, SystemClock().now())
    finally:
        db.dispose()
    for table, rows in gone.items():
        typer.echo(f"{table}: {rows}")
    typer.echo(f"erased rows: {sum(gone.values())}. Back-ups, mails and the logs of other programs are not reached.")


@app.command()
def refused(config: Config, limit: Annotated[int, typer.Option(min=1, max=1000)] = 20) -> None:
    """Show the latest messages that the hub refused: who sent them, why, and how they begin."""
    settings = _load(config)
    from hub.store import read

    db = _open(settings)
    try:
        rows = read.refused(db, limit)
    finally:
        db.dispose()
    for row in rows:
        at = row.at.astimezone(settings.zone).isoformat(timespec="seconds")
        typer.echo(
            f"{at} {row.sender} {row.kind}: {row.reason}\n    {row.topic} {row.size} bytes {row.payload[:120]!r}"
        )
    if not rows:
        typer.echo("nothing was refused")

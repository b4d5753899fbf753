"""`maskgate hub`: init, run, check, reload, schema, acl, backup, erase, refused, notices."""

import contextlib
import gc
import signal
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Annotated

import typer

from hub.cli_access import tokens, users
from hub.cli_init import init
from hub.cli_store import Config, fail, load_config, opened
from hub.config.schema import json_schema
from hub.notices.cli import app as notices
from maskgate.clock import SystemClock
from maskgate.config import ConfigError

app = typer.Typer(help="The service of a site.", no_args_is_help=True, add_completion=False)
app.add_typer(notices, name="notices")
app.add_typer(users, name="user")
app.add_typer(tokens, name="token")
app.command()(init)


@app.command()
def run(config: Config) -> None:
    """Serve the site until SIGTERM or Ctrl-C."""
    settings = load_config(config)
    from hub.logs import begin
    from hub.presence import Presence
    from hub.reloading import take_up
    from hub.service import Hub

    begin(settings.log)
    hub, presence = Hub(settings), Presence(settings.runs_at)
    wishes: SimpleQueue[bool] = SimpleQueue()  # whether to go on; of all queues this one may be filled by a signal
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: wishes.put(False))
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, lambda *_: wishes.put(True))
    try:
        presence.take()
        hub.start()
        _comb()
        if link := hub.first_link():
            # To whoever started us, and not into the log: it is as good as a password until it is used.
            typer.echo(f"There is no administrator yet. Become the first, once, within a day:\n    {link}", err=True)
        while _goes_on(wishes):
            presence.reloaded(take_up(hub, config))
            _comb()
    except ConfigError as error:
        raise fail(error) from error
    finally:
        hub.stop()
        presence.drop()
        # All is in order. What is left in memory need not be combed once more, seconds long on a small or busy machine.
        gc.freeze()


def _comb() -> None:
    """Free what nobody uses any more, and leave the rest alone: to comb it again holds up a decision for 0.1 s."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _goes_on(wishes: "SimpleQueue[bool]") -> bool:
    """Wait for the next wish; several at once are one, and to stop goes before all."""
    while True:  # in steps, so that a signal is heard at once on every platform
        with contextlib.suppress(Empty):
            found = [wishes.get(timeout=0.2)]
            while not wishes.empty():
                found.append(wishes.get())
            return all(found)


@app.command()
def reload(config: Config) -> None:
    """Have the running hub take up its changed configuration; a bad one is refused, and what runs goes on."""
    settings = load_config(config)
    from hub.presence import ask

    try:
        fault = ask(settings.runs_at)
    except ConfigError as error:
        raise fail(error) from error
    if fault:
        raise fail(ConfigError(fault))
    typer.echo(f"OK: the hub goes on with {config}")


@app.command()
def schema() -> None:
    """Print the JSON Schema of hub.yaml, for editors."""
    typer.echo(json_schema(), nl=False)


@app.command()
def check(config: Config) -> None:
    """Say whether a configuration is good, or what is wrong with it and how to mend it; starts nothing."""
    from hub.checking import examine

    try:
        settings = examine(config)
    except ConfigError as error:
        raise fail(error) from error
    nodes = sum(len(door.nodes) for door in settings.doors)
    typer.echo(f"OK: {config}: doors {len(settings.doors)}, nodes {nodes}")


@app.command()
def acl(config: Config) -> None:
    """Print mosquitto's access list for this site, with the topics of its locks."""
    settings = load_config(config)
    from hub.locks import access

    typer.echo(access.acl(settings), nl=False)


@app.command()
def backup(
    config: Config, file: Annotated[Path, typer.Argument(help="Where to; never over a file that is there.")]
) -> None:
    """Copy a SQLite store as it is at this moment; the hub may run meanwhile."""
    settings = load_config(config)
    from hub.store.backup import BackupError, back_up

    try:
        size = back_up(settings.database, file)
    except BackupError as error:
        raise fail(error) from error
    typer.echo(f"{file}: {size} bytes, whole")


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
    settings = load_config(config)
    chosen = [value for value in (passage, node, door, since, until) if value is not None]
    if everything == bool(chosen):
        raise fail(ConfigError("say what to erase: --passage, --node, --door, --since, --until, or --all alone"))
    from hub.store import erase as eraser

    def moment(at: datetime | None) -> datetime | None:
        return at.replace(tzinfo=settings.zone).astimezone(UTC) if at else None

    what = eraser.Erasure(passage, node, door, moment(since), moment(until))
    if not yes:
        typer.confirm("This cannot be undone. Erase?", abort=True)
    with opened(settings) as db:
        gone = eraser.erase(db, what, SystemClock().now())
    for table, rows in gone.items():
        typer.echo(f"{table}: {rows}")
    typer.echo(f"erased rows: {sum(gone.values())}. Back-ups, mails and the logs of other programs are not reached.")


@app.command()
def refused(config: Config, limit: Annotated[int, typer.Option(min=1, max=1000)] = 20) -> None:
    """Show the latest messages that the hub refused: who sent them, why, and how they begin."""
    settings = load_config(config)
    from hub.store import read

    with opened(settings) as db:
        rows = read.refused(db, limit)
    for row in rows:
        at = row.at.astimezone(settings.zone).isoformat(timespec="seconds")
        typer.echo(
            f"{at} {row.sender} {row.kind}: {row.reason}\n    {row.topic} {row.size} bytes {row.payload[:120]!r}"
        )
    if not rows:
        typer.echo("nothing was refused")

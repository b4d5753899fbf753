"""`maskgate hub notices`: what waits, what was given up, and sending that again."""

from typing import Annotated

import typer

from hub.cli_store import Config, fail, load_config, opened
from maskgate.config import ConfigError

app = typer.Typer(help="The notices: those that wait, and those that were given up.", no_args_is_help=True)


@app.command("list")
def show(
    config: Config,
    status: Annotated[str, typer.Option(help="waiting, failed, sent or suppressed.")] = "failed",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
) -> None:
    """Show notices, the newest first: to whom, what about, how often tried, what went wrong last."""
    settings = load_config(config)
    from hub.notices import queue
    from hub.notices.plan import Status
    from hub.notices.render import headline

    if status not in set(Status):
        raise fail(ConfigError(f"there is no status {status}; there are: {', '.join(Status)}"))
    with opened(settings) as db, db.connect() as connection:
        rows = queue.having(connection, Status(status), limit)
    for row in rows:
        at = row.created_at.astimezone(settings.zone).isoformat(timespec="seconds")
        try:
            what = headline(row.facts, 0)
        except (KeyError, TypeError, ValueError):  # of another version
            what = row.kind
        typer.echo(f"{row.id} {at} {row.recipient}: {what}")
        typer.echo(f"    {row.status}, tried {row.attempts} times" + (f", {row.last_error}" if row.last_error else ""))
    if not rows:
        typer.echo(f"no notice is {status}")


@app.command()
def resend(
    config: Config,
    ids: Annotated[list[str] | None, typer.Argument(help="The notices' ids.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that were given up.")] = False,
) -> None:
    """Try again what was given up, with the usual patience from now on. The hub may run meanwhile."""
    settings = load_config(config)
    from hub.notices import queue
    from hub.store import writing
    from maskgate.clock import SystemClock

    if everything == bool(ids):
        raise fail(ConfigError("name the notices, or say --all"))
    with opened(settings) as db, writing(db) as tx:
        found = queue.revive(tx, SystemClock().now(), None if everything else ids)
    typer.echo(f"notices to be sent again: {len(found)}")
    if missing := sorted(set(ids or ()) - set(found)):
        raise fail(ConfigError(f"not given up, or not there: {', '.join(missing)}"))

"""`maskgate hub`: run, check."""

import logging
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from hub.config import HubConfig
from maskgate.config import ConfigError, load

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

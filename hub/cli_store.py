"""What the commands share: reading the configuration, opening the store, saying what is wrong in one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.config import HubConfig
from maskgate.config import ConfigError, load

if TYPE_CHECKING:
    from sqlalchemy import Engine

Config = Annotated[Path, typer.Option("--config", "-c", help="The hub.yaml.")]


def fail(error: Exception) -> typer.Exit:
    """Say what is wrong; raise what comes back."""
    typer.echo(str(error), err=True)
    return typer.Exit(1)


def load_config(path: Path) -> HubConfig:
    """Read the configuration; ends the command where it is wrong."""
    try:
        return load(path, HubConfig)
    except ConfigError as error:
        raise fail(error) from error


@contextmanager
def opened(settings: HubConfig) -> Iterator["Engine"]:
    """Open the store for a moment; ends the command where it cannot be had."""
    from sqlalchemy.exc import SQLAlchemyError

    from hub.store import NewerStoreError, open_store, shown

    try:
        db = open_store(settings.database)
    except (SQLAlchemyError, OSError, NewerStoreError) as error:
        reason = getattr(error, "orig", None) or error
        raise fail(ConfigError(f"database: {shown(settings.database)} cannot be used: {reason}")) from error
    try:
        yield db
    finally:
        db.dispose()

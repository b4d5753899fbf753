"""Bringing a store's tables to what this program knows, at every start, in one transaction.

Alembic is imported only where there is something to do.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

log = logging.getLogger(__name__)

#: The newest step in `versions/`. A test holds it against the folder.
HEAD = "0006"
#: The tables as they were before there were steps; a store of that age has no note of its own.
BEFORE = "0001"
FOLDER = Path(__file__).parent / "migrations"
#: Hubs that start together do this one after another, on PostgreSQL by this number.
_LOCK = 0x6D61736B

Writing = Callable[[Engine], AbstractContextManager[Connection]]


class NewerStoreError(Exception):
    """The store was made by a newer program; this one would not understand it."""


def migrate(db: Engine, writing: Writing) -> None:
    """Bring the tables to `HEAD`; raises `NewerStoreError`, `sqlalchemy.exc.DBAPIError`."""
    with db.connect() as connection:
        if _noted(connection) == HEAD:
            return
    with writing(db) as tx:
        if tx.dialect.name == "postgresql":
            # A large table takes as long as it takes, and whoever comes later waits.
            for limit in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"):
                tx.execute(text(f"SET LOCAL {limit} = 0"))
            tx.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        noted = _noted(tx)
        if noted == HEAD:
            return  # another hub was quicker
        if noted is not None or inspect(tx).has_table("passages"):
            log.warning(
                "the store is brought from step %s to %s: seconds for each hundred thousand passages, during which the "
                "hub serves no door; ended in its middle, the store is as it was", noted or BEFORE, HEAD,
            )  # fmt: skip
        _upgrade(tx, noted)


def _noted(connection: Connection) -> str | None:
    """Return which step the store says it is at; None: it says nothing."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _upgrade(tx: Connection, noted: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = tx
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    if noted is not None and noted not in known:
        raise NewerStoreError(f"it is at step {noted}, this program knows up to {HEAD}; use the newer program")
    if noted is None and inspect(tx).has_table("passages"):
        command.stamp(config, BEFORE)
    command.upgrade(config, HEAD)
    log.info("the store was brought from step %s to %s", noted or "none", HEAD)

"""A copy of a SQLite store while it is in use; PostgreSQL brings its own program for that."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from pydantic import SecretStr


class BackupError(Exception):
    """There is no copy; the text says why and what to do."""


def back_up(database: Path | SecretStr, file: Path) -> int:
    """Copy the store to `file`, which must not be there, and look whether the copy is whole; returns its bytes."""
    if not isinstance(database, Path):
        raise BackupError("database: is PostgreSQL; use pg_dump, see docs/operator.md")
    if not database.is_file():
        raise BackupError(f"database: {database} is not there; name the hub.yaml of the hub that runs here")
    if file.exists():
        raise BackupError(f"{file} is there already; name another file, or remove it")
    part = file.with_name(file.name + ".part")
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as source:
            part.touch(mode=0o600)  # it holds what was recorded of people
            with closing(sqlite3.connect(part)) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")  # one file, that can be carried away
                if (said := copy.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                    raise BackupError(f"the copy is not whole: {said}; look after the disk")
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.rename(file)
    except (sqlite3.Error, OSError) as error:
        raise BackupError(f"{file} cannot be written: {error}; name a folder with room that can be written") from error
    finally:
        part.unlink(missing_ok=True)
    return file.stat().st_size

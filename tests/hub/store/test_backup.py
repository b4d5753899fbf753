"""Back-up and restore as docs/operator.md tells them, on both databases, of a store that is in use."""

import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from typer.testing import CliRunner

from hub.cli import app
from hub.store import open_store, writing
from hub.store.schema import counts
from tests.hub.postgres import place

DAY = datetime(2026, 11, 23, tzinfo=UTC)


def put(db: object, day: str) -> None:
    with writing(db) as tx:  # type: ignore[arg-type]
        tx.execute(insert(counts).values(door="front", day=day, people=1, violations=0, late=0))


def days(database: str) -> int:
    db = open_store(place(database))
    with db.connect() as connection:
        found = connection.scalar(select(func.count()).select_from(counts)) or 0
    db.dispose()
    return found


@pytest.fixture
def config(tmp_path: Path) -> Callable[[str], Path]:
    def write(database: str) -> Path:
        file = tmp_path / "hub.yaml"
        file.write_text(f"database: {database}\ndoors: [{{id: front, name: Front, nodes: [cam]}}]\n")
        return file

    return write


def test_a_sqlite_store_is_copied_while_it_is_used_and_restored(tmp_path: Path, config: Callable[[str], Path]) -> None:
    database, copy = tmp_path / "hub.db", tmp_path / "copy.db"
    db, asked = open_store(database), ["backup", "--config", str(config(str(database))), str(copy)]
    put(db, "2026-11-23")
    said = CliRunner().invoke(app, asked)
    assert (said.exit_code, "whole" in said.output) == (0, True), said.output
    assert copy.stat().st_mode & 0o077 == 0, "nobody else may read what was recorded of people"
    put(db, "2026-11-24")
    db.dispose()
    said = CliRunner().invoke(app, asked)
    assert (said.exit_code, "is there already" in said.output) == (1, True), "a back-up is not written over"
    for file in (database, database.with_name("hub.db-wal"), database.with_name("hub.db-shm")):
        file.unlink(missing_ok=True)
    shutil.copy(copy, database)
    assert days(str(database)) == 1


def test_a_postgresql_store_is_dumped_and_restored(
    request: pytest.FixtureRequest, tmp_path: Path, config: Callable[[str], Path]
) -> None:
    database = request.getfixturevalue("postgres").new()
    dumper, restorer = shutil.which("pg_dump"), shutil.which("pg_restore")
    if dumper is None or restorer is None:
        pytest.skip("PostgreSQL's client programs are not installed")
    db, dump = open_store(place(database)), str(tmp_path / "hub.dump")
    put(db, "2026-11-23")
    subprocess.run([dumper, "--format=custom", f"--file={dump}", database], check=True)
    put(db, "2026-11-24")
    db.dispose()
    command = [restorer, "--clean", "--if-exists", "--single-transaction", f"--dbname={database}", dump]
    subprocess.run(command, check=True)
    assert days(database) == 1
    said = CliRunner().invoke(app, ["backup", "--config", str(config(database)), str(tmp_path / "x.db")])
    assert (said.exit_code, "use pg_dump" in said.output) == (1, True)

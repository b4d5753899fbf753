"""The tables come to be the same from nothing, from the first days and from any step, on both databases."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, inspect, make_url, text

from hub.config import HubConfig
from hub.service import Hub
from hub.store import NewerStoreError, open_store, shown
from hub.store.migrate import BEFORE, FOLDER, HEAD
from hub.store.schema import metadata
from maskgate.config import ConfigError, parse
from tests.conftest import REPOSITORY
from tests.hub.postgres import Postgres, place
from tests.hub.web.crowd import many


def plain(database: str) -> Engine:
    """Without any of the store's own doings."""
    url = make_url(database).set(drivername="postgresql+psycopg") if "://" in database else f"sqlite:///{database}"
    return create_engine(url)


def test_the_program_knows_the_newest_step() -> None:
    assert ScriptDirectory(str(FOLDER)).get_heads() == [HEAD]


def test_the_steps_lead_to_the_tables_of_the_program(database: str) -> None:
    db = open_store(place(database))
    with db.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []
    names = set(inspect(db).get_table_names())
    assert names == {*metadata.tables, "alembic_version"}
    db.dispose()
    open_store(place(database)).dispose()  # and once more: nothing to do


def test_a_store_from_before_there_were_steps_is_taken_up_with_what_it_holds(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.store.migrate.HEAD", BEFORE)
    open_store(place(database)).dispose()
    monkeypatch.undo()
    db = plain(database)
    with db.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
        connection.execute(text("INSERT INTO counts VALUES ('front', '2026-11-23', 7, 3, 1)"))
    db.dispose()
    store = open_store(place(database))
    with store.connect() as connection:
        assert connection.execute(text("SELECT people, violations, late FROM counts")).all() == [(7, 3, 1)]
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD
    store.dispose()


def test_a_store_of_a_newer_program_is_left_alone(database: str) -> None:
    store = open_store(place(database))
    with store.connect() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.commit()
    store.dispose()
    with pytest.raises(NewerStoreError, match="it is at step 9999"):
        open_store(place(database))
    config = HubConfig.model_validate(
        {"database": database, "doors": [{"id": "front", "name": "Front", "nodes": ["cam"]}]}
    )
    with pytest.raises(ConfigError, match="use the newer program"):
        Hub(config, web_port=0).start()


def test_a_step_that_fails_leaves_the_store_as_it_was(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.store.migrate.HEAD", BEFORE)  # what a hub of the first days made
    open_store(place(database)).dispose()
    monkeypatch.undo()
    db = plain(database)
    with db.begin() as connection:
        connection.execute(text("CREATE TABLE erasures (wrong INTEGER)"))  # the last that the next step makes
    with pytest.raises(Exception, match="erasures"):
        open_store(place(database))
    assert "refusals" not in inspect(db).get_table_names()
    with db.begin() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == BEFORE
        connection.execute(text("DROP TABLE erasures"))
    db.dispose()
    open_store(place(database)).dispose()


#: Brings a store up and is killed, as by a power cut, when that statement has been done.
DIES = """
import os, signal, sys
from sqlalchemy import Engine, event
from hub.store import open_store
from tests.hub.postgres import place

@event.listens_for(Engine, "after_cursor_execute")
def die(connection, cursor, statement, *_):
    if sys.argv[2] in " ".join(statement.split()):
        os.kill(os.getpid(), signal.SIGKILL)

open_store(place(sys.argv[1]))
"""


@pytest.mark.parametrize(
    "statement",
    ["DROP INDEX passages_received", "CREATE TABLE audit", "ADD COLUMN version", "CREATE INDEX notices_to_status"],
)
def test_a_hub_killed_while_it_brings_the_store_up_loses_nothing_and_the_next_one_does_it(
    database: str, statement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.store.migrate.HEAD", BEFORE)
    db = open_store(place(database))
    monkeypatch.undo()
    many(db, 2000, 30, datetime.now(UTC))
    db.dispose()
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    died = subprocess.run([sys.executable, "-c", DIES, database, statement], env=environment, check=False)
    assert died.returncode == -signal.SIGKILL, "it got that far"
    left = plain(database)
    with left.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == BEFORE
        assert connection.scalar(text("SELECT count(*) FROM decisions")) == 2000
    assert "people" not in inspect(left).get_table_names()
    left.dispose()
    db = open_store(place(database))
    with db.connect() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD
        assert connection.scalar(text("SELECT count(*) FROM decisions")) == 2000
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    db.dispose()


def test_a_store_that_is_brought_up_is_spoken_of_before_and_a_new_one_is_not(
    database: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("hub.store.migrate.HEAD", BEFORE)
    open_store(place(database)).dispose()
    assert [one for one in caplog.records if one.levelname == "WARNING"] == []
    monkeypatch.undo()
    open_store(place(database)).dispose()
    (said,) = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    assert f"from step {BEFORE} to {HEAD}" in said


def test_hubs_that_start_together_make_the_tables_once(postgres: Postgres) -> None:
    address, faults = SecretStr(postgres.new()), list[BaseException]()

    def start() -> None:
        try:
            open_store(address).dispose()
        except BaseException as error:  # noqa: BLE001 - said below
            faults.append(error)

    hubs = [threading.Thread(target=start) for _ in range(4)]
    for hub in hubs:
        hub.start()
    for hub in hubs:
        hub.join()
    assert faults == []


def test_a_file_with_something_else_in_it_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "hub.db").write_bytes(b"no database at all, but long enough to be read as one" * 30)
    with pytest.raises(Exception, match="not a database"):
        open_store(tmp_path / "hub.db")


def test_an_address_shows_no_password(tmp_path: Path) -> None:
    address = SecretStr("postgresql://hub:hush@127.0.0.1:9/site")
    assert shown(address) == "postgresql://hub:***@127.0.0.1:9/site"
    config = HubConfig.model_validate(
        {"database": address.get_secret_value(), "doors": [{"id": "front", "name": "Front", "nodes": ["cam"]}]}
    )
    assert "hush" not in repr(config) + config.model_dump_json()
    with pytest.raises(ConfigError, match="cannot be used") as caught:
        Hub(config, web_port=0).start()
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("address", ["mysql://hub:hush@host/site", "postgres+psycopg://hub:hush@host/site"])
def test_other_databases_are_refused_without_their_password(address: str) -> None:
    text_ = f"database: {address}\ndoors: [{{id: front, name: F, nodes: [cam]}}]"
    with pytest.raises(ConfigError, match="is of no kind that is known; write a file, or postgresql") as caught:
        parse(text_, HubConfig, name="hub.yaml")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("address", ["sqlite:///var/hub.db", "sqlite:hub.db", "sqlite+pysqlite:////tmp/hub.db"])
def test_an_address_of_a_file_is_refused_rather_than_made_a_folder(address: str) -> None:
    text_ = f"database: {address}\ndoors: [{{id: front, name: F, nodes: [cam]}}]"
    with pytest.raises(ConfigError, match="database: is no file; write its path alone"):
        parse(text_, HubConfig, name="hub.yaml")


def test_the_address_may_come_from_a_secret_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("postgres://hub:hush@host/site\n")
    text_ = f"database: {{file: {tmp_path}/secret}}\ndoors: [{{id: front, name: F, nodes: [cam]}}]"
    config = parse(text_, HubConfig, name="hub.yaml")
    assert isinstance(config.database, SecretStr)
    assert config.database.get_secret_value() == "postgresql://hub:hush@host/site"


def test_sqlite_is_as_safe_as_it_can_be(tmp_path: Path) -> None:
    open_store(tmp_path / "hub.db").dispose()
    with sqlite3.connect(tmp_path / "hub.db") as raw:
        assert raw.execute("PRAGMA journal_mode").fetchone() == ("wal",)

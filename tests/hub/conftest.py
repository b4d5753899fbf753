"""What tests of the hub share: both kinds of store, a mail server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hub.store import open_store
from tests.hub.mail_server import MailServer
from tests.hub.postgres import Postgres, place, programs


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    folder = programs()
    if folder is None:
        pytest.skip("PostgreSQL is not installed")
    cluster = Postgres(folder)
    yield cluster
    cluster.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty store, as `hub.yaml` says it; of each kind that this machine has."""
    if request.param == "sqlite":
        return str(tmp_path / "hub.db")
    cluster: Postgres = request.getfixturevalue("postgres")
    return cluster.new()


@pytest.fixture
def db(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    # A hub that gets no connection within seconds tries again; a test that writes by itself does not.
    monkeypatch.setattr("hub.store.open.CONNECT_S", 30)
    engine = open_store(place(database))
    yield engine
    engine.dispose()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()

"""What tests of the hub share: both kinds of store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.postgres import Postgres, programs


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

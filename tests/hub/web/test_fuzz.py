"""Made-up requests of every kind against a hub with real doors (schemathesis): no fault of ours, no undescribed answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from hub.roles import Role
from hub.store import open_store
from tests.hub.web.hall import Hall

schemathesis = pytest.importorskip("schemathesis")


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    db = open_store(Path(tmp_path_factory.mktemp("fuzz")) / "hub.db")
    hall = Hall(db)
    hall.begin()
    for _ in range(3):
        hall.passage(picture=b"\xff\xd8\xff")
    client = hall.machine(Role.ADMIN)
    found = schemathesis.openapi.from_dict(client.get("/api/v1/openapi.json").json())
    found.config.update(base_url=hall.url, headers=dict(client.headers))
    yield found
    client.close()
    hall.end()
    db.dispose()


# The stream of events has no end; what it carries is tested elsewhere.
schema = schemathesis.pytest.from_fixture("fuzzed").exclude(path="/api/v1/events")


@schema.parametrize()
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_request_finds_a_fault(case: Any) -> None:
    case.call_and_validate(timeout=20)

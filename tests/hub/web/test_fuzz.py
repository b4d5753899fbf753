"""Made-up requests of every kind against a hub with real doors (schemathesis)."""

import importlib
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from hub.roles import Role
from tests.hub.web.hall import Hall

schemathesis = pytest.importorskip("schemathesis")

#: Without an end; what it carries is tested elsewhere.
ENDLESS = "/api/v1/events"
#: Requests for each operation; with some forty of them half a minute on a quiet machine.
EXAMPLES = 5
#: That spans of days must not be too long, and that a door in an emergency is not locked, no schema tells.
RULED = [importlib.import_module("schemathesis.specs.openapi.checks").positive_data_acceptance]


@pytest.mark.timeout(600)
def test_no_request_finds_a_fault_or_an_answer_that_is_not_described(hall: Hall) -> None:
    for _ in range(3):
        hall.passage(picture=b"\xff\xd8\xff")
    client = hall.machine(Role.ADMIN)
    schema = schemathesis.openapi.from_dict(client.get("/api/v1/openapi.json").json())
    schema.config.update(base_url=hall.url)
    operations = [found.ok() for found in schema.get_all_operations()]
    tried = set()
    for operation in operations:
        if operation.path == ENDLESS:
            continue
        tried.add(operation.label)

        @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            case.call_and_validate(
                headers={"Authorization": client.headers["Authorization"]}, timeout=60, excluded_checks=RULED
            )

        ask()
    assert len(tried) == len(operations) - 1 >= 30
    client.close()

"""Who may do what: every route there is, for every role there is."""

from typing import Any

import httpx
import pytest

from hub.roles import Role
from hub.web.app import make_app
from hub.web.context import Context
from tests.hub.web.hall import Hall

#: The least role that may; None: nobody needs to sign in.
TABLE: dict[tuple[str, str], Role | None] = {
    ("GET", "/"): Role.VIEWER,
    ("GET", "/doors/{door}"): Role.VIEWER,
    ("POST", "/doors/{door}/mode"): Role.OPERATOR,
    ("POST", "/doors/{door}/override"): Role.OPERATOR,
    ("POST", "/doors/{door}/acknowledge"): Role.OPERATOR,
    ("GET", "/doors/{door}/emergency"): Role.OPERATOR,
    ("POST", "/doors/{door}/emergency"): Role.OPERATOR,
    ("POST", "/doors/{door}/message"): Role.OPERATOR,
    ("GET", "/passages"): Role.VIEWER,
    ("GET", "/passages/{passage}"): Role.VIEWER,
    ("GET", "/charts"): Role.VIEWER,
    ("GET", "/notices"): Role.VIEWER,
    ("POST", "/notices/{notice}/resend"): Role.OPERATOR,
    ("GET", "/nodes"): Role.VIEWER,
    ("GET", "/people"): Role.ADMIN,
    ("POST", "/people"): Role.ADMIN,
    ("POST", "/people/{name}/link"): Role.ADMIN,
    ("POST", "/people/{name}/role"): Role.ADMIN,
    ("POST", "/people/{name}/remove"): Role.ADMIN,
    ("POST", "/tokens"): Role.ADMIN,
    ("POST", "/tokens/{token}/revoke"): Role.ADMIN,
    ("GET", "/audit"): Role.ADMIN,
    ("GET", "/assets/{name}"): None,
    ("GET", "/events"): Role.VIEWER,
    ("GET", "/sign-in"): None,
    ("POST", "/sign-in"): None,
    ("POST", "/sign-out"): Role.VIEWER,
    ("GET", "/welcome"): None,
    ("POST", "/welcome"): None,
    ("GET", "/account"): Role.VIEWER,
    ("POST", "/account"): Role.VIEWER,
    ("GET", "/display/{door}"): None,
    ("GET", "/display/{door}.png"): None,
    ("GET", "/display/{door}/events"): None,
    ("GET", "/static"): None,
    ("GET", "/healthz"): None,
    ("GET", "/readyz"): None,
    ("GET", "/metrics"): None,  # from this machine; see test_metrics
    ("GET", "/api/v1/openapi.json"): None,
    ("GET", "/api/v1/me"): Role.VIEWER,
    ("GET", "/api/v1/doors"): Role.VIEWER,
    ("GET", "/api/v1/doors/{door}"): Role.VIEWER,
    ("POST", "/api/v1/doors/{door}/mode"): Role.OPERATOR,
    ("POST", "/api/v1/doors/{door}/lock"): Role.OPERATOR,
    ("POST", "/api/v1/doors/{door}/override"): Role.OPERATOR,
    ("POST", "/api/v1/doors/{door}/acknowledge"): Role.OPERATOR,
    ("POST", "/api/v1/doors/{door}/emergency"): Role.OPERATOR,
    ("POST", "/api/v1/doors/{door}/message"): Role.OPERATOR,
    ("POST", "/api/v1/doors/{door}/test"): Role.OPERATOR,
    ("GET", "/api/v1/nodes"): Role.VIEWER,
    ("GET", "/api/v1/nodes/{node}"): Role.VIEWER,
    ("GET", "/api/v1/problems"): Role.VIEWER,
    ("GET", "/api/v1/passages"): Role.VIEWER,
    ("GET", "/api/v1/passages/{passage}"): Role.VIEWER,
    ("GET", "/api/v1/passages/{passage}/picture"): Role.OPERATOR,
    ("GET", "/api/v1/decisions"): Role.VIEWER,
    ("GET", "/api/v1/notices"): Role.VIEWER,
    ("POST", "/api/v1/notices/{notice}/resend"): Role.OPERATOR,
    ("GET", "/api/v1/counts"): Role.VIEWER,
    ("GET", "/api/v1/export/passages.csv"): Role.VIEWER,
    ("GET", "/api/v1/export/counts.csv"): Role.VIEWER,
    ("GET", "/api/v1/events"): Role.VIEWER,
    ("GET", "/api/v1/people"): Role.ADMIN,
    ("POST", "/api/v1/people"): Role.ADMIN,
    ("POST", "/api/v1/people/{name}/link"): Role.ADMIN,
    ("PUT", "/api/v1/people/{name}/role"): Role.ADMIN,
    ("DELETE", "/api/v1/people/{name}"): Role.ADMIN,
    ("GET", "/api/v1/audit"): Role.ADMIN,
    ("GET", "/api/v1/tokens"): Role.ADMIN,
    ("POST", "/api/v1/tokens"): Role.ADMIN,
    ("DELETE", "/api/v1/tokens/{token}"): Role.ADMIN,
}
PARTS = {"door": "front", "node": "cam-front", "passage": "no-such-one", "notice": "no-such-one", "name": "nobody-here",
         "token": "no-such-one"}  # fmt: skip


def routes_of(routes: Any) -> set[tuple[str, str]]:
    """Every route of the application, however deep it was put in."""
    found: set[tuple[str, str]] = set()
    for route in routes:
        if hasattr(route, "effective_route_contexts"):  # a router inside
            found |= {(method, one.path) for one in route.effective_route_contexts() for method in one.methods}
        else:
            methods = getattr(route, "methods", None) or {"GET"}
            found |= {(method, route.path) for method in methods - {"HEAD"}}
    return found


def test_every_route_stands_in_the_table(hall: Hall) -> None:
    app = make_app(Context(hall.config, hall.db, hall.live, hall.clock, lambda: hall.health))
    assert routes_of(app.routes) == set(TABLE)


@pytest.mark.parametrize("machine", [False, True], ids=["person", "token"])
@pytest.mark.parametrize("role", list(Role))
def test_each_role_may_what_the_table_says_and_nothing_else(hall: Hall, role: Role, machine: bool) -> None:
    for (method, path), least in TABLE.items():
        if machine and path == "/account":
            continue  # a token has no password; that is said below
        with hall.machine(role) if machine else hall.browser(role) as client:
            status = ask(client, method, path)
            if least is None or role.includes(least):
                assert status not in (401, 403), (method, path)
            else:
                assert status == 403, (method, path)
    with hall.machine(Role.ADMIN) as client:
        assert client.post("/account").status_code == 403


def test_nobody_gets_in_without_signing_in(hall: Hall) -> None:
    for (method, path), least in TABLE.items():
        with httpx.Client(base_url=hall.url, timeout=20) as client:
            status = ask(client, method, path)
        assert (status == 401) == (least is not None), (method, path, status)


def test_what_is_shown_and_wrong_lets_nobody_in(hall: Hall) -> None:
    with hall.browser(Role.ADMIN) as client:
        for value in ("Bearer wrong", "Bearer", "Basic YS1hZG1pbjp4", "bearer\tx"):
            assert client.get("/api/v1/me", headers={"Authorization": value}).status_code == 401, value
    with hall.machine(Role.ADMIN, days=0.0000001) as late:
        assert late.get("/api/v1/me").status_code == 401, "a token that is over"


def test_a_change_of_role_holds_from_the_next_request(hall: Hall) -> None:
    with hall.browser(Role.OPERATOR) as client, hall.browser(Role.ADMIN) as admin:
        assert client.post("/api/v1/doors/front/acknowledge").status_code == 200
        assert admin.put("/api/v1/people/a-operator/role", json={"role": "viewer"}).status_code == 204
        assert client.post("/api/v1/doors/front/acknowledge").status_code == 403
        assert admin.delete("/api/v1/people/a-operator").status_code == 204
        assert client.get("/api/v1/me").status_code == 401


def test_the_last_administrator_stays(hall: Hall) -> None:
    with hall.browser(Role.ADMIN) as admin:
        for answer in (
            admin.put("/api/v1/people/a-admin/role", json={"role": "viewer"}),
            admin.delete("/api/v1/people/a-admin"),
        ):
            assert answer.status_code == 409
            assert "only administrator" in answer.json()["detail"]


def ask(client: httpx.Client, method: str, path: str) -> int:
    address = path.format(**PARTS) + ("/console.css" if path == "/static" else "")
    with client.stream(method, address, json={} if method in {"POST", "PUT"} else None) as answer:
        return answer.status_code

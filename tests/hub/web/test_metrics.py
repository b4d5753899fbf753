"""Metrics, their page, the dashboard, readiness and the log, held against one another."""

import json
import logging
import re
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from hub import logs
from hub.config import HubConfig, Logs
from hub.core import Core
from hub.roles import Role
from hub.store import open_store
from hub.web import Health
from maskgate.messages import DisplayKind
from tests.hub.web.conftest import Site, make_config
from tests.hub.web.hall import Hall

ROOT = Path(__file__).parents[3]
COUNTERS = ("passages", "late", "dropped", "refused", "store_retries")


def families(text: str) -> dict[str, str]:
    return {found.name: found.type for found in text_string_to_metric_families(text)}


def whole(site: Hall) -> str:
    site.node_says("cam-front")
    site.happens(DisplayKind.IDLE)
    site.get("/")
    return httpx.get(f"{site.url}/metrics").text


def test_every_name_is_documented_and_every_documented_name_is_there(hall: Hall) -> None:
    text = whole(hall)
    counted = {f"maskgate_{name}_total" for name in COUNTERS}
    found = {name for name, kind in families(text).items() if kind != "counter"} | counted
    documented = set(re.findall(r"^\| `(maskgate_\w+)`", (ROOT / "docs/metrics.md").read_text(), re.MULTILINE))
    assert found == documented
    assert 'maskgate_door_lock{door="front",state="locked"} 1.0' in text
    assert 'maskgate_node_frame_seconds{door="front",node="cam-front",quantile="0.5"} 0.031' in text


def test_the_hub_counts_what_the_counters_are_named_for() -> None:
    """The names come from the core; the page shows each of them."""
    from hub.web.metrics import _COUNTERS

    class Stats:
        passages = late = dropped = failures = 1

    class Engine:
        stats, refused = Stats, 2

    core = Core.__new__(Core)
    core.engine = Engine()  # type: ignore[assignment]
    assert set(core.counters()) == set(_COUNTERS) == set(COUNTERS)


def test_the_dashboard_asks_for_nothing_that_is_not_there(hall: Hall) -> None:
    known = set(families(whole(hall)))
    known |= {f"maskgate_{name}_total" for name in COUNTERS} | {"maskgate_http_request_seconds_bucket"}
    dashboard = json.loads((ROOT / "deploy/grafana/maskgate.json").read_text())
    asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    names = {name for expression in asked for name in re.findall(r"maskgate_\w+", expression)}
    assert len(asked) > 15
    assert names <= known, names - known


def test_routes_are_measured_by_their_template(hall: Hall) -> None:
    with hall.machine() as client:
        client.get("/api/v1/doors/front")
        client.get("/api/v1/doors/yard")
        client.get("/made-up-by-a-stranger")
    text = httpx.get(f"{hall.url}/metrics").text
    assert 'maskgate_http_request_seconds_count{method="GET",route="/api/v1/doors/{door}",status="200"} 2.0' in text
    assert "made-up" not in text
    assert "other" in text


@pytest.mark.parametrize(("rule", "status"), [("open", 200), ("local", 200), ("token", 401)])
def test_who_may_read_them_is_configured(tmp_path: Path, rule: str, status: int) -> None:
    document = make_config().model_dump(mode="json", exclude={"database"})
    document["web"] |= {"metrics": rule}
    db = open_store(tmp_path / "hub.db")
    site = Site(db, HubConfig.model_validate(document))
    site.server.start()
    try:
        assert httpx.get(f"{site.url}/metrics").status_code == status
        proxied = httpx.get(f"{site.url}/metrics", headers={"X-Forwarded-For": "203.0.113.1"}).status_code
        assert proxied == (200 if rule == "open" else 401), "a proxy here asks for somebody else"
        assert site.get("/metrics", Role.VIEWER).status_code == 200
    finally:
        site.server.stop()
        db.dispose()


def test_readiness_is_about_this_hub_and_not_about_its_broker(site: Site) -> None:
    site.health = Health(broker="not connected")
    assert (httpx.get(f"{site.url}/healthz").status_code, httpx.get(f"{site.url}/readyz").status_code) == (503, 200)
    site.health = Health(engine="has ended")
    assert httpx.get(f"{site.url}/readyz").status_code == 503


def test_the_log_may_be_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        logs.begin(Logs(format="json", level="warning"))
        logging.getLogger("hub.x").info("not this")
        try:
            int("why")
        except ValueError:
            logging.getLogger("hub.x").exception("a %s\nof two lines", "fault")
    finally:
        root.handlers, root.level = before, level
    (line,) = capsys.readouterr().err.splitlines()
    document = json.loads(line)
    assert (document["level"], document["logger"], document["message"]) == ("error", "hub.x", "a fault\nof two lines")
    assert "ValueError: invalid literal" in document["error"]

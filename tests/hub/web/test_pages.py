"""What the pages say, asked for over HTTP."""

import json
from datetime import timedelta

import httpx
import pytest

from hub.store import schema
from hub.store.open import writing
from hub.store.write import add_counts
from hub.web import Health, Server
from maskgate.config import ConfigError
from maskgate.messages import Availability, CameraState, Counters, DisplayKind, EventType, LockState
from maskgate.states import MaskState
from tests.hub.web.conftest import LIMIT, Site


def test_the_console_shows_doors_decisions_and_cameras(site: Site) -> None:
    site.node_says("cam-front")
    site.node_says("cam-yard", Availability.OFFLINE, camera=CameraState.LOST)
    site.happens(DisplayKind.DENIED, site.decision(EventType.DENIED), lock=LockState.LOCKED, seconds=60)
    said = {
        "/": ("Head office", "Front entry", "Locked", "Refused", "No mask", "97%", "hard", "until", "Yard", "No lock",
              "Camera cam-yard (Yard): no picture"),
        "/doors/front": ("Front entry", "Locked", "Refused", "/display/front", "cam-front", "Online"),
        "/nodes": ("cam-front", "Online", "14.8 frames/s", "31 ms a frame", "52 °C", "Offline", "No picture"),
    }  # fmt: skip
    for path, words in said.items():
        page = site.get(path).text
        assert [word for word in words if word not in page] == [], path


def test_a_jammed_lock_and_a_problem_are_said_in_words(site: Site) -> None:
    site.happens(DisplayKind.IDLE, lock=LockState.JAMMED, problem="The lock did not answer")
    page = site.get("/").text
    assert "Jammed" in page
    assert "The lock did not answer" in page
    assert page.index("Needs a look") < page.index("Front entry: The lock did not answer.") < page.index("<article")


def test_times_are_the_sites_and_an_older_day_is_named(site: Site) -> None:
    at = site.clock.now() - timedelta(days=2)
    site.happens(DisplayKind.IDLE, site.decision(EventType.GRANTED, at=at, state=MaskState.MASK, text="Mask"))
    there = at.astimezone(site.config.zone)
    assert f"{there.day} {there:%b %H:%M:%S}" in site.get("/").text


def test_what_people_wrote_is_escaped(site: Site) -> None:
    evil = "\"'><script>alert(1)</script>"
    site.happens(DisplayKind.MESSAGE, site.decision(EventType.DENIED, text=evil), text=evil, title="</script><b>")
    for path in ("/", "/display/front"):
        page = site.get(path).text
        assert "<script>alert" not in page
        assert "</script><b>" not in page


def test_every_answer_forbids_what_is_not_ours(site: Site) -> None:
    for path in ("/", "/display/front", "/static/display.js", "/healthz", "/nowhere"):
        headers = httpx.get(site.url + path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in site.get("/").headers["content-security-policy"]


def test_the_display_begins_with_what_is_shown_and_works_without_scripts(site: Site) -> None:
    site.happens(DisplayKind.COVER_NOSE, seconds=60)
    page = httpx.get(f"{site.url}/display/front").text
    assert 'data-kind="cover_nose"' in page
    assert "The mask must cover nose and mouth." in page
    assert '<noscript><meta http-equiv="refresh"' in page


def test_a_display_whose_time_is_over_is_idle_even_when_nobody_said_so(site: Site) -> None:
    site.happens(DisplayKind.DENIED, seconds=-1)
    assert 'data-kind="idle"' in httpx.get(f"{site.url}/display/front").text
    assert 'data-kind="idle"' in httpx.get(f"{site.url}/display/yard").text
    assert httpx.get(f"{site.url}/display/nowhere").status_code == 404
    assert httpx.get(f"{site.url}/display/nowhere/events").status_code == 404


def test_the_stream_begins_with_the_latest_and_beats(site: Site) -> None:
    site.happens(DisplayKind.WELCOME, seconds=60)
    events: list[tuple[str, object]] = []
    with httpx.stream("GET", f"{site.url}/display/front/events", timeout=LIMIT) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        name = ""
        for line in answer.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                events.append((name, json.loads(line.removeprefix("data: "))))
            elif line.startswith("retry: "):
                assert line == "retry: 1000"
            if name == "beat":
                break
    first = events[0][1]
    assert isinstance(first, dict)
    assert first["display"]["kind"] == "welcome"
    assert 55 < first["display"]["seconds"] <= 60


def test_health_is_said_with_the_status_that_machines_read(site: Site) -> None:
    answer = httpx.get(f"{site.url}/healthz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok", "version": answer.json()["version"], "broker": "ok", "store": "ok", "engine": "ok",
        "notices": "ok",
    }  # fmt: skip
    site.health = Health(notices="3 given up")
    assert (httpx.get(f"{site.url}/healthz").status_code, httpx.get(f"{site.url}/healthz").json()["status"]) == (
        200,
        "degraded",
    )
    site.health = Health(broker="not connected")
    assert httpx.get(f"{site.url}/healthz").status_code == 503


def test_a_store_that_cannot_be_read_is_said_on_every_page(site: Site) -> None:
    with writing(site.db) as tx:
        for table in (schema.doors, schema.nodes):
            table.drop(tx)
    server = Server(site.config, site.db, site.live, site.clock, port=0)
    server.start()
    url = f"http://127.0.0.1:{server.port}"
    signed = {"maskgate": site.session()}
    health, console = httpx.get(f"{url}/healthz"), httpx.get(f"{url}/", cookies=signed)
    server.stop()
    assert (health.status_code, health.json()["store"]) == (503, "cannot be read")
    assert console.status_code == 503
    assert "cannot read its store" in console.text


def test_a_busy_port_is_a_clear_error(site: Site) -> None:
    second = Server(site.config, site.db, site.live, site.clock, port=site.server.port)
    with pytest.raises(ConfigError, match=f"cannot serve on 127.0.0.1 port {site.server.port}: Address already in use"):
        second.start()


def test_a_stop_lets_viewers_go_at_once_and_a_start_serves_the_same_port(site: Site) -> None:
    port = site.server.port
    with httpx.stream("GET", f"{site.url}/events", timeout=LIMIT, cookies={"maskgate": site.session()}) as answer:
        lines = answer.iter_lines()
        assert next(lines).startswith("retry")
        site.server.stop()
        for _line in lines:
            pass
    assert not site.server.alive
    site.server.start()
    assert site.server.port == port
    assert httpx.get(f"{site.url}/healthz").status_code == 200


def test_every_span_of_the_charts_is_drawn(site: Site) -> None:
    assert "Nobody was counted in this time." in site.get("/charts").text
    now = site.clock.now().astimezone(site.config.zone)
    with writing(site.db) as tx:
        add_counts(tx, {("front", f"{now:%Y-%m-%dT%H}"): Counters(people=7, violations=1)})
    for days in ("1", "7", "30", "90", "no number"):
        answer = site.get(f"/charts?days={days}")
        assert answer.status_code == 200, days
        assert "export/counts.csv?" in answer.text
        assert ("by=hour" in answer.text) == (days != "90"), days

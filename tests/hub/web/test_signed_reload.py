"""A reload while somebody is signed in and looks: the session stands, and what is followed goes on without a gap."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.config import HubConfig
from hub.reloading import take_up
from hub.service import Hub
from maskgate.config import load
from maskgate.demo.broker import Broker, available, free_port
from tests.hub.core.conftest import Friend, passage, until
from tests.hub.core.program import write_good

PASSWORD = "correct horse battery"


@pytest.fixture
def house(broker: Broker, tmp_path: Path) -> Iterator[tuple[Hub, Path, Friend]]:
    file = write_good(tmp_path, port=broker.port, web=free_port())
    friend, hub = Friend(broker.port), Hub(load(file, HubConfig))
    hub.start()
    until(lambda: friend.on("maskgate/hub/availability"), "the hub to be online")
    yield hub, file, friend
    hub.stop()
    friend.link.stop()


def become_administrator(hub: Hub, client: httpx.Client) -> None:
    """By the link that a first start prints."""
    link = hub.first_link()
    assert link
    form = {"code": link.partition("code=")[2], "name": "ana", "password": PASSWORD}
    assert client.post("/welcome", data=form).status_code == 303


def followed(client: httpx.Client, after: str | None, enough: int = 99) -> tuple[list[dict[str, Any]], str | None]:
    """Follow the events until the server lets go, or there are `enough`; returns the decisions, and where to go on."""
    found, last, kind = [], after, ""
    with client.stream("GET", "/api/v1/events", headers={"Last-Event-ID": after} if after else {}) as answer:
        assert answer.status_code == 200
        for line in answer.iter_lines():
            word, _, value = line.partition(": ")
            if word == "event":
                kind = value
            elif word == "id":
                last = value
            elif word == "data" and kind == "decision":
                found.append(json.loads(value))
                if len(found) == enough:
                    break
    return found, last


@pytest.mark.parametrize("broker", [available()[0]], indirect=True)
def test_a_reload_signs_nobody_out_and_who_follows_misses_nothing(house: tuple[Hub, Path, Friend]) -> None:
    hub, file, friend = house
    with httpx.Client(base_url=f"http://127.0.0.1:{hub.web_port}", timeout=30) as client, ThreadPoolExecutor(1) as pool:
        become_administrator(hub, client)
        assert client.get("/api/v1/me").json()["name"] == "ana"
        first = pool.submit(followed, client, None)
        until(lambda: hub._parts and hub._parts._live.viewers() == 1, "the stream to be open")
        friend.see(passage("no_mask", who="one"))
        until(lambda: "denied" in friend.decisions(), "the first decision")
        file.write_text(file.read_text().replace("name: Front", "name: Main entrance"))
        assert take_up(hub, file) is None
        seen, last = first.result(30)
        assert [one["passage"] for one in seen] == ["passage-one"]
        assert client.get("/api/v1/me").json()["name"] == "ana", "by the same session"
        assert client.get("/api/v1/doors").json()[0]["name"] == "Main entrance"
        # While nobody follows something happens; whoever comes back is told of it.
        friend.see(passage("no_mask", who="two"))
        until(lambda: friend.decisions().count("denied") == 2, "the second decision")
        seen, _ = followed(client, last, enough=1)
        assert [one["passage"] for one in seen] == ["passage-two"]

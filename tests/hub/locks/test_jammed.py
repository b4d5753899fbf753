"""S6 to the end: a lock that does not do as told is jammed at the door, in the hub's problems, on the page, by mail."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.config import HubConfig
from hub.roles import Role
from hub.service import Hub
from hub.store import open_store, writing
from hub.web.security.issuing import new_token
from maskgate.clock import SystemClock
from maskgate.demo.broker import Broker
from maskgate.mqtt import Inbound
from tests.hub.core.conftest import Friend, passage, until
from tests.hub.mail_server import MailServer, part

ATTEMPTS = 3
WHY = f"The lock did not answer within 0.4 s when told to unlock, {ATTEMPTS} times"
TODO = "Go to the door: does something block the bolt, has the lock power and network?"

pytestmark = pytest.mark.parametrize("broker", ["mosquitto"], indirect=True)


class Contrary(Friend):
    """A lock that answers each command in time, and does not do it."""

    def _hear(self, message: Inbound) -> None:
        super()._hear(message)
        if message.topic == "lock/set":
            self.say("lock/state", "LOCKED")


@pytest.fixture
def hub(broker: Broker, tmp_path: Path, mail_server: MailServer) -> Iterator[Hub]:
    config = HubConfig.model_validate(
        {
            "site": "Head office", "mqtt": {"host": "127.0.0.1", "port": broker.port},
            "database": str(tmp_path / "hub.db"),
            "doors": [{
                "id": "front", "name": "Front entry", "nodes": ["cam"],
                "policy": {"mode": "hard", "entry": "controlled", "grant_hold": 60},
                "lock": {
                    "command_topic": "lock/set", "feedback_topic": "lock/state", "feedback_within": 0.4,
                    "attempts": ATTEMPTS, "payload_lock": "LOCK {id}", "payload_unlock": "UNLOCK {id}",
                },
            }],
            "notices": {"recipients": [{"id": "guard", "url": mail_server.url()}]},
        }
    )  # fmt: skip
    hub = Hub(config, web_port=0)
    yield hub
    hub.stop()


def shown(friend: Friend) -> dict[str, Any]:
    told = friend.on("maskgate/door/front/state")
    return json.loads(told[-1]) if told else {}


def problems(friend: Friend) -> list[str]:
    told = friend.on("maskgate/hub/health")
    return list(json.loads(told[-1])["problems"]) if told else []


def get(hub: Hub, path: str) -> httpx.Response:
    with writing(open_store(hub.config.database)) as tx:
        _, secret = new_token(tx, SystemClock().now(), name=path, role=Role.VIEWER, days=1, by="test")
    return httpx.get(f"http://127.0.0.1:{hub.web_port}{path}", headers={"Authorization": f"Bearer {secret}"})


@pytest.mark.parametrize("lock", [lambda port: Friend(port, obeys=False), lambda port: Contrary(port, obeys=False)],
                         ids=["silent", "contrary"])  # fmt: skip
def test_a_lock_that_does_not_do_as_told_is_told_again_a_few_times_then_jammed_and_somebody_goes_there(
    lock: Callable[[int], Friend], hub: Hub, broker: Broker, mail_server: MailServer
) -> None:
    friend = lock(broker.port)
    try:
        hub.start()
        until(lambda: friend.on("maskgate/hub/availability"), "the hub to be online")
        friend.see(passage("mask"))
        until(lambda: shown(friend).get("lock") == "JAMMED", "the hub to give up")
        assert shown(friend)["problem"] == WHY

        until(lambda: mail_server.mails, "the mail")
        (mail,) = mail_server.mails
        assert mail["Subject"] == f"[Head office] Front entry: {WHY}"
        for words in (part(mail, "plain"), part(mail, "html")):
            for fact in ("Front entry", WHY, TODO, "Use the key"):
                assert fact in words, fact

        until(lambda: WHY in problems(friend), "the hub's health", 40)
        (found,) = [one for one in get(hub, "/api/v1/problems").json() if one["kind"] == "lock"]
        assert (found["key"], found["severity"], found["door"]) == ("lock/front", "severe", "front")
        page = get(hub, "/").text
        assert WHY in page
        assert "Jammed" in page

        assert friend.commands() == ["UNLOCK"] * ATTEMPTS, "and no more"
        assert len(set(friend.on("lock/set"))) == ATTEMPTS, "S2: each with an id of its own"
        assert len(mail_server.mails) == 1
        friend.say("lock/state", "UNLOCKED")
        until(lambda: shown(friend)["lock"] == "UNLOCKED" and shown(friend)["problem"] is None, "what it measured")
    finally:
        friend.link.stop()

"""A lock that Home Assistant owns: the contract of docs/installer.md, between a real hub and a client that plays it."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hub.config import HubConfig
from hub.core import Core
from hub.store import open_store
from maskgate.demo.broker import Broker
from maskgate.messages import Feedback, LockAction, LockOrder, LockState, decode, encode
from maskgate.mqtt import Inbound
from tests.hub.core.conftest import Friend, make_config, make_core, passage, until


class HomeAssistant(Friend):
    """Obeys as the installer's page asks: never late, never twice, and it reports what the lock then is."""

    def __init__(self, port: int, *, obeys: bool = True, answers: Callable[[LockOrder], str] | None = None) -> None:
        self.orders, self._answers = list[LockOrder](), answers or (lambda order: order.id)
        super().__init__(port, obeys=obeys)

    def _hear(self, message: Inbound) -> None:
        super()._hear(message)
        if message.topic != "maskgate/door/front/lock":
            return
        assert not message.retain
        order = decode(message.payload, LockOrder)
        if order.id in {one.id for one in self.orders} or datetime.now(UTC) >= order.expires_at:
            return
        self.orders.append(order)
        if self.obeys:
            state = LockState.LOCKED if order.action is LockAction.LOCK else LockState.UNLOCKED
            answer = Feedback(lock=state, command=self._answers(order))
            self.say("maskgate/door/front/feedback", encode(answer))

    def door(self) -> dict[str, Any]:
        told = self.on("maskgate/door/front/state")
        return json.loads(told[-1]) if told else {}


@pytest.fixture
def site(broker: Broker, tmp_path: Path) -> Iterator[Callable[..., HomeAssistant]]:
    running: list[tuple[Core, HomeAssistant]] = []

    def make(**how: Any) -> HomeAssistant:
        document = make_config(broker.port, str(tmp_path / "hub.db")).model_dump(mode="json", exclude={"notices"})
        document["doors"][0]["lock"] = {"driver": "homeassistant", "feedback_within": 1, "attempts": 2}
        document["database"] = str(tmp_path / "hub.db")
        config = HubConfig.model_validate(document)
        friend, core = HomeAssistant(broker.port, **how), make_core(config, open_store(config.database))
        running.append((core, friend))
        core.start()
        until(lambda: friend.on("maskgate/hub/availability"), "the hub to be online")
        return friend

    yield make
    for core, friend in running:
        core.stop()
        friend.link.stop()


def test_each_order_has_its_id_and_end_and_the_door_shows_what_was_measured(
    site: Callable[..., HomeAssistant],
) -> None:
    assistant = site()
    assistant.see(passage("mask"))
    until(lambda: [one.action for one in assistant.orders] == ["unlock", "lock"], "the door to open and shut")
    until(lambda: assistant.locks()[-1] == "LOCKED", "what was measured")
    assert assistant.locks()[-4:] == ["UNLOCKING", "UNLOCKED", "LOCKING", "LOCKED"]
    assert len({one.id for one in assistant.orders}) == 2
    assert all(0 < (one.expires_at - one.sent_at).total_seconds() <= 5 for one in assistant.orders)


def test_without_an_answer_it_is_told_again_then_jammed_and_somebody_is_told(
    site: Callable[..., HomeAssistant],
) -> None:
    assistant = site(obeys=False)
    assistant.see(passage("mask"))
    until(lambda: assistant.door().get("lock") == "JAMMED", "the hub to give up")
    unlocks = [one for one in assistant.orders if one.action is LockAction.UNLOCK]
    assert len({one.id for one in unlocks}) <= 2, "a bounded number of times"
    assert "did not answer within 1 s" in assistant.door()["problem"]


def test_an_answer_to_another_order_is_none(site: Callable[..., HomeAssistant]) -> None:
    assistant = site(answers=lambda _order: "another-order")
    assistant.see(passage("mask"))
    until(lambda: assistant.door().get("lock") == "JAMMED", "the hub not to be content with it")


def test_while_home_assistant_is_away_the_door_is_in_its_safe_state(site: Callable[..., HomeAssistant]) -> None:
    assistant = site()
    assistant.say("homeassistant/status", "offline")
    until(lambda: "Home Assistant" in (assistant.door().get("problem") or ""), "the fault to be shown")
    assistant.see(passage("mask"))
    until(assistant.acks, "the verdict to be stored")
    assert assistant.orders == [], "nobody is let in"
    assistant.say("homeassistant/status", "online")
    until(lambda: assistant.door().get("problem") is None, "the fault to end")
    assistant.see(passage("mask", who="b"))
    until(lambda: assistant.orders, "the door to work again")

"""A relay on the board, from the hub's word to the pin and back, and alone when the hub is gone."""

import queue
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mask_node.config import RelaySettings
from mask_node.service import Node
from maskgate.config import MqttSettings
from maskgate.demo.broker import Broker, available, start_broker
from maskgate.messages import (
    Availability,
    DoorState,
    Entry,
    Feedback,
    LockState,
    Mode,
    SetRelay,
    decode,
    encode,
)
from maskgate.mqtt import Link, Outbound
from maskgate.topics import DOOR_STATE, HUB_AVAILABILITY, NODE_RELAY, NODE_SET_RELAY
from tests.mask_node.fakes import ColourEyes, Hub, until
from tests.mask_node.test_lasting import send
from tests.mask_node.test_outbox import opened
from tests.mask_node.test_service import Frames, config, people, running

pins_of = pytest.importorskip("gpiozero.pins.mock")
FOLLOWS = RelaySettings(pin=17, alone="policy", door="entry", hold=2, lost_for=0.5)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    started = start_broker(tmp_path / "broker", kind=available()[0])
    yield started
    started.stop()


@pytest.fixture
def pins() -> Iterator[Any]:
    factory = pins_of.MockFactory()
    yield factory
    factory.reset()


def news(heard: "queue.Queue[Feedback]", old: Feedback | None = None, limit: float = 20) -> Feedback:
    """Return the next report that says something new: each may come again, with other news of the board."""
    while (told := heard.get(timeout=limit)) == old:
        pass
    return told


def test_the_hub_moves_it_and_hears_what_was_measured(broker: Broker, tmp_path: Path, pins: Any) -> None:
    hub, heard = Hub(broker), queue.Queue[Feedback]()
    ear = Link(
        MqttSettings(host="127.0.0.1", port=broker.port), client_id="ear", keep_session=False,
        subscriptions=[NODE_RELAY.path("maskgate", node="front")],
        on_message=lambda message: heard.put(decode(message.payload, Feedback)),
    )  # fmt: skip
    ear.start()
    assert ear.wait_up(20)
    # What a broker kept from yesterday moves nothing.
    send(hub, NODE_SET_RELAY, SetRelay, retain=True, action="unlock")
    settings = config(broker, tmp_path, relay=RelaySettings(pin=17, lost_for=0.5), health_every=60)
    with running(Node(settings, detector=ColourEyes(), source=Frames(), pins=pins)):
        rests = news(heard)
        assert rests.lock is LockState.LOCKED
        command = send(hub, NODE_SET_RELAY, SetRelay, action="unlock")
        opened_by_hub = Feedback(lock=LockState.UNLOCKED, command=command)
        assert news(heard, rests) == opened_by_hub
        assert pins.pin(17).state
        away = Availability.OFFLINE.value.encode()  # as the broker says it when the hub has died
        hub.link.publish(Outbound(HUB_AVAILABILITY.path("maskgate"), away, retain=True))
        assert news(heard, opened_by_hub, limit=5).lock is LockState.LOCKED
        assert not pins.pin(17).state
    ear.stop()
    hub.stop()


def test_after_a_restart_without_a_broker_it_goes_on_by_the_last_known_policy(
    broker: Broker, tmp_path: Path, pins: Any
) -> None:
    hub, settings = Hub(broker), config(broker, tmp_path, relay=FOLLOWS)
    door = DoorState(
        door="entry", name="Entry", at=datetime.now(UTC), mode=Mode.HARD, entry=Entry.CONTROLLED, lock=LockState.LOCKED
    )
    hub.link.publish(Outbound(DOOR_STATE.path("maskgate", door="entry"), encode(door), retain=True))
    with running(Node(settings, detector=ColourEyes(), source=Frames(), pins=pins)) as node:
        until(lambda: node._outbox.noted("policy"), "the policy on disk")
    hub.stop()
    broker.stop()
    camera = Frames()
    with running(Node(settings, detector=ColourEyes(), source=camera, pins=pins)) as node:
        assert node._relay is not None
        node._relay.lost()  # there is no connection from the start
        until(lambda: node._relay is not None and node._relay._silent, "the silence of the hub")
        assert not pins.pin(17).state
        camera.add(people(1))  # with a mask
        until(lambda: pins.pin(17).state, "the mask to open")
        until(lambda: not pins.pin(17).state, "the end of the grant")


def test_a_kept_policy_that_is_not_understood_stops_no_start(
    broker: Broker, tmp_path: Path, pins: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings = config(broker, tmp_path, relay=FOLLOWS)
    outbox = opened(settings.outbox.path)
    outbox.note("policy", '{"mode": "a mode of a later version", "entry": "open", "emergency": false}')
    outbox.close()
    with running(Node(settings, detector=ColourEyes(), source=Frames(), pins=pins)) as node:
        assert node._relay is not None
        assert node._relay.policy is None
    assert "the policy kept over the restart is not understood" in caplog.text

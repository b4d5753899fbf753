"""The line to the broker, against real ones."""

import logging
import queue
import socket
import threading
import time

import pytest

from maskgate.config import MqttSettings
from maskgate.demo.broker import Broker
from maskgate.mqtt import Inbound, Link, Outbound

LIMIT = 20


class Ear:
    """A link that keeps what it hears."""

    def __init__(
        self, broker: Broker, name: str, *topics: str, protocol: str = "auto", as_published: tuple[str, ...] = ()
    ) -> None:
        self.heard: queue.Queue[Inbound] = queue.Queue()
        self.confirmed: queue.Queue[int] = queue.Queue()
        self.downs = threading.Semaphore(0)
        self.link = Link(
            MqttSettings(host="127.0.0.1", port=broker.port, protocol=protocol), client_id=name,
            subscriptions=topics, as_published=as_published, on_message=self.heard.put, on_published=self.confirmed.put,
            on_down=self.downs.release, will=Outbound("t/will", b"offline"),
        )  # fmt: skip
        self.link.start()
        assert self.link.wait_up(LIMIT)


def test_what_is_published_is_confirmed_and_heard(broker: Broker) -> None:
    ear, mouth = Ear(broker, "ear", "t/+"), Ear(broker, "mouth")
    token = mouth.link.publish(Outbound("t/a", b"hello", expiry_s=5))
    assert mouth.confirmed.get(timeout=LIMIT) == token
    assert ear.heard.get(timeout=LIMIT).payload == b"hello"
    mouth.link.stop()
    ear.link.stop()


def test_a_message_that_was_not_confirmed_comes_again_to_the_next_process(broker: Broker) -> None:
    ear, mouth = Ear(broker, "ear", "t/+"), Ear(broker, "mouth")
    mouth.link.publish(Outbound("t/a", b"one"))
    mouth.link.publish(Outbound("t/a", b"two"))
    ear.link.confirm(ear.heard.get(timeout=LIMIT))
    assert ear.heard.get(timeout=LIMIT).payload == b"two"
    ear.link.stop()
    again = Ear(broker, "ear", "t/+")
    assert again.heard.get(timeout=LIMIT).payload == b"two"
    again.link.stop()
    mouth.link.stop()


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_what_was_retained_is_known_as_such_while_we_listen_where_the_protocol_can_say_so(
    broker: Broker, protocol: str
) -> None:
    if broker.kind == "nats" and protocol == "5":
        pytest.skip("it speaks 3.1.1 alone")
    ear = Ear(broker, "ear", "t/set", "t/state", protocol=protocol, as_published=("t/set",))
    mouth = Ear(broker, "mouth")
    for topic in ("t/set", "t/state"):
        mouth.link.publish(Outbound(topic, b"live", retain=True))
    flags = {heard.topic: heard.retain for heard in (ear.heard.get(timeout=LIMIT), ear.heard.get(timeout=LIMIT))}
    assert flags == {"t/set": protocol == "5", "t/state": False}
    ear.link.stop()
    late = Ear(broker, "late", "t/set", "t/state", protocol=protocol, as_published=("t/set",))
    assert {late.heard.get(timeout=LIMIT).retain for _ in range(2)} == {True}, "what was kept is known by all"
    late.link.stop()
    mouth.link.stop()


@pytest.mark.parametrize("flagged", [True, False])
def test_a_retained_word_is_known_also_when_it_waited_for_us(broker: Broker, flagged: bool) -> None:
    if broker.kind == "nats":
        pytest.skip("it speaks 3.1.1 alone")
    topics = ("t/set",) if flagged else ()
    ear, mouth = Ear(broker, "ear", "t/set", as_published=topics), Ear(broker, "mouth")
    ear.link.stop()
    mouth.link.publish(Outbound("t/set", b"word", retain=flagged))
    assert mouth.confirmed.get(timeout=LIMIT)
    again = Ear(broker, "ear", "t/set", as_published=topics)
    assert again.heard.get(timeout=LIMIT).retain is flagged
    again.link.stop()
    mouth.link.stop()


def test_a_broker_that_was_killed_is_found_again_and_subscribed_to_anew(broker: Broker) -> None:
    ear, mouth = Ear(broker, "ear", "t/+"), Ear(broker, "mouth")
    broker.stop(kill=True)
    assert ear.downs.acquire(timeout=LIMIT)
    assert mouth.downs.acquire(timeout=LIMIT)
    assert mouth.link.publish(Outbound("t/a", b"lost")) is None
    broker.start()
    assert ear.link.wait_up(LIMIT)
    assert mouth.link.wait_up(LIMIT)
    mouth.link.publish(Outbound("t/a", b"back"))
    assert ear.heard.get(timeout=LIMIT).payload == b"back"
    mouth.link.stop()
    ear.link.stop()


def test_a_handler_that_fails_does_not_deafen_the_link(broker: Broker) -> None:
    heard: queue.Queue[bytes] = queue.Queue()

    def fail_on_first(message: Inbound) -> None:
        heard.put(message.payload)
        if message.payload == b"1":
            raise RuntimeError("a fault of ours")

    link = Link(
        MqttSettings(host="127.0.0.1", port=broker.port), client_id="x", subscriptions=["t/a"],
        on_message=fail_on_first,
    )  # fmt: skip
    link.start()
    assert link.wait_up(LIMIT)
    link.publish(Outbound("t/a", b"1"))
    link.publish(Outbound("t/a", b"2"))
    assert {heard.get(timeout=LIMIT), heard.get(timeout=LIMIT)} == {b"1", b"2"}
    link.stop()


def test_an_orderly_stop_says_farewell_and_leaves_no_will(broker: Broker) -> None:
    ear, mouth = Ear(broker, "ear", "t/will", "t/bye"), Ear(broker, "mouth")
    mouth.link.stop(Outbound("t/bye", b"stopped"))
    assert ear.heard.get(timeout=LIMIT).payload == b"stopped"
    probe = Ear(broker, "probe")
    probe.link.publish(Outbound("t/bye", b"after"))
    assert ear.heard.get(timeout=LIMIT).payload == b"after"
    probe.link.stop()
    ear.link.stop()


def test_a_stop_while_the_connection_is_made_is_an_orderly_one(broker: Broker) -> None:
    ear = Ear(broker, "ear", "t/will", "t/bye")
    for number in range(4):
        hasty = Link(
            MqttSettings(host="127.0.0.1", port=broker.port), client_id=f"hasty-{number}", subscriptions=["t/a"],
            on_message=lambda _m: None, will=Outbound("t/will", b"offline"),
        )  # fmt: skip
        hasty.start()
        time.sleep(0.002 * number)
        hasty.stop(Outbound("t/bye", b"stopped"), timeout=LIMIT)
    assert [ear.heard.get(timeout=LIMIT).payload for _ in range(4)] == [b"stopped"] * 4
    ear.link.stop()


def test_a_stop_is_short_where_nobody_ever_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        link = Link(
            MqttSettings(host="127.0.0.1", port=silent.getsockname()[1]), client_id="x", subscriptions=["t/a"],
            on_message=lambda _m: None,
        )  # fmt: skip
        link.start()
        time.sleep(0.1)
        began = time.monotonic()
        link.stop(Outbound("t/bye", b"stopped"), timeout=0.4)
        assert time.monotonic() - began < 1.5
        assert not link.alive


def test_a_broker_that_says_nothing_is_not_taken_for_an_older_one() -> None:
    """It hangs. When it goes on it must not find us speaking 3.1.1 for no reason."""
    settings = MqttSettings(host="127.0.0.1").model_copy(update={"keepalive": 1})
    spoken = list[int]()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        link = Link(
            settings.model_copy(update={"port": silent.getsockname()[1]}), client_id="x", subscriptions=["t/a"],
            on_message=lambda _m: None,
        )  # fmt: skip
        link.start()
        silent.settimeout(LIMIT)
        for _ in range(3):
            talk, _address = silent.accept()
            with talk:
                talk.settimeout(LIMIT)
                spoken.append(talk.recv(100)[8])  # the level, after header, length and name of the protocol
                assert talk.recv(100) == b"", "it gives up by itself"
        link.stop(timeout=0.5)
    assert spoken == [5, 5, 5]


def test_two_programs_of_one_name_calm_down_and_say_so(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    if broker.kind == "nats":
        pytest.skip("it makes such programs wait by itself")
    caplog.set_level(logging.INFO)
    twins = [Ear(broker, "twin", "t/a") for _ in range(2)]
    time.sleep(6)
    ups = sum("connected to" in record.message for record in caplog.records)
    deadline = time.monotonic() + LIMIT
    while not any("another program" in record.message for record in caplog.records):
        assert time.monotonic() < deadline, "nobody was told"
        time.sleep(0.1)
    for twin in twins:
        twin.link.stop()
    assert ups <= 16, "each puts the other out, so both must become slower"


def test_finding_the_protocol_is_no_trouble(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    ear = Ear(broker, "ear", "t/a")
    ear.link.stop()
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []

"""O1: a good file is taken up while the hub runs, a bad one disturbs nothing. S7, M6: what a reload does to doors."""

import gc
import json
import signal
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.config import HubConfig
from hub.presence import Presence
from hub.reloading import take_up
from hub.service import Hub
from maskgate.config import ConfigError, load, parse
from maskgate.demo.broker import Broker, available, free_port
from tests.hub.mutations import is_explained, mutated

from .conftest import LIMIT, Friend, passage, until
from .program import REPOSITORY, run_hub, write_good

BACK = """
  - id: back
    name: Back
    nodes: [cam-2]
    lock: {driver: node, node: cam-2}
"""


@dataclass
class House:
    """A running hub, its file, and everybody around."""

    hub: Hub
    file: Path
    friend: Friend

    def rewrite(self, change: Callable[[str], str]) -> str | None:
        self.file.write_text(change(self.file.read_text()))
        return take_up(self.hub, self.file)

    def said_of_itself(self) -> list[bytes]:
        return self.friend.on("maskgate/hub/availability")

    def problem(self) -> str | None:
        told = self.friend.on("maskgate/hub/health")
        return json.loads(told[-1])["problem"] if told else None


@pytest.fixture
def house(broker: Broker, tmp_path: Path) -> Iterator[House]:
    file = write_good(tmp_path, port=broker.port, web=free_port())
    friend, hub = Friend(broker.port), Hub(load(file, HubConfig))
    hub.start()
    house = House(hub, file, friend)
    until(house.said_of_itself, "the hub to be online")
    yield house
    hub.stop()
    friend.link.stop()


def test_a_door_is_added_and_removed_while_the_others_keep_their_state_and_no_lock_moves(house: House) -> None:
    friend = house.friend
    friend.see(passage("mask"))
    until(lambda: friend.commands() == ["UNLOCK", "LOCK"], "somebody to be let in")
    until(lambda: friend.locks()[-1] == "LOCKED", "the door to be locked again")
    assert house.rewrite(lambda text: text + BACK) is None
    until(lambda: friend.on("maskgate/door/back/state"), "the new door")
    state = json.loads(friend.on("maskgate/door/front/state")[-1])
    assert state["counters"]["people"] == 1
    assert house.rewrite(lambda text: text.replace(BACK, "")) is None
    until(lambda: friend.on("maskgate/door/back/state")[-1] == b"", "the ghost to go")
    gone = lambda: any(m.topic.startswith("homeassistant/device/") and m.payload == b"" for m in friend.heard)  # noqa: E731
    until(gone, "its device to go")
    friend.see(passage("mask", who="b"))
    until(lambda: friend.commands() == ["UNLOCK", "LOCK"] * 2, "the door to work as before")
    assert set(house.said_of_itself()) == {b"online"}, "nobody is told that the hub was away"


def test_what_ran_before_is_let_go(house: House) -> None:
    before = weakref.ref(house.hub._parts)
    assert house.rewrite(lambda text: text.replace("name: Front", "name: Front door")) is None
    gc.collect()
    assert before() is None, "a hub that is reloaded every day keeps its size"


def test_a_grant_that_stands_is_ended_by_the_hub_that_follows(house: House) -> None:
    friend = house.friend
    house.rewrite(lambda text: text.replace("grant_hold: 1", "grant_hold: 3"))
    friend.see(passage("mask"))
    until(lambda: friend.commands() == ["UNLOCK"], "somebody to be let in")
    assert house.rewrite(lambda text: text.replace("name: Front", "name: Entrance")) is None
    until(lambda: friend.commands()[-1] == "LOCK", "the grant to end")
    assert friend.commands() == ["UNLOCK", "LOCK"], "and nothing else was commanded"
    until(lambda: friend.locks()[-1] == "LOCKED", "the door to be locked again")
    assert json.loads(friend.on("maskgate/door/front/state")[-1])["name"] == "Entrance"


def test_verdicts_that_come_during_reloads_are_neither_lost_nor_taken_twice(house: House) -> None:
    friend, names = house.friend, [f"n{number}" for number in range(40)]
    done = threading.Event()

    def see_them() -> None:
        for name in names:
            friend.see(passage("mask", who=name))
            done.wait(0.02)

    crowd = threading.Thread(target=see_them)
    crowd.start()
    for number in range(3):
        assert house.rewrite(lambda text, number=number: text + f"# {number}\n" + BACK.replace("back", f"b{number}")
                             .replace("cam-2", f"cam-{number}")) is None  # fmt: skip
    crowd.join()
    until(lambda: {who for who, _ in friend.acks()} >= {f"passage-{name}" for name in names}, "all to be stored")

    def counted() -> bool:  # where a reload takes long, some have grown old meanwhile
        counters = json.loads(friend.on("maskgate/door/front/state")[-1])["counters"]
        return bool(counters["people"] + counters["late"] == 40)

    until(counted, "all counted")


@pytest.mark.parametrize("broker", [available()[0]], indirect=True)
def test_no_bad_file_of_two_hundred_disturbs_a_running_hub(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKGATE_MQTT_PASSWORD", "x")
    monkeypatch.setenv("MASKGATE_DATABASE", str(house.hub.config.database))
    monkeypatch.setenv("MASKGATE_MANAGER", "json://localhost")
    friend, good = house.friend, house.file.read_text()
    until(lambda: len(friend.on("homeassistant/device/maskgate_node_cam/config")) > 1, "the discovery, said again")
    parts, before = house.hub._parts, len(friend.heard)
    rich = (REPOSITORY / "deploy/config/hub-example.yaml").read_text()
    texts = [*mutated(good, 120, seed=1), *mutated(rich, 120, seed=2)]
    assert len(set(texts)) >= 200
    parse(rich, HubConfig, name="the one that is spoilt is good")
    for text in texts:
        house.file.write_text(text)
        fault = take_up(house.hub, house.file)
        assert fault, text
        assert is_explained(fault, house.file), fault
        assert house.hub._parts is parts
    until(house.problem, "the problem in the hub's health")
    said = {m.topic for m in friend.heard[before:]}
    assert said <= {"maskgate/hub/health", "maskgate/hub/pulse"}, "no door, no display, no lock, no availability"
    assert friend.commands() == []
    assert house.rewrite(lambda _text: good) is None
    until(lambda: house.problem() is None, "the problem to be over")
    friend.see(passage("mask"))
    until(lambda: "UNLOCK" in friend.commands(), "the door to work as before")


def test_what_does_not_start_is_taken_back_and_said(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    from hub import parts

    start, tried = parts.Worker.start, []

    def fail_once(worker: parts.Worker) -> None:
        if not tried:
            tried.append(worker)
            raise ConfigError("notices: the moon is wrong; wait")
        start(worker)

    monkeypatch.setattr(parts.Worker, "start", fail_once)
    assert house.rewrite(lambda text: text + BACK) == "notices: the moon is wrong; wait"
    until(lambda: house.problem() == "notices: the moon is wrong; wait", "the problem in the hub's health")
    house.friend.see(passage("mask"))
    until(lambda: "UNLOCK" in house.friend.commands(), "the door to work as before")
    assert house.friend.on("maskgate/door/back/state") == []


def test_a_port_that_is_taken_is_refused_before_anything_stops(house: House, broker: Broker) -> None:
    parts, port = house.hub._parts, house.hub.config.web.port
    said = house.rewrite(lambda text: text.replace(f"port: {port}", f"port: {broker.port}"))
    assert said is not None
    assert said.startswith(f"web.port: 127.0.0.1 port {broker.port} cannot be had")
    assert house.hub._parts is parts


def test_another_store_wants_a_restart_and_says_so(house: House) -> None:
    said = house.rewrite(lambda text: text.replace("hub.db", "other.db"))
    assert said == "database: cannot change while the hub runs; restart it for that"


def test_what_was_retained_at_the_old_root_goes(house: House) -> None:
    def retained(topic: str) -> bytes:
        return house.friend.on(topic)[-1]

    assert house.rewrite(lambda text: text.replace("mqtt: {", "mqtt: {root: other, ")) is None
    until(lambda: house.friend.on("other/door/front/state"), "the door at its new place")
    for topic in ("door/front/state", "door/front/display", "hub/health"):
        until(lambda topic=topic: retained(f"maskgate/{topic}") == b"", f"{topic} to go")


def test_sighup_and_the_command_reload_a_running_process_and_tell_a_bad_file(broker: Broker, tmp_path: Path) -> None:
    file = write_good(tmp_path, port=broker.port, web=free_port())
    good = file.read_text()
    friend, run = Friend(broker.port), CliRunner()
    asked = ["reload", "--config", str(file)]
    said = run.invoke(app, asked)
    assert (said.exit_code, "no hub runs" in said.output) == (1, True)
    hub = run_hub(file)
    try:
        until(lambda: friend.on("maskgate/hub/availability"), "the hub to be online", 60)
        for text in mutated(good, 5, seed=3):
            file.write_text(text)
            told = len(friend.on("maskgate/hub/health"))
            hub.send_signal(signal.SIGHUP)
            until(lambda told=told: len(friend.on("maskgate/hub/health")) > told, "the hub to say so")
            assert hub.poll() is None
        assert json.loads(friend.on("maskgate/hub/health")[-1])["problem"].startswith(file.name)
        assert friend.on("maskgate/hub/availability") == [b"online"]
        assert friend.commands() == []
        file.write_text(good + BACK)
        said = run.invoke(app, asked)
        assert (said.exit_code, said.output.split(":")[0]) == (0, "OK"), said.output
        until(lambda: friend.on("maskgate/door/back/state"), "the new door")
        file.write_text(good.replace(f"port: {broker.port}", "port: 0"))
        said = run.invoke(app, asked)
        assert (said.exit_code, "mqtt.port: 0 is not accepted; write 1 or more" in said.output) == (1, True)
        with pytest.raises(ConfigError, match="a hub runs on this store; stop it first"):
            Presence(tmp_path / "hub.pid").take()
        hub.send_signal(signal.SIGTERM)
        assert hub.wait(LIMIT) == 0
        assert not (tmp_path / "hub.pid").exists()
    finally:
        hub.kill()
        hub.wait()
        friend.link.stop()

"""A site of maskgate at a home: a real hub in a process of its own, a simulated lock and a simulated camera board.

    with Site(home) as site:                        # door `front-entry`, node `cam-1`, root `maskgate`
        site.board.sees("no_mask")                  # a passage, as a camera board tells it
        home.wait_state("lock.front_entry", "locked")
        site.lock.commands                          # what the lock was told, in order

`Site(home, root="other")` is another one on the same broker. `site.heard` is all that went over the broker.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from ruamel.yaml import YAML

from maskgate import topics
from maskgate.config import MqttSettings
from maskgate.demo.broker import free_port
from maskgate.ids import new_id
from maskgate.messages import (
    Ack,
    Availability,
    CameraState,
    Decision,
    NodeHealth,
    Passage,
    VerdictReason,
    decode,
    encode,
)
from maskgate.mqtt import Inbound, Link, Outbound
from maskgate.states import MaskState
from tests.system.homeassistant.home import LIMIT, Home, until
from tests.system.homeassistant.installs import REPOSITORY

DOOR, NODE = "front-entry", "cam-1"


class Lock:
    """A lock on MQTT that takes a moment, measures, and keeps its place over everything. Starts unlocked."""

    def __init__(self, port: int, root: str) -> None:
        self.command_topic, self.feedback_topic = f"{root}-lock/set", f"{root}-lock/state"
        self.commands: list[str] = []
        self.where = "UNLOCKED"
        self._link = Link(
            MqttSettings(host="127.0.0.1", port=port), client_id=f"{root.replace('/', '-')}-lock",
            subscriptions=[self.command_topic], on_message=self._told, on_up=self._report, keep_session=False,
        )  # fmt: skip

    @property
    def config(self) -> dict[str, Any]:
        """The `lock:` of a door."""
        return {"command_topic": self.command_topic, "feedback_topic": self.feedback_topic, "feedback_within": 10}

    def start(self) -> None:
        """Connect."""
        self._link.start()

    def stop(self) -> None:
        """Leave."""
        self._link.stop()

    def _told(self, message: Inbound) -> None:
        self._link.confirm(message)
        if not message.retain:
            self.commands.append(message.payload.decode())
            self.where = f"{message.payload.decode()}ED"
            threading.Timer(0.05, self._report).start()

    def _report(self) -> None:
        self._link.publish(Outbound(self.feedback_topic, self.where.encode(), retain=True))


class Board:
    """What a camera board says, without a camera: availability with a will, retained health, verdicts."""

    def __init__(self, port: int, root: str, node: str = NODE) -> None:
        self.node, self._root, self._people = node, root, 0
        self.told: list[tuple[str, bytes]] = []  # commands, by their last word
        self._acknowledged: set[str] = set()
        self.health: dict[str, Any] = {}
        ack = topics.NODE_ACK.path(root, node=node)

        def hear(message: Inbound) -> None:
            self.link.confirm(message)
            if message.topic == ack:
                self._acknowledged |= {ref.passage for ref in decode(message.payload, Ack).stored}
            else:
                self.told.append((message.topic.rpartition("/")[2], message.payload))

        self.link = Link(
            MqttSettings(host="127.0.0.1", port=port), client_id=f"{root.replace('/', '-')}-{node}",
            subscriptions=[ack, f"{root}/node/{node}/set/+"], on_message=hear, on_up=self._greet, keep_session=False,
            will=self._said(Availability.OFFLINE),
        )  # fmt: skip

    def start(self) -> None:
        """Connect and say how it is."""
        self.link.start()
        assert self.link.wait_up(LIMIT)

    def stop(self) -> None:
        """Leave in order."""
        self.link.stop(self._said(Availability.STOPPED))

    def sees(self, state: str, *, revises: str | None = None, limit: float = LIMIT) -> str:
        """Tell of a passage, wait until the hub has it, and return its id; or of one again, a second time."""
        now = datetime.now(UTC)
        passage = Passage(
            passage=revises or new_id(now), revision=2 if revises else 1,
            node=self.node, seen_from=now, seen_to=now, published_at=now,
            state=MaskState(state), confidence=0.97, frames=6, faces_in_view=1, model="m", reason=VerdictReason.AGREED,
        )  # fmt: skip
        self.publish(topics.NODE_PASSAGE.path(self._root, node=self.node), encode(passage))
        until(lambda: passage.passage in self._acknowledged, "the hub's acknowledgement", limit, 0.01)
        return passage.passage

    def say(self, **health: Any) -> None:
        """Tell how it is; what is given changes."""
        self.health |= health
        document = NodeHealth.model_validate(
            {
                "node": self.node, "at": datetime.now(UTC), "version": "0.0.1", "camera": CameraState.OK,
                "detector": "ok", "model": "face 1 mask 1", "fps": 12.5, "temperature_c": 51.4, "memory_mb": 90,
                "outbox": 0, "latency_ms": {"p50": 21.5, "p95": 30}, "people": 0, **self.health,
            }
        )  # fmt: skip
        self.publish(topics.NODE_HEALTH.path(self._root, node=self.node), encode(document), retain=True)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send something as this board."""
        until(lambda: self.link.publish(Outbound(topic, payload, retain=retain)) is not None, "the broker")

    def _said(self, word: Availability) -> Outbound:
        topic = topics.NODE_AVAILABILITY.path(self._root, node=self.node)
        return Outbound(topic, word.value.encode(), retain=True)

    def _greet(self) -> None:
        self.link.publish(self._said(Availability.ONLINE))
        # From another thread: this one belongs to the link, and `publish` waits for it.
        threading.Thread(target=self.say, daemon=True).start()


class Site:
    """See the module. `policy` is the door's rule; `more` is more of hub.yaml, and may name other doors."""

    def __init__(
        self, home: Home, root: str = "maskgate", *, policy: Mapping[str, Any] | None = None, **more: Any
    ) -> None:
        self.home, self.root, self.door = home, root, DOOR
        self.folder = Path(tempfile.mkdtemp(prefix="site-", dir=home.folder))
        self.lock, self.board = Lock(home.port, root), Board(home.port, root)
        self.heard: list[Inbound] = []
        self.web_port = free_port()
        rule = {"mode": "hard", "entry": "open", "deny_hold": 2, "grant_hold": 2, "max_age": 30}
        self.config: dict[str, Any] = {
            "site": "Head office",
            "mqtt": {"host": "127.0.0.1", "port": home.port, "root": root},
            "database": str(self.folder / "hub.db"),
            "web": {"host": "127.0.0.1", "port": self.web_port},
            "doors": [
                {
                    "id": DOOR, "name": "Front entry", "nodes": [NODE], "lock": self.lock.config,
                    "policy": {**rule, **(policy or {})},
                }
            ],
            **more,
        }  # fmt: skip
        self._program: subprocess.Popen[bytes] | None = None
        self._watcher = Link(
            MqttSettings(host="127.0.0.1", port=home.port), client_id=f"{root.replace('/', '-')}-watcher",
            subscriptions=[f"{root}/#"], on_message=self._hear, keep_session=False,
        )  # fmt: skip

    def __enter__(self) -> Self:
        try:
            self._watcher.start()
            self.lock.start()
            self.start_hub()
            self.board.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all of it, and take its devices out of Home Assistant."""
        self.board.stop()
        if self._program is not None:
            self.stop_hub()
            self.forget()
        self.lock.stop()
        self._watcher.stop()

    def start_hub(self) -> None:
        """Start the hub; returns when it has said that it is there."""
        path = self.folder / "hub.yaml"
        with path.open("w", encoding="utf-8") as file:
            YAML().dump(self.config, file)
        before = len(self.heard)
        with (self.folder / "hub.log").open("ab") as log:
            self._program = subprocess.Popen(
                [sys.executable, "-m", "maskgate", "hub", "run", "--config", str(path)],
                cwd=REPOSITORY, stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            )  # fmt: skip
        there = topics.HUB_AVAILABILITY.path(self.root)
        try:
            until(lambda: any(m.topic == there and m.payload == b"online" for m in self.heard[before:]), "the hub")
        except AssertionError as error:
            raise AssertionError((self.folder / "hub.log").read_text()[-2000:]) from error

    def new_board(self) -> None:
        """Another process would have a new connection: begin anew with the board, after `board.stop`."""
        health = self.board.health
        self.board = Board(self.home.port, self.root)
        self.board.health = health
        self.board.start()

    def stop_hub(self, *, kill: bool = False) -> None:
        """End the hub, in order or (`kill`) as a power cut would."""
        assert self._program is not None
        self._program.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        self._program.wait(LIMIT)

    @contextmanager
    def hangs(self) -> Iterator[None]:
        """Let the hub stand still meanwhile; its connection stays."""
        assert self._program is not None
        self._program.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._program.send_signal(signal.SIGCONT)

    @contextmanager
    def dies(self) -> Iterator[None]:
        """Be without the hub meanwhile."""
        self.stop_hub(kill=True)
        try:
            yield
        finally:
            self.start_hub()

    def forget(self) -> None:
        """Take the announcements back, as a hub does that is told not to announce."""
        self.config["homeassistant"] = {"enabled": False}
        self.start_hub()
        self.stop_hub()

    def decisions(self) -> list[Decision]:
        """Return the decisions that were published, each once."""
        topic = topics.DOOR_DECISION.path(self.root, door=self.door)
        made = [decode(message.payload, Decision) for message in self.heard if message.topic == topic]
        return list({one.id: one for one in made}.values())

    def state(self) -> Any:
        """Return the door's state as last published, decoded."""
        topic = topics.DOOR_STATE.path(self.root, door=self.door)
        return next((decode(m.payload, topics.m.DoorState) for m in reversed(self.heard) if m.topic == topic), None)

    def _hear(self, message: Inbound) -> None:
        self.heard.append(message)
        self._watcher.confirm(message)

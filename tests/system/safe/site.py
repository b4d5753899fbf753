"""A site of real processes whose doors are watched from the locks' side, and everything in it can be hurt."""

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Self

import psutil  # type: ignore[import-untyped]

from mask_node.vision.load import MODELS
from maskgate.config import MqttSettings
from maskgate.demo.broker import free_port, start_broker
from maskgate.mqtt import Inbound, Link
from tests.hub.postgres import Postgres, programs
from tests.system.safe.actuators import HomeAssistant, MqttLock, OrderedLock, Record
from tests.system.safe.camera import Camera
from tests.system.wire import Wire

REPOSITORY = Path(__file__).resolve().parents[3]
#: The door `front` has a lock on MQTT or of Home Assistant's, `back` the relay on its own board.
DOORS = ("front", "back")
GRANT_S = 90
START_LIMIT_S = 60.0

Kind = Literal["sqlite", "postgresql", "homeassistant"]


class SafeError(Exception):
    """The site does not work as it must before anything is hurt; the text says how."""


def until(holds: Callable[[], bool], what: Callable[[], str], limit: float = START_LIMIT_S) -> None:
    """Wait for something; raises `SafeError` with its name."""
    deadline = time.monotonic() + limit
    while not holds():
        if time.monotonic() > deadline:
            raise SafeError(f"waited {limit:g} s for {what()}")
        time.sleep(0.02)


class Program:
    """A process of ours that is killed, stopped and started again."""

    def __init__(self, words: list[str], folder: Path, name: str, on_line: Callable[[str], None] | None = None) -> None:
        self._command = [sys.executable, "-m", *words]
        self._log, self._folder, self._on_line = folder / f"{name}.log", folder, on_line
        self.name = name
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def start(self) -> None:
        environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self._folder, env=environment, stderr=log, text=True,
                stdout=subprocess.PIPE if self._on_line else log,
            )  # fmt: skip
        if self._on_line is not None:
            threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()

    def send(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self._wait()

    def end(self) -> None:
        """End it in order."""
        self.send(signal.SIGTERM)
        self._wait()

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()

    def _wait(self) -> None:
        assert self._process is not None
        self._process.wait(20)

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        assert self._on_line is not None
        for line in process.stdout:
            self._on_line(line)


class Site:
    """Broker, hub, two boards before one camera, a lock on each door. Use it in a `with`."""

    def __init__(self, folder: Path, kind: Kind) -> None:
        self.folder, self.kind = folder, kind
        self._stack = contextlib.ExitStack()
        self.records = {door: Record() for door in DOORS}
        self._states: dict[str, dict[str, Any]] = {}
        self._heard = threading.Lock()
        self.postgres: Postgres | None = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.broker = start_broker(self.folder / "broker")
        self._stack.callback(self.broker.stop)
        mqtt = MqttSettings(host="127.0.0.1", port=self.broker.port)
        self._ear = Link(
            mqtt, client_id="safe-ear", subscriptions=["maskgate/#"], on_message=self._hear, keep_session=False
        )
        lock = (OrderedLock if self.kind == "homeassistant" else MqttLock)(mqtt, "front", self.records["front"])
        # Cut, so that the broker says Home Assistant's will.
        self.to_homeassistant = Wire(self.broker.port)
        self._stack.callback(self.to_homeassistant.close)
        home = HomeAssistant(mqtt.model_copy(update={"port": self.to_homeassistant.port}))
        for one in (self._ear, lock, home):
            one.start()
            self._stack.callback(one.stop)
        self.camera = Camera()
        self._stack.callback(self.camera.close)
        self.database = self.folder / "hub.db"
        if self.kind == "postgresql":
            folder = programs()
            if folder is None:
                raise SafeError("PostgreSQL is not installed")
            self.postgres = Postgres(folder)
            self._stack.callback(self.postgres.stop)
        self._write("hub", self._hub_document(lock.config))
        self.hub = Program(["maskgate", "hub", "run", "--config", "hub.json"], self.folder, "hub")
        self._stack.callback(self.hub.close)
        self.hub.start()
        self.boards = {door: self._board(door) for door in DOORS}
        for board in self.boards.values():
            self._stack.callback(board.close)
            board.start()

    def _board(self, door: str) -> Program:
        name, record = f"{door}-camera", self.records[door]
        models = self.folder / f"{door}-models"
        shutil.copytree(MODELS, models, dirs_exist_ok=True)
        document = {
            "id": name, "mqtt": {"host": "127.0.0.1", "port": self.broker.port}, "source": self.camera.address,
            "outbox": {"path": f"{name}.db"}, "models": {"folder": models.name},
        }  # fmt: skip
        if door == "back":
            document["relay"] = {"pin": 17}
        self._write(name, document)

        def moved(line: str) -> None:
            action, at = line.split()
            record.note(action, float(at))

        return Program(["tests.system.safe.board", "--config", f"{name}.json"], self.folder, name, moved)

    def _hub_document(self, lock: dict[str, Any]) -> dict[str, Any]:
        policy = {
            "mode": "hard", "entry": "controlled", "grant_hold": GRANT_S, "group": "each", "max_age": 30,
            "safe": {"homeassistant": "rest"},
        }  # fmt: skip
        locks = {"front": lock, "back": {"driver": "node", "node": "back-camera"}}
        return {
            "mqtt": {"host": "127.0.0.1", "port": self.broker.port}, "web": {"port": free_port()},
            "database": self.postgres.new() if self.postgres else str(self.database),
            "doors": [
                {"id": door, "name": door, "nodes": [f"{door}-camera"], "lock": locks[door], "policy": policy}
                for door in DOORS
            ],
        }  # fmt: skip

    def _write(self, name: str, document: dict[str, Any]) -> None:
        (self.folder / f"{name}.json").write_text(json.dumps(document))

    def _hear(self, message: Inbound) -> None:
        self._ear.confirm(message)
        parts = message.topic.split("/")
        with self._heard:
            if parts[-1] in {"state", "health"} and message.payload:
                self._states["/".join(parts[1:])] = json.loads(message.payload)
            elif parts[-1] == "availability":
                self._states["/".join(parts[1:])] = {"word": message.payload.decode()}

    def said(self, topic: str) -> dict[str, Any]:
        with self._heard:
            return self._states.get(topic, {})

    def works(self) -> bool:
        """Whether all say that they work, however the doors stand."""
        words = [self.said("hub/availability"), *(self.said(f"node/{door}-camera/availability") for door in DOORS)]
        eyes = [self.said(f"node/{door}-camera/health") for door in DOORS]
        return all(word.get("word") == "online" for word in words) and all(
            (health.get("camera"), health.get("detector")) == ("ok", "ok") for health in eyes
        )

    def blind(self) -> bool:
        """Whether every door knows that it does not see."""
        return all("no picture" in (self.said(f"door/{door}/state").get("problem") or "") for door in DOORS)

    def locked(self) -> bool:
        """Whether every lock is and says so."""
        measured = all(self.said(f"door/{door}/state").get("lock") == "LOCKED" for door in DOORS)
        return measured and all(record.stands == "lock" for record in self.records.values())

    def rests(self) -> bool:
        """Whether all work, every door is locked and none has a problem."""
        fine = all(self.said(f"door/{door}/state").get("problem", "?") is None for door in DOORS)
        return fine and self.works() and self.locked()

    def wrong(self) -> str:
        """What is not well, for the one who waits for it."""
        ended = [one.name for one in (self.hub, *self.boards.values()) if one.ended]
        with self._heard:
            return f"ended: {ended}; " + json.dumps({
                topic: {key: said.get(key) for key in ("word", "lock", "problem", "camera", "detector") if key in said}
                for topic, said in self._states.items()
            })  # fmt: skip

    # What is hurt beyond a signal.

    def lock_database(self) -> sqlite3.Connection:
        """Hold the file's write lock, from another process than the hub's."""
        connection = sqlite3.connect(self.database, isolation_level=None, check_same_thread=False)
        connection.execute("BEGIN IMMEDIATE")
        return connection

    def fill_disk(self, *, full: bool) -> None:
        """Let the hub's process write to no file any more, as a full disk would; or again."""
        process = psutil.Process(self.hub.pid)
        _, most = process.rlimit(psutil.RLIMIT_FSIZE)
        process.rlimit(psutil.RLIMIT_FSIZE, (0 if full else most, most))

    def break_models(self, door: str, *, broken: bool) -> None:
        path = self.folder / f"{door}-models" / "face_detector.tflite"
        path.write_bytes(b"no model" if broken else (MODELS / path.name).read_bytes())

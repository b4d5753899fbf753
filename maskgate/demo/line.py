"""The demo's site: real broker, real hub, real node, each its own process, and around them a lock and a mailbox."""

import contextlib
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from maskgate.config import MqttSettings
from maskgate.demo.broker import Broker, BrokerError, free_port, start_broker
from maskgate.demo.lock import LOCK_CONFIG, SimulatedLock
from maskgate.demo.mail import MailCatcher
from maskgate.mqtt import Inbound, Link
from maskgate.topics import DEFAULT_DISCOVERY, DEFAULT_ROOT

DOOR, NODE = "front", "front-camera"
USER = "manager"
START_LIMIT_S = 30.0


class LineError(Exception):
    """The line could not start or broke; the text says where and what to do."""


class Line:
    """Starts everything in order, hands every message on, stops everything in reverse."""

    def __init__(
        self,
        folder: Path,
        *,
        source: str,
        loop: bool,
        port: int | None,
        on_message: Callable[[str, bytes], None],
        on_mail: Callable[[EmailMessage], None],
        on_command: Callable[[str, datetime], None],
    ) -> None:
        self._folder, self._source, self._loop = folder, source, loop
        self.port = port or free_port()
        self._on_message, self._on_command = on_message, on_command
        self.mailbox = MailCatcher(folder / "mail", on_mail)
        self._stack = contextlib.ExitStack()
        self._programs: dict[str, subprocess.Popen[bytes]] = {}
        self.broker: Broker | None = None
        self.password: str | None = None

    @property
    def console(self) -> str:
        """Address of the hub's pages."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start all; raises `LineError`, with nothing left running."""
        try:
            self._start()
        except (BrokerError, OSError) as error:
            self.stop()
            raise LineError(str(error)) from error
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        _refuse_taken(self.port)
        self._folder.mkdir(parents=True, exist_ok=True)
        self.broker = start_broker(self._folder / "broker")
        self._stack.callback(self.broker.stop)
        self.mailbox.start()
        self._stack.callback(self.mailbox.stop)
        mqtt = MqttSettings(host="127.0.0.1", port=self.broker.port)
        watcher = Link(
            mqtt,
            client_id="demo-watcher",
            subscriptions=[f"{DEFAULT_ROOT}/#", f"{DEFAULT_DISCOVERY}/#"],
            on_message=self._heard,
            keep_session=False,
        )
        self._watcher = watcher
        watcher.start()
        self._stack.callback(watcher.stop)
        if not watcher.wait_up(START_LIMIT_S):
            raise LineError(f"the broker ({self.broker.kind}) takes no connection; see {self._folder / 'broker'}")
        lock = SimulatedLock(mqtt, self._on_command)
        lock.start()
        self._stack.callback(lock.stop)
        config = self._write("hub.yaml", self._hub_config(self.broker.port))
        if self._loop:  # somebody may look at the console
            self._add_user(config)
        self._run("hub", config)
        self._await_hub()
        self._run("node", self._write("node.yaml", self._node_config(self.broker.port)))

    def _add_user(self, config: Path) -> None:
        """Make an administrator with a password that nobody else has; a folder that was kept gets a new one."""
        self.password = secrets.token_urlsafe(12)
        command = [sys.executable, "-m", "maskgate", "hub", "user"]
        for words in (["add", USER, "--role", "admin"], ["password", USER]):
            made = subprocess.run(
                [*command, *words, "--password-stdin", "--config", str(config)],
                input=self.password, capture_output=True, text=True, timeout=START_LIMIT_S, check=False,
            )  # fmt: skip
            if made.returncode == 0:
                return
        raise LineError(f"the hub made no administrator: {made.stderr.strip()}")

    def check(self) -> None:
        """Raise `LineError` when a program has ended by a fault."""
        for name, program in self._programs.items():
            if program.poll() not in (None, 0):
                raise LineError(f"the {name} ended: {self.complaint(name)}")

    def ended(self, name: str) -> bool:
        """Whether a program has ended in order."""
        return self._programs[name].poll() == 0

    def stop(self) -> None:
        """Stop what runs, the node first."""
        self._stack.close()

    def _heard(self, message: Inbound) -> None:
        self._watcher.confirm(message)
        self._on_message(message.topic, message.payload)

    def _run(self, name: str, config: Path) -> None:
        command = [sys.executable, "-m", "maskgate", name, "run", "--config", str(config)]
        with (self._folder / f"{name}.log").open("wb") as log:
            # A session of its own, so that Ctrl-C reaches us alone and the stop is in order.
            program = subprocess.Popen(
                command, stdout=log, stderr=log, start_new_session=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
            )
        self._programs[name] = program
        self._stack.callback(_end, program)

    def _await_hub(self) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            self.check()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.2):
                return
            time.sleep(0.05)
        raise LineError(f"the hub did not open port {self.port}: {self.complaint('hub')}")

    def complaint(self, name: str) -> str:
        """Return the last warning in a program's log, else its last line."""
        lines = (self._folder / f"{name}.log").read_text(errors="replace").strip().splitlines()
        complaints = [line for line in lines if " WARNING " in line or " ERROR " in line]
        last = (complaints or lines or ["it said nothing"])[-1]
        words = re.sub(r"^[\d-]+ [\d:,]+ [A-Z]+ [\w.]+: ", "", last)
        return words.removesuffix("; trying on")  # the program does, the demo does not

    def _write(self, name: str, config: dict[str, Any]) -> Path:
        path = self._folder / name
        with path.open("w", encoding="utf-8") as file:
            YAML().dump(config, file)
        return path

    def _hub_config(self, broker_port: int) -> dict[str, Any]:
        address = f"mailto://127.0.0.1:{self.mailbox.port}/?from=door@demo.example&to=manager@demo.example"
        return {
            "site": "Demo building",
            "mqtt": {"host": "127.0.0.1", "port": broker_port},
            "database": str(self._folder / "hub.db"),
            "web": {"host": "127.0.0.1", "port": self.port},
            "doors": [
                {
                    "id": DOOR,
                    "name": "Front door",
                    "nodes": [NODE],
                    "lock": LOCK_CONFIG,
                    "policy": {"mode": "hard", "entry": "controlled", "grant_hold": 3, "deny_hold": 3},
                }
            ],
            "notices": {"recipients": [{"id": "manager", "url": address, "cooldown": 60}]},
        }

    def _node_config(self, broker_port: int) -> dict[str, Any]:
        return {
            "id": NODE,
            "mqtt": {"host": "127.0.0.1", "port": broker_port},
            "source": {"address": self._source, "loop": self._loop},
            "outbox": {"path": str(self._folder / "outbox.db")},
        }


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise LineError(f"port {port} is taken; choose another with PORT=, or none for a free one") from error


def _end(program: subprocess.Popen[bytes]) -> None:
    if program.poll() is None:
        program.send_signal(signal.SIGTERM)
        try:
            program.wait(5)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()

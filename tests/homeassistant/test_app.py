"""The app of Home Assistant OS: its start and its backup run here as they stand, with a real broker and a real hub.

Home Assistant's supervisor cannot be had: what the start asks of it, the broker's password, a server here answers.
"""

import http.server
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from maskgate.config import MqttSettings
from maskgate.demo.broker import available, free_port
from maskgate.mqtt import Inbound, Link

REPOSITORY = Path(__file__).resolve().parents[2]
APP = REPOSITORY / "homeassistant" / "app" / "maskgate_hub"
PASSWORD, TOKEN, LIMIT = "not-a-real-one", "the-supervisors", 60.0


def until(holds: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {LIMIT:g} s for {what}")


@pytest.fixture
def supervisor() -> Iterator[str]:
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers["Authorization"] == f"Bearer {TOKEN}" and self.path == "/services/mqtt"
            body = json.dumps({"result": "ok", "data": {"password": PASSWORD, "username": "addons"}}).encode()
            self.send_response(200 if known else 403)
            self.end_headers()
            self.wfile.write(body if known else b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    """A broker that wants the password; returns its port."""
    if "mosquitto" not in available():
        pytest.skip("mosquitto is not installed")
    port, users, config = free_port(), tmp_path / "users", tmp_path / "mosquitto.conf"
    program = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    subprocess.run(["mosquitto_passwd", "-b", "-c", users, "addons", PASSWORD], check=True)
    users.chmod(0o644)
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {users}\nuser root\n")
    with (tmp_path / "mosquitto.log").open("wb") as log:
        running = subprocess.Popen([program, "-c", config], stdout=log, stderr=log)
    yield port
    running.terminate()
    running.wait(10)


@pytest.fixture
def environment(tmp_path: Path, supervisor: str, broker: int) -> dict[str, str]:
    """The app's, with its three folders here, and a first configuration that finds the broker and the store here."""
    shipped, tools = tmp_path / "app", tmp_path / "bin"
    for folder in (shipped, tools, tmp_path / "config", tmp_path / "data"):
        folder.mkdir()
    text = (APP / "hub.yaml").read_text()
    for here, there in (
        ("host: core-mosquitto", f"host: 127.0.0.1\n  port: {broker}"),
        ("/data/hub.db", str(tmp_path / "data" / "hub.db")),
        ("port: 8080", f"port: {free_port()}"),
    ):
        assert here in text
        text = text.replace(here, there)
    (shipped / "hub.yaml").write_text(text)
    (tools / "maskgate").write_text(f'#!/bin/sh\nexec {sys.executable} -m maskgate "$@"\n')
    (tools / "maskgate").chmod(0o755)
    return {
        **os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(REPOSITORY),
        "SHIPPED": str(shipped), "CONFIG": str(tmp_path / "config"), "DATA": str(tmp_path / "data"),
        "SUPERVISOR": supervisor, "SUPERVISOR_TOKEN": TOKEN,
    }  # fmt: skip


def test_it_starts_from_nothing_signs_in_and_is_saved_while_it_runs(
    environment: dict[str, str], broker: int, tmp_path: Path
) -> None:
    heard: list[Inbound] = []
    settings = MqttSettings(host="127.0.0.1", port=broker, username="addons", password=PASSWORD)
    link = Link(
        settings, client_id="watcher", subscriptions=["maskgate/hub/availability", "homeassistant/device/+/config"],
        on_message=lambda message: (heard.append(message), link.confirm(message))[0], keep_session=False,
    )  # fmt: skip
    link.start()
    with (tmp_path / "app.log").open("wb") as log:
        app = subprocess.Popen(["sh", str(APP / "run.sh")], env=environment, stdout=log, stderr=log)
    try:
        until(lambda: any(m.payload == b"online" for m in heard) or app.poll() is not None, "the hub")
        assert app.poll() is None, (tmp_path / "app.log").read_text()
        until(lambda: any(b"Front door" in m.payload for m in heard), "the door's announcement")
        for _ in range(2):  # the second one takes the place of the first
            subprocess.run(["sh", str(APP / "save.sh")], env=environment, check=True, timeout=LIMIT)
        with sqlite3.connect(tmp_path / "data" / "backup.db") as copy:
            assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert PASSWORD not in (tmp_path / "app.log").read_text()
    finally:
        app.send_signal(signal.SIGTERM)
        assert app.wait(LIMIT) == 0
        link.stop()
    # What the manager changed stays at the next start.
    config = tmp_path / "config" / "hub.yaml"
    config.write_text(config.read_text() + "nonsense: 1\n")
    again = subprocess.run(
        ["sh", str(APP / "run.sh")], env=environment, capture_output=True, text=True, check=False, timeout=LIMIT
    )
    assert again.returncode != 0
    assert "nonsense" in again.stdout + again.stderr


def test_the_image_is_built_of_what_make_app_lays_there_and_agrees_with_the_app() -> None:
    about = YAML(typ="safe").load((APP / "config.yaml").read_text())
    hub = YAML(typ="safe").load((APP / "hub.yaml").read_text())
    image, recipe = (APP / "Dockerfile").read_text(), (REPOSITORY / "Makefile").read_text()
    copied = {word for line in re.findall(r"^COPY (.*) \./$", image, re.MULTILINE) for word in line.split()}
    laid = {path.name for path in APP.iterdir()} | {"requirements-hub.txt", "*.whl"}
    assert copied <= laid
    assert "requirements-hub.txt" in recipe.split("\napp:")[1].split("\n\n")[0]
    assert f"{hub['web']['port']}/tcp" in about["ports"]
    assert hub["database"].startswith("/data/")
    assert "mqtt:need" in about["services"]
    assert about["backup_pre"] == "/app/save.sh"
    project = (REPOSITORY / "pyproject.toml").read_text()
    assert f'version = "{about["version"]}"' in project

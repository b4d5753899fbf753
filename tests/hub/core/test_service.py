"""The whole hub, as a process and in one."""

import json
import signal
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app
from hub.config import HubConfig
from hub.service import Hub
from maskgate.config import ConfigError
from maskgate.demo.broker import Broker, free_port
from tests.own_time import ends_within

from .conftest import Friend, passage, until
from .program import run_hub, write_good


def test_the_command_runs_a_site_and_stops_in_order(broker: Broker, tmp_path: Path) -> None:
    web = free_port()
    file = write_good(tmp_path, port=broker.port, web=web)
    friend = Friend(broker.port)
    hub = run_hub(file)
    try:
        until(lambda: friend.on("maskgate/hub/availability"), "the hub to be online", 60)
        friend.see(passage("mask"))
        until(lambda: "LOCKED" in friend.locks()[-1:], "the door to be locked again")
        assert friend.commands() == ["UNLOCK", "LOCK"]
        with urllib.request.urlopen(f"http://127.0.0.1:{web}/healthz", timeout=10) as answer:
            assert json.load(answer)["status"] == "ok"
        assert any(m.topic.startswith("homeassistant/device/") for m in friend.heard)
        until(lambda: friend.on("maskgate/hub/health"), "the hub's health")
        with urllib.request.urlopen(f"http://127.0.0.1:{web}/display/front/events", timeout=30) as viewer:
            assert viewer.readline().startswith(b"retry"), "somebody looks, and does not let go"
            # Two seconds, and the interpreter's own end.
            assert ends_within(4, hub, lambda: hub.send_signal(signal.SIGTERM)) == 0
        until(lambda: friend.on("maskgate/hub/availability")[-1] == b"stopped", "the farewell")
    finally:
        hub.kill()
        hub.wait()
        friend.link.stop()


def test_check_says_ok_or_what_is_wrong(tmp_path: Path) -> None:
    good, bad = write_good(tmp_path), tmp_path / "bad.yaml"
    bad.write_text(good.read_text().replace("grant_hold", "grant_hald"))
    said = CliRunner().invoke(app, ["check", "--config", str(good)])
    assert (said.exit_code, said.output.split(":")[0]) == (0, "OK")
    said = CliRunner().invoke(app, ["check", "--config", str(bad)])
    assert said.exit_code == 1
    assert "grant_hald: unknown key" in said.output
    bad.write_text(good.read_text() + "notices: {recipients: [{id: boss, url: 'mialto://a:hush@example.org'}]}\n")
    said = CliRunner().invoke(app, ["check", "--config", str(bad)])
    assert said.exit_code == 1, "what `run` refuses, `check` refuses"
    assert "notices.recipients.0.url: Apprise knows no service for this mialto address" in said.output
    assert "hush" not in said.output


def test_a_database_that_cannot_be_had_starts_nothing(tmp_path: Path) -> None:
    (tmp_path / "hub.db").mkdir()
    lock = {"command_topic": "lock/set", "feedback_topic": "lock/state"}
    config = HubConfig.model_validate(
        {
            "mqtt": {"host": "127.0.0.1", "port": 1},
            "database": str(tmp_path / "hub.db"),
            "doors": [{"id": "front", "name": "Front", "nodes": ["cam"], "lock": lock}],
        }
    )
    hub = Hub(config, web_port=0)
    with pytest.raises(ConfigError, match="database"):
        hub.start()

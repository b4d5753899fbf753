"""`maskgate hub init` as a person uses it, at a terminal, with a real broker and a real mail server."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pexpect
import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from hub.cli import app
from hub.config import HubConfig
from hub.locks import access
from mask_node.config import NodeConfig
from maskgate.config import MqttSettings, load, parse
from maskgate.demo.broker import Broker, free_port
from maskgate.messages import Decision, Passage, VerdictReason, decode, encode
from maskgate.mqtt import Inbound, Link, Outbound
from maskgate.states import MaskState
from tests.hub.core.conftest import until
from tests.hub.mail_server import MailServer

SBIN = f"{os.environ['PATH']}:/usr/sbin"
pytestmark = pytest.mark.skipif(shutil.which("mosquitto", path=SBIN) is None, reason="mosquitto is not installed")
PASSWORDS = {"hub": "right horse", "controller": "c-secret", "front-door-camera": "n-secret", "z2m": "z-secret"}
LIMIT = 30


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[int]:
    """The port of a broker with accounts and the access list that the hub prints for such a site."""
    folder, port = tmp_path / "broker", free_port()
    folder.mkdir()
    site = {
        "doors": [
            {"id": "front-door", "name": "F", "nodes": ["front-door-camera"],
             "lock": {"preset": "zigbee2mqtt-lock", "device": "front-lock"}},
        ]
    }  # fmt: skip
    acl = access.acl(HubConfig.model_validate(site)) + "\nuser z2m\ntopic readwrite zigbee2mqtt/#\n"
    (folder / "acl").write_text(acl)
    (folder / "users").write_text("".join(f"{name}:{word}\n" for name, word in PASSWORDS.items()))
    subprocess.run(["mosquitto_passwd", "-U", str(folder / "users")], check=True, capture_output=True)
    for file in ("acl", "users"):
        (folder / file).chmod(0o600)
    (folder / "mosquitto.conf").write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {folder}/users\nacl_file {folder}/acl\n"
        "user root\n"
    )
    program = str(shutil.which("mosquitto", path=SBIN))
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen([program, "-c", str(folder / "mosquitto.conf")], stderr=log)
    yield port
    process.terminate()
    process.wait(10)


def join(port: int, name: str, *topics: str, heard: list[Inbound] | None = None) -> Link:
    settings = MqttSettings.model_validate(
        {"host": "127.0.0.1", "port": port, "username": name, "password": PASSWORDS[name]}
    )
    link = Link(settings, client_id=name, subscriptions=topics, on_message=(heard if heard is not None else []).append)
    link.start()
    assert link.wait_up(LIMIT)
    return link


def at_a_terminal(*options: str, folder: Path) -> "pexpect.spawn[str]":
    command = ["-m", "maskgate", "hub", "init", *options]
    return pexpect.spawn(
        sys.executable, command, cwd=str(folder), timeout=LIMIT, encoding="utf-8", dimensions=(50, 250),
        env={**os.environ, "NO_COLOR": "1", "TERM": "dumb", "TZ": "Europe/Madrid"},
    )  # fmt: skip


def converse(child: "pexpect.spawn[str]", *steps: tuple[str, str]) -> None:
    """Wait for each question, and answer it; what the program said before stands in the failure."""
    for question, answer in steps:
        child.expect(question)
        child.sendline(answer)


def test_a_person_is_led_from_nothing_to_a_door_that_decides(
    tmp_path: Path, guarded: int, mail_server: MailServer
) -> None:
    keeper = join(guarded, "z2m")
    keeper.publish(Outbound("zigbee2mqtt/front-lock", b'{"lock_state": "locked"}', retain=True))
    mail_server.refused.add("nobody@example.org")
    pages, closed = free_port(), free_port()
    child, shown = at_a_terminal(folder=tmp_path), StringIO()
    child.logfile_read = shown
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        converse(
            child,
            ("call the site", "Head office"),
            (r"Time zone \[Europe/Madrid\]", "Mars/Phobos"),
            ("'Mars/Phobos' is no time zone.*Time zone", ""),
            ("Language", "tlh"),
            ("'tlh' is none.*Language", "en"),
            ("Address of the MQTT broker", "not an address"),
            ("is no address.*Address of the MQTT broker", f"127.0.0.1:{closed}"),
            ("account at the broker", "hub"),
            ("Its password", "x"),
            (f"nobody answers at 127.0.0.1:{closed}.*Address of the MQTT broker", f"127.0.0.1:{guarded}"),
            ("account at the broker", "hub"),
            ("Its password", "wrong"),
            ("does not let 'hub' in.*Address of the MQTT broker", ""),
            ("account at the broker", "controller"),
            ("Its password", PASSWORDS["controller"]),
            ("controller may not write maskgate/node/maskgate-init/ack.*Address of the MQTT broker", ""),
            ("account at the broker", "hub"),
            ("Its password", PASSWORDS["hub"]),
            ("Good: the broker lets us in.*Name of the first door", "Front door"),
            (r"Its id.*\[front-door\]", "Front Door"),
            ("'Front Door' is no id.*Its id", ""),
            ("Id of the camera board", "front-door"),
            (r"the two must differ.*camera board.*\[front-door-camera\]", ""),
            ("What moves the lock", "zigbee"),
            ("'zigbee' is no device.*What moves the lock", "zigbee2mqtt-lock"),
            ("device's own name", "a/#"),
            ("is no single topic.*device's own name", "front-lock"),
            ("Heard on zigbee2mqtt/front-lock: .*Who is told", "nonsense"),
            ("Apprise knows no service.*Who is told", mail_server.url("nobody")),
            ("Send a test there now", "y"),
            ("the test did not get through.*Who is told", mail_server.url("guard")),
            ("Send a test there now", ""),
            ("Good: it was taken.*short name", ""),
            ("Who may open the pages", "203.0.113.1"),
            ("is no address of this machine.*Who may open the pages", ""),
            ("Port of the pages", str(taken.getsockname()[1])),
            ("cannot be had.*Port of the pages", str(pages)),
        )
    child.expect("maskgate hub run --config hub.yaml")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert PASSWORDS["hub"] not in shown.getvalue()  # nobody reads it over a shoulder
    (mail,) = mail_server.mails
    assert mail["subject"] == "[Head office] A test of your notices"

    file = tmp_path / "hub.yaml"
    text = file.read_text()
    assert PASSWORDS["hub"] not in text
    assert "mailto" not in text
    for name in ("mqtt-password", "recipient-guard"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    config = load(file, HubConfig)
    assert (config.site, config.timezone, config.web.port) == ("Head office", "Europe/Madrid", pages)
    board = parse(
        (tmp_path / "front-door-camera.yaml").read_text().replace("{file: /etc/maskgate/mqtt-password}", "x")
        .replace("file: /etc/maskgate/mqtt-password", f"file: {tmp_path}/mqtt-password"), NodeConfig, name="node",
    )  # fmt: skip
    assert (board.id, board.mqtt.port, board.mqtt.username) == ("front-door-camera", guarded, "front-door-camera")

    heard: list[Inbound] = []
    watcher = join(guarded, "controller", "maskgate/door/+/decision", "maskgate/hub/availability", heard=heard)
    node = join(guarded, "front-door-camera")
    hub = subprocess.Popen(
        [sys.executable, "-m", "maskgate", "hub", "run", "--config", str(file)], cwd=tmp_path, stderr=subprocess.PIPE
    )
    try:
        until(lambda: any(one.payload == b"online" for one in heard), "the hub", 60)
        now = datetime.now(UTC)
        seen = Passage(
            passage="passage-first", revision=1, node="front-door-camera", seen_from=now, seen_to=now, published_at=now,
            state=MaskState.NO_MASK, confidence=0.9, frames=5, faces_in_view=1, model="m", reason=VerdictReason.AGREED,
        )  # fmt: skip
        node.publish(Outbound("maskgate/node/front-door-camera/passage", encode(seen)))
        made = until(
            lambda: [decode(one.payload, Decision) for one in heard if one.topic.endswith("front-door/decision")],
            "a decision", 30,
        )  # fmt: skip
        assert made[0].passage == "passage-first"
        assert made[0].event_type == "denied"
        until(lambda: len(mail_server.mails) == 2, "the notice", 30)
    finally:
        hub.send_signal(signal.SIGTERM)
        _, said = hub.communicate(timeout=20)
        for link in (watcher, node, keeper):
            link.stop()
    assert re.search(rf"http://127.0.0.1:{pages}/welcome\S+", said.decode())


def test_what_is_there_is_never_written_over_without_a_question(tmp_path: Path, broker: Broker) -> None:
    file = tmp_path / "hub.yaml"
    file.write_text("mine\n")
    child = at_a_terminal(folder=tmp_path)
    child.expect("hub.yaml is there already. Write over it")
    child.sendline("")
    child.expect("stays as it is")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 1
    assert file.read_text() == "mine\n"
    options = [str(file), "--yes", "--broker", f"127.0.0.1:{broker.port}", "--port", str(free_port())]
    refused = CliRunner().invoke(app, ["init", *options])
    assert refused.exit_code == 1
    assert "is there already" in refused.output
    assert file.read_text() == "mine\n"
    made = CliRunner().invoke(app, ["init", *options, "--force"])
    assert made.exit_code == 0, made.output
    assert load(file, HubConfig).mqtt.port == broker.port


def test_a_script_gives_options_and_what_is_wrong_ends_it_with_the_options_name(
    tmp_path: Path, broker: Broker, mail_server: MailServer
) -> None:
    good = {
        "--broker": f"127.0.0.1:{broker.port}", "--door": "Türe Süd", "--lock": "tasmota", "--device": "strike",
        "--unlocked-when": "off", "--recipient": mail_server.url(), "--port": str(free_port()),
        "--timezone": "Asia/Tokyo",
    }  # fmt: skip
    wrong = {
        "--broker": "127.0.0.1:1", "--timezone": "Asia", "--lock": "padlock", "--unlocked-when": "maybe",
        "--recipient": "nothing", "--port": str(broker.port), "--language": "xx", "--door-id": "A B",
        "--host": "x.invalid",
    }  # fmt: skip

    def run(**changes: str) -> tuple[int, str]:
        options = [word for pair in (good | changes).items() for word in pair]
        done = CliRunner().invoke(app, ["init", str(tmp_path / "hub.yaml"), "--yes", "--test-mail", *options])
        return done.exit_code, done.output

    for option, value in wrong.items():
        code, said = run(**{option: value})
        assert code == 1, option
        # Nothing is asked of a broker before its address, account and password are all known.
        assert f"{option}: " in said or (option == "--broker" and "nobody answers" in said), said
    assert list(tmp_path.glob("*.yaml")) == []
    mail_server.mails.clear()
    code, said = run()
    assert code == 0, said
    assert len(mail_server.mails) == 1
    config = load(tmp_path / "hub.yaml", HubConfig)
    assert config.doors[0].id == "ture-sud"
    assert config.doors[0].lock is not None
    assert config.doors[0].lock.payload_unlock == "OFF"  # type: ignore[union-attr]


def test_in_clear_only_when_asked_and_then_the_file_is_private(tmp_path: Path, broker: Broker) -> None:
    file = tmp_path / "hub.yaml"
    made = CliRunner().invoke(
        app,
        ["init", str(file), "--yes", "--inline-secrets", "--broker", f"127.0.0.1:{broker.port}", "--port",
         str(free_port()), "--recipient", "json://example.org/secret"],
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    assert "json://example.org/secret" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not (tmp_path / "recipient-guard").exists()


def test_every_setting_stands_as_a_comment_with_its_default(tmp_path: Path, broker: Broker) -> None:
    file = tmp_path / "hub.yaml"
    made = CliRunner().invoke(
        app, ["init", str(file), "--yes", "--broker", f"127.0.0.1:{broker.port}", "--port", str(free_port())]
    )
    assert made.exit_code == 0, made.output
    text = file.read_text()
    bare = load(file, HubConfig)
    full = "\n".join(line[2:] if re.match(r"# +[a-z_]+:", line) else line for line in text.splitlines())
    document = YAML(typ="safe").load(full)
    assert set(document) == set(HubConfig.model_fields)
    full = re.sub(r"(?m)^      repeat:.*\n(        .*\n)+", "", full)  # none as shipped: what it would be is shown
    assert parse(full, HubConfig, name="hub.yaml") == bare


def test_a_broker_that_is_none_is_said(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as mute:
        mute.listen()
        done = CliRunner().invoke(
            app, ["init", str(tmp_path / "hub.yaml"), "--yes", "--broker", f"127.0.0.1:{mute.getsockname()[1]}"]
        )
    assert done.exit_code == 1
    assert "is it an MQTT broker" in done.output

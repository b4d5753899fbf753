"""P1 on the real broker with the configuration we ship: nobody anonymous, each account only what is its own."""

import queue
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from maskgate import topics
from maskgate.config import MqttSettings
from maskgate.demo.broker import Broker, available, free_port
from maskgate.mqtt import Inbound, Link, Outbound

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
LIMIT = 20
NODE = "front-camera"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MqttSettings]:
    """mosquitto with deploy/mosquitto's files; only paths and port are made to fit, as the container mounts them."""
    passwd = shutil.which("mosquitto_passwd")
    if "mosquitto" not in available() or passwd is None:
        pytest.skip("mosquitto is not installed")
    folder = tmp_path_factory.mktemp("broker")
    shutil.copytree(DEPLOY, folder / "deploy", ignore=shutil.ignore_patterns("secrets"))
    subprocess.run([folder / "deploy" / "make-secrets.sh", NODE], check=True, capture_output=True)
    shutil.copy(folder / "deploy" / "secrets" / "mqtt-users", folder / "passwd")
    subprocess.run([passwd, "-U", folder / "passwd"], check=True, capture_output=True)
    port = free_port()
    config = (DEPLOY / "mosquitto" / "mosquitto.conf").read_text()
    config = config.replace("/mosquitto/data", str(folder)).replace("/mosquitto/config/acl", str(folder / "acl"))
    config = config.replace("listener 1883", f"listener {port} 127.0.0.1")
    shutil.copy(DEPLOY / "mosquitto" / "acl", folder / "acl")
    for file in (folder / "acl", folder / "passwd"):
        file.chmod(0o600)
    if shutil.which("chown") and Path("/etc/passwd").read_text().find("mosquitto:") >= 0:
        # Started by root, mosquitto becomes its own user.
        subprocess.run(["chown", "-R", "mosquitto", str(folder)], check=False, capture_output=True)
        for parent in (folder, *folder.parents[:3]):
            parent.chmod(parent.stat().st_mode | 0o055)
    broker = _Given(folder, port, config)
    broker.start()
    yield MqttSettings(host="127.0.0.1", port=port, username=str(folder))
    broker.stop()


class _Given(Broker):
    """A broker that runs on a configuration handed to it."""

    def __init__(self, folder: Path, port: int, config: str) -> None:
        super().__init__("mosquitto", folder, port)
        self._config = config

    def _mosquitto_command(self) -> list[str]:
        command = super()._mosquitto_command()
        Path(command[-1]).write_text(self._config)
        return command


Connect = Callable[..., tuple[Link, "queue.Queue[Inbound]"]]


@pytest.fixture
def connect(site: MqttSettings) -> Iterator[Connect]:
    links: list[Link] = []
    secrets = Path(str(site.username)) / "deploy" / "secrets"

    def make(user: str, *subscriptions: str, password: str | None = None) -> tuple[Link, "queue.Queue[Inbound]"]:
        heard: queue.Queue[Inbound] = queue.Queue()
        word = password or (secrets / user).read_text().strip()
        settings = MqttSettings.model_validate(
            {"host": site.host, "port": site.port, "username": user, "password": word}
        )
        link = Link(
            settings, client_id=f"test-{user}", subscriptions=subscriptions, on_message=heard.put, keep_session=False
        )
        link.start()
        links.append(link)
        return link, heard

    yield make
    for link in links:
        link.stop()


def test_nobody_gets_in_without_the_right_password(site: MqttSettings, connect: Connect) -> None:
    stranger, _ = connect("hub", password="wrong")
    anonymous = Link(
        MqttSettings(host=site.host, port=site.port), client_id="x", subscriptions=[], on_message=lambda _m: None
    )
    anonymous.start()
    rightful, _ = connect("hub")
    assert rightful.wait_up(LIMIT)
    assert not stranger.wait_up(1)
    assert not anonymous.connected
    anonymous.stop()


def test_a_node_speaks_for_itself_and_for_nobody_else(connect: Connect) -> None:
    hub, heard = connect("hub", topics.NODE_PASSAGE.filter("maskgate"))
    node, _ = connect(NODE)
    assert hub.wait_up(LIMIT)
    assert node.wait_up(LIMIT)
    node.publish(Outbound(topics.NODE_PASSAGE.path("maskgate", node="back-camera"), b"forged"))
    node.publish(Outbound(topics.NODE_PASSAGE.path("maskgate", node=NODE), b"own"))
    assert heard.get(timeout=LIMIT).payload == b"own"


def test_only_the_hub_commands_a_relay(connect: Connect) -> None:
    relay = topics.NODE_SET_RELAY.path("maskgate", node=NODE)
    node, heard = connect(NODE, relay)
    controller, _ = connect("controller")
    hub, _ = connect("hub")
    for link in (node, controller, hub):
        assert link.wait_up(LIMIT)
    confirmed: queue.Queue[int] = queue.Queue()
    controller._on_published = confirmed.put
    controller.publish(Outbound(relay, b"forged"))
    confirmed.get(timeout=LIMIT)
    hub.publish(Outbound(relay, b"rightful"))
    assert heard.get(timeout=LIMIT).payload == b"rightful"

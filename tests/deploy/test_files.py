"""What deploy/ ships fits the code: the access list, the compose file, the sample configurations."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from hub.config import HubConfig
from mask_node.config import NodeConfig
from maskgate.cli import app
from maskgate.config import load

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def compose() -> dict[str, Any]:
    document: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")
    return document


def test_the_access_list_is_the_one_the_catalogue_prints() -> None:
    printed = CliRunner().invoke(app, ["topics", "--format", "acl"]).output
    assert (ROOT / "deploy" / "mosquitto" / "acl").read_text() == printed, "run: make docs"


def test_compose_itself_takes_the_file() -> None:
    command = shutil.which("docker-compose")
    if command is None:
        pytest.skip("docker-compose is not installed")
    checked = subprocess.run([command, "config"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_every_file_that_compose_names_is_there(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for mount in service.get("volumes", ()):
            source = mount.split(":")[0]
            if source.startswith("."):
                assert (ROOT / source).exists(), source
            else:
                assert source in compose["volumes"]
        if "build" in service:
            dockerfile = (ROOT / service["build"]["dockerfile"]).read_text()
            for line in dockerfile.splitlines():
                if line.startswith("COPY") and "--from" not in line:
                    for name in line.split()[1:-1]:
                        assert (ROOT / name).exists(), name
        assert set(service.get("secrets", ())) <= set(compose["secrets"])
        assert set(service.get("depends_on", ())) <= set(compose["services"])


def test_no_port_is_open_to_the_network_unasked(compose: dict[str, Any]) -> None:
    published = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_sample_configurations_are_valid_but_for_their_secrets(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret")
    for name, model in (("hub", HubConfig), ("node", NodeConfig)):
        text = (ROOT / "deploy" / "config" / f"{name}.yaml").read_text()
        path = tmp_path / f"{name}.yaml"
        path.write_text(text.replace(f"/run/secrets/mqtt-{name}", str(tmp_path / "secret")))
        load(path, model)

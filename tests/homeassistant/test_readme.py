"""What homeassistant/README.md says is what is there, and what the tests bring up."""

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.system.homeassistant import manager

ROOM = Path(__file__).resolve().parents[2] / "homeassistant"
TEXT = (ROOM / "README.md").read_text()


def _yaml(text: str) -> Any:
    return YAML(typ="safe").load(text.replace("!include_dir_named ", ""))


def test_what_it_adds_to_the_configuration_is_what_the_tests_run_with() -> None:
    block = re.search(r"^( +)homeassistant:\n(?:\1.*\n|\n)+", TEXT, re.MULTILINE)
    assert block
    told = _yaml(block[0])
    assert told["lovelace"] == _yaml(manager.CONFIGURATION)["lovelace"]
    assert told["homeassistant"] == {"packages": "packages"}


def test_it_names_every_blueprint_device_and_picture_and_no_other() -> None:
    there = {path.name for path in (ROOM / "blueprints").rglob("*.yaml")}
    assert set(re.findall(r"^\| `(\w+\.yaml)`", TEXT, re.MULTILINE)) == there
    pictures = {path.name for path in (ROOM / "pictures").iterdir()}
    assert set(re.findall(r"\(pictures/([\w.]+)\)", TEXT)) == pictures
    assert all(path.stat().st_size < 200_000 for path in (ROOM / "pictures").iterdir())


def test_every_blueprint_says_what_it_needs_and_how_it_runs() -> None:
    loader = YAML()
    for path in (ROOM / "blueprints").rglob("*.yaml"):
        document = loader.load(path.read_text())
        assert re.fullmatch(r"\d+\.\d+\.\d+", document["blueprint"]["homeassistant"]["min_version"]), path
        assert document["mode"] in {"single", "restart", "queued", "parallel"}, path
        for entry in document["blueprint"]["input"].values():
            for each in entry.get("input", {"": entry}).values():
                assert each["selector"], path
        # An entity that comes back from `unavailable` shows its last event again.
        if "decision" in document["blueprint"]["input"]:
            assert "from_state.state != 'unavailable'" in path.read_text(), path


def test_no_python_lies_here() -> None:
    assert not list(ROOM.rglob("*.py"))

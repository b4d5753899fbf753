"""O4: Home Assistant's own schemas accept every key of every payload that the code can produce."""

import itertools
import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.config import HubConfig
from hub.discovery import messages
from tests.system.homeassistant.installs import NAMES, Install, find

#: What each of the two versions drops: newer ones take the one, older ones the other (see FACTS), so both are sent.
ONE_OF_TWO = {"2026.11": "object_id", "2025.4": "default_entity_id"}

LOCK = {"command_topic": "lock/front/set", "feedback_topic": "lock/front"}


def configurations() -> Iterator[HubConfig]:
    """Yield one of every kind: all that changes what is announced, in every combination."""
    roots, locks, pictures, nodes = ("maskgate", "Site/two"), (None, LOCK), (False, True), (["c"], ["c", "d-2"])
    modes = ({"mode": "off"}, {"mode": "hard", "entry": "controlled", "relock_after_close": 1, "manual_hold": 45.5})
    for root, lock, kept, watch, policy in itertools.product(roots, locks, pictures, nodes, modes):
        door = {"id": "front-1", "name": 'Ein Tür "x" {{ 1 }}', "nodes": watch, "policy": policy, "lock": lock}
        longest = {"id": "d" * 48, "name": "N" * 60, "nodes": ["n" * 48]}
        yield HubConfig.model_validate(
            {"site": "S" * 60, "mqtt": {"root": root}, "keep_evidence": kept, "doors": [door, longest]}
        )


def payloads() -> list[dict[str, Any]]:
    """Return every payload, each once."""
    made = [message.payload for config in configurations() for message in messages(config, "1.2.3")]
    return [json.loads(payload) for payload in sorted(set(made))]


def complaints(install: Install, given: list[dict[str, Any]]) -> list[str]:
    """Ask the real one."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:  # which both kinds of it see under this name
        folder = Path(name)
        (folder / "payloads.json").write_text(json.dumps(given))
        script = folder / "kept_keys.py"
        script.write_text(Path(__file__).with_name("kept_keys.py").read_text())
        command = [*install.python, str(script), str(folder / "payloads.json")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("name", NAMES)
def test_o4_no_key_of_any_payload_is_dropped_by_home_assistants_own_schemas(name: str) -> None:
    install = find(name)
    if isinstance(install, str):
        pytest.skip(install)
    given = payloads()
    used = {item["platform"] for one in given for item in one["components"].values()}
    assert len(used) >= 13, "every platform is among them"
    dropped = complaints(install, given)
    assert [one for one in dropped if not one.endswith(f".{ONE_OF_TWO[name]}")] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_walk_sees_what_is_dropped_and_refused(name: str) -> None:
    install = find(name)
    if isinstance(install, str):
        pytest.skip(install)
    wrong, refused = payloads()[0], payloads()[0]
    next(item for item in wrong["components"].values() if len(item) > 1)["no_such_key"] = 1
    refused["no_such_key"] = 1
    dropped = complaints(install, [wrong])
    assert any(one.endswith(".no_such_key") for one in dropped)
    assert any("no_such_key" in one for one in complaints(install, [refused]))

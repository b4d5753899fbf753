"""O1: what `hub.yaml` may say, what it may not, and what an editor knows of it."""

import enum
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from pydantic import BaseModel
from ruamel.yaml import YAML
from typer.testing import CliRunner

from hub.cli import app
from hub.config import HubConfig
from maskgate.config import ConfigError, parse

SHIPPED = Path(__file__).resolve().parents[2] / "deploy" / "config"

GOOD = """
doors:
  - id: front
    name: Front
    nodes: [cam]
    lock: {command_topic: lock/set, feedback_topic: lock/state}
  - id: back
    name: Back
    nodes: [cam-2]
    lock: {driver: node, node: cam-2}
notices:
  recipients:
    - {id: boss, url: json://localhost, doors: [back]}
"""


def test_a_good_file_is_taken() -> None:
    config = parse(GOOD, HubConfig, name="hub.yaml")
    assert [door.id for door in config.doors] == ["front", "back"]
    door = config.door_of("cam-2")
    assert door is not None
    assert door.id == "back"


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("id: back", "id: front", "hub.yaml:7: doors.1.id: 'front' is named twice; each door stands once"),
        ("[cam-2]", "[cam]", "hub.yaml:9: doors.1.nodes.0: 'cam' is named twice"),
        ("[cam-2]", "[cam-2, front]", "hub.yaml:9: doors.1.nodes.1: 'front' is the name of a door; choose another"),
        ("[cam-2]", "[cam-2, hub]", "doors.1.nodes.1: 'hub' is the name of the hub; choose another"),
        ("id: back", "id: controller", "doors.1.id: 'controller' is the name of the hub's controllers"),
        (
            "doors: [back]",
            "doors: [side]",
            "hub.yaml:13: notices.recipients.0.doors.0: 'side' is no door that is there",
        ),
        ("lock/state", "lock/set", "command_topic and feedback_topic must differ"),
        ("lock/state}", "lock/state, state_locked: JAMMED}", "state_locked and state_jammed must differ"),
        ("lock/state}", "lock/state, payload_lock: UNLOCK}", "payload_lock and payload_unlock must differ"),
        ("lock/set", "lock/+", "without wildcards"),
        ("nodes: [cam]", "nodes: []", "doors.0.nodes"),
        ("name: Back", "name: Back\n    policy: {manual_hold: 5}", "hub.yaml:9: doors.1.policy.manual_hold: 5"),
        ("name: Back", "name: Back\n    policy: {violations: [mask]}", "doors.1.policy.violations"),
        ("driver: node, node: cam-2", "driver: node, node: cam-3", "doors.1.lock.node: 'cam-3' is no node"),
        ("driver: node", "driver: knx", "hub.yaml:10: doors.1.lock: has a driver that is not known; write one of"),
        ("driver: node, node: cam-2", "command_topic: lock/set, feedback_topic: b", "moves another door"),
        ("nodes: [cam]", "nodes: [cam]\n    policy: {nodes_needed: 2}", "doors.0.policy.nodes_needed: 2 is more than"),
    ],
)
def test_what_would_be_dangerous_is_refused_with_place_reason_and_mend(was: str, becomes: str, said: str) -> None:
    assert was in GOOD
    with pytest.raises(ConfigError) as caught:
        parse(GOOD.replace(was, becomes, 1), HubConfig, name="hub.yaml")
    assert said in str(caught.value)
    assert all(";" in line for line in str(caught.value).splitlines()), "each line has its mend"


def test_several_faults_are_named_at_once_each_with_its_line() -> None:
    text = GOOD.replace("id: back", "id: front").replace("[back]", "[side, yard]")
    with pytest.raises(ConfigError) as caught:
        parse(text, HubConfig, name="hub.yaml")
    assert [line.split(" ")[0] for line in str(caught.value).splitlines()] == [
        "hub.yaml:7:", "hub.yaml:13:", "hub.yaml:13:",
    ]  # fmt: skip


def models(kind: Any = HubConfig) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
        for field in kind.model_fields.values():
            yield from models(field.annotation)
    for part in get_args(kind):
        if not isinstance(part, enum.Enum):
            yield from models(part)


def test_every_field_has_a_title_and_a_description() -> None:
    found = set(models())
    assert {"MqttLock", "NodeLock", "HomeAssistantLock", "SafeStates", "TimeRule", "Recipient"} <= {
        model.__name__ for model in found
    }
    silent = [
        f"{model.__name__}.{name}"
        for model in found
        for name, field in model.model_fields.items()
        if not (field.title and field.description)
    ]
    assert silent == []


def test_the_schema_that_editors_find_is_the_one_that_the_program_reads_with() -> None:
    said = CliRunner().invoke(app, ["schema"])
    assert said.exit_code == 0
    assert said.output == (SHIPPED / "hub.schema.json").read_text(), "run `make docs`"


@pytest.mark.parametrize("name", ["hub.yaml", "hub-example.yaml"])
def test_what_is_shipped_is_good_to_the_program_and_to_editors(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKGATE_MQTT_PASSWORD", "x")
    monkeypatch.setenv("MASKGATE_DATABASE", "postgresql://a:b@db/maskgate")
    monkeypatch.setenv("MASKGATE_MANAGER", "json://localhost")
    text = (SHIPPED / name).read_text()
    assert text.startswith("# yaml-language-server: $schema=hub.schema.json\n")
    schema = json.loads((SHIPPED / "hub.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    document = json.loads(json.dumps(YAML(typ="safe").load(text), default=str))
    assert list(validator.iter_errors(document)) == []
    assert list(validator.iter_errors(document | {"web": {"prot": 1}}))
    if "/run/secrets" not in text:  # which only its containers have
        parse(text, HubConfig, name=name)


def test_the_example_shows_each_part_of_a_site(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "MQTT_PASSWORD": "x",
        "DATABASE": "postgresql://a:b@db/m",
        "MANAGER": "json://localhost",
    }.items():
        monkeypatch.setenv(f"MASKGATE_{name}", value)
    config = parse((SHIPPED / "hub-example.yaml").read_text(), HubConfig, name="hub-example.yaml")
    for part in (config, config.web, config.log, config.retention, config.notices):
        left_out = type(part).model_fields.keys() - part.model_fields_set
        assert left_out <= {"language"}, f"{type(part).__name__} shows no {left_out}"
    people = config.notices.recipients
    shown = set().union(*(one.model_fields_set for one in people))
    assert type(people[0]).model_fields.keys() - shown <= {"pictures"}, "which keep_evidence would want"

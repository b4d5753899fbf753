"""What Home Assistant is told."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import jinja2
import pytest

from hub.config import HubConfig
from hub.discovery import device_ids, messages, removals
from maskgate import topics
from maskgate.messages import DoorCommand, EventType, Mode, SetLock, SetMode, ShowMessage, decode
from maskgate.topics import CATALOGUE, Role

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

#: The keys that Home Assistant's schemas know, of those that we use (2025.4 and 2026.11).
COMMON = {
    "platform", "unique_id", "object_id", "default_entity_id", "name", "qos", "availability", "availability_mode",
    "entity_category", "json_attributes_topic", "json_attributes_template",
}  # fmt: skip
KNOWN = {
    "lock": {"state_topic", "value_template", "command_topic", "command_template", "payload_lock", "payload_unlock",
             "optimistic"},
    "event": {"state_topic", "event_types", "value_template"},
    "sensor": {"state_topic", "value_template", "device_class", "options", "state_class", "unit_of_measurement",
               "suggested_display_precision"},
    "text": {"state_topic", "value_template", "command_topic", "command_template", "min", "max"},
    "select": {"state_topic", "value_template", "command_topic", "command_template", "options"},
    "binary_sensor": {"state_topic", "value_template", "device_class"},
}  # fmt: skip


def config(root: str = "maskgate", **more: Any) -> HubConfig:
    lock = {"command_topic": "lock/front/set", "feedback_topic": "lock/front"}
    return HubConfig.model_validate(
        {
            "site": "Head office",
            "mqtt": {"root": root},
            "doors": [
                {"id": "front-entry", "name": "Front entry", "nodes": ["cam-1", "cam-2"], "lock": lock},
                {"id": "yard", "name": "Yard", "nodes": ["cam-3"]},
            ],
            **more,
        }
    )


def announced(made: HubConfig) -> dict[str, dict[str, Any]]:
    """Return the payloads by device id."""
    found = {}
    for message in messages(made, "1.2.3"):
        ids = topics.DISCOVERY.match(made.homeassistant.discovery, message.topic)
        assert ids is not None
        assert message.retain
        assert message.qos == 1
        found[ids["device"]] = json.loads(message.payload)
    return found


def components(made: HubConfig) -> list[dict[str, Any]]:
    return [item for device in announced(made).values() for item in device["components"].values()]


@pytest.mark.parametrize("root", ["maskgate", "site/two"])
def test_every_topic_is_in_the_catalogue_and_may_be_read_or_written_there(root: str) -> None:
    def kind(topic: str) -> topics.Topic:
        found = [kind for kind in CATALOGUE if kind.match(root, topic) is not None]
        assert len(found) == 1, topic
        return found[0]

    for item in components(config(root)):
        read = [item["state_topic"], *[each["topic"] for each in item.get("availability", [])]]
        read += [item["json_attributes_topic"]] if "json_attributes_topic" in item else []
        assert all(Role.CONTROLLER in kind(topic).readers for topic in read)
        if "command_topic" in item:
            assert kind(item["command_topic"]).sender is Role.CONTROLLER


def test_no_key_is_one_that_home_assistant_does_not_know() -> None:
    for device in announced(config()).values():
        assert set(device) == {"device", "origin", "components"}
        assert set(device["device"]) <= {"identifiers", "name", "manufacturer", "model", "sw_version", "via_device"}
        assert device["origin"] == {"name": "maskgate", "sw_version": "1.2.3"}
        for item in device["components"].values():
            assert set(item) <= COMMON | KNOWN[item["platform"]], item


def test_ids_are_valid_unique_and_do_not_follow_names() -> None:
    one, other = config(), config()
    renamed = other.model_copy(
        update={"doors": tuple(door.model_copy(update={"name": "New"}) for door in other.doors), "site": "New"}
    )
    ids = [item["unique_id"] for item in components(one)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]+", each) for each in [*ids, *announced(one)])
    assert ids == [item["unique_id"] for item in components(renamed)]
    for item in components(one):
        domain, _, name = item["default_entity_id"].partition(".")
        assert domain == item["platform"]
        assert name == item["object_id"]
        assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", name)
    entities = [item["default_entity_id"] for item in components(one)]
    assert len(set(entities)) == len(entities)


def test_two_roots_on_one_broker_share_no_id() -> None:
    one, two = config("maskgate"), config("site/two")
    assert not set(announced(one)) & set(announced(two))
    assert not {item["unique_id"] for item in components(one)} & {item["unique_id"] for item in components(two)}
    assert not {item["object_id"] for item in components(one)} & {item["object_id"] for item in components(two)}


def test_a_door_has_what_it_needs_and_a_lock_only_where_there_is_one() -> None:
    devices = announced(config())
    front, yard = devices["maskgate_door_front-entry"], devices["maskgate_door_yard"]
    assert set(front["components"]) == {"lock", "decision", "last_decision", "message", "mode", "problem"}
    assert set(yard["components"]) == set(front["components"]) - {"lock"}
    assert front["components"]["lock"]["name"] is None
    assert front["components"]["lock"]["default_entity_id"] == "lock.front_entry"
    assert front["components"]["decision"]["event_types"] == [kind.value for kind in EventType]
    assert front["device"]["via_device"] in devices["maskgate_hub"]["device"]["identifiers"]


def test_names_do_not_repeat_the_devices() -> None:
    for device in announced(config()).values():
        for item in device["components"].values():
            assert not (item.get("name") or "").startswith(device["device"]["name"])


def test_an_entity_is_there_only_while_the_hub_and_its_node_are() -> None:
    devices = announced(config())
    for item in devices["maskgate_node_cam-1"]["components"].values():
        there = [each["topic"] for each in item["availability"]]
        expected = ["maskgate/hub/availability", "maskgate/node/cam-1/availability"]
        assert there == (expected[:1] if item.get("device_class") == "connectivity" else expected)
        assert item["availability_mode"] == "all"
    template = jinja2.Template(devices["maskgate_door_yard"]["components"]["mode"]["availability"][0]["value_template"])
    assert [template.render(value=word) for word in ("online", "offline", "stopped")] == [
        "online",
        "offline",
        "offline",
    ]


@pytest.mark.parametrize(
    ("component", "value", "model", "expected"),
    [
        ("lock", "lock", SetLock, {"action": "lock"}),
        ("lock", "unlock", SetLock, {"action": "unlock"}),
        ("mode", "hard", SetMode, {"mode": Mode.HARD}),
        ("message", 'Use the "other" door\n{{ 1 }}', ShowMessage, {"text": 'Use the "other" door\n{{ 1 }}'}),
    ],
)
def test_a_command_is_what_the_hub_reads(
    component: str, value: str, model: type[DoorCommand], expected: dict[str, Any]
) -> None:
    item = announced(config())["maskgate_door_front-entry"]["components"][component]
    environment = jinja2.Environment(autoescape=False)  # noqa: S701 - as Home Assistant renders
    environment.globals["utcnow"] = lambda: NOW
    environment.filters["to_json"] = json.dumps
    payload = environment.from_string(item["command_template"]).render(value=value)
    command = decode(payload.encode(), model)
    assert command.sent_at == NOW
    assert {key: getattr(command, key) for key in expected} == expected
    if component == "lock":
        assert value == item[f"payload_{value}"]


def test_what_is_gone_is_taken_back_and_nothing_else() -> None:
    before, after = config(), config()
    after = after.model_copy(update={"doors": after.doors[:1]})
    gone = removals(device_ids(before), after)
    assert [(message.topic, message.payload, message.retain) for message in gone] == [
        ("homeassistant/device/maskgate_door_yard/config", b"", True),
        ("homeassistant/device/maskgate_node_cam-3/config", b"", True),
    ]
    assert removals(device_ids(before), before) == []
    off = config(homeassistant={"enabled": False})
    assert messages(off, "1") == []
    assert len(removals(device_ids(before), off)) == len(device_ids(before)) == len(messages(before, "1"))

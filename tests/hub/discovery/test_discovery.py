"""What Home Assistant is told."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.config import HubConfig
from hub.discovery import device_ids, messages, removals
from maskgate import topics
from maskgate.messages import (
    Contact,
    Counters,
    Display,
    DisplayKind,
    DoorState,
    Entry,
    EventType,
    LockState,
    Mode,
    Sound,
    Times,
    decode,
    encode,
)
from maskgate.topics import CATALOGUE, Role

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


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
    """Return all but those that only take something back."""
    found = [item for device in announced(made).values() for item in device["components"].values()]
    return [item for item in found if set(item) != {"platform"}]


def environment() -> jinja2.Environment:
    """Return what renders as Home Assistant does."""
    made = jinja2.Environment(autoescape=False)  # noqa: S701 - as Home Assistant renders
    made.globals["utcnow"] = lambda: NOW
    made.filters["to_json"] = json.dumps
    return made


@pytest.mark.parametrize("root", ["maskgate", "site/two"])
def test_every_topic_is_in_the_catalogue_and_may_be_read_or_written_there(root: str) -> None:
    def kind(topic: str) -> topics.Topic:
        found = [kind for kind in CATALOGUE if kind.match(root, topic) is not None]
        assert len(found) == 1, topic
        return found[0]

    for item in components(config(root)):
        told = ("state_topic", "image_topic", "latest_version_topic", "json_attributes_topic")
        read = [*(item[key] for key in told if key in item), *[each["topic"] for each in item.get("availability", [])]]
        assert all(Role.CONTROLLER in kind(topic).readers for topic in read)
        if "command_topic" in item:
            assert kind(item["command_topic"]).sender is Role.CONTROLLER


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


OF_THE_LOCK = {"lock", "enforcement", "grant_hold", "deny_hold", "relock", "override", "override_end"}
OF_EVERY_DOOR = {
    "decision", "last_decision", "people", "violations", "compliance", "message", "display", "siren", "mode",
    "occupancy", "contact", "emergency_released", "problem", "acknowledge", "test_denial", "emergency",
    "emergency_reset",
}  # fmt: skip
OF_PICTURES = {"last_denial"}


def there(device: dict[str, Any]) -> set[str]:
    return {key for key, item in device["components"].items() if set(item) != {"platform"}}


def test_a_door_has_what_it_needs_and_what_moves_a_lock_only_where_there_is_one() -> None:
    devices = announced(config())
    front, yard = devices["maskgate_door_front-entry"], devices["maskgate_door_yard"]
    assert there(front) == OF_THE_LOCK | OF_EVERY_DOOR
    assert there(yard) == OF_EVERY_DOOR
    assert front["components"]["lock"]["name"] is None
    assert front["components"]["lock"]["default_entity_id"] == "lock.front_entry"
    assert front["components"]["decision"]["event_types"] == [kind.value for kind in EventType]
    assert front["device"]["via_device"] in devices["maskgate_hub"]["device"]["identifiers"]


def test_pictures_are_announced_only_where_the_site_opted_in() -> None:
    """P7."""
    for made in (config(), config(keep_evidence=True)):
        images = [item for item in components(made) if item["platform"] == "image"]
        assert bool(images) is made.keep_evidence
        assert there(announced(made)["maskgate_door_yard"]) == OF_EVERY_DOOR | (OF_PICTURES if images else set())


def test_what_one_configuration_has_another_takes_back() -> None:
    """M6: by naming the platform alone, under the same key."""
    full, bare = config(keep_evidence=True), config()
    bare = bare.model_copy(update={"doors": tuple(door.model_copy(update={"lock": None}) for door in bare.doors)})
    for name, device in announced(full).items():
        other = announced(bare)[name]["components"]
        assert {key: item["platform"] for key, item in device["components"].items()} == {
            key: item["platform"] for key, item in other.items()
        }


def test_names_do_not_repeat_the_devices() -> None:
    for device in announced(config()).values():
        for item in device["components"].values():
            assert not (item.get("name") or "").startswith(device["device"]["name"])


def test_an_entity_is_there_only_while_the_hub_and_its_node_are() -> None:
    devices = announced(config())
    for item in devices["maskgate_node_cam-1"]["components"].values():
        if set(item) == {"platform"}:
            continue
        there = [each["topic"] for each in item["availability"]]
        expected = ["maskgate/hub/availability", "maskgate/node/cam-1/availability", "maskgate/node/cam-1/health"]
        if item.get("device_class") == "connectivity":
            assert there == expected[:1]
        else:
            assert there == expected[: 3 if item["unique_id"].endswith(("_fps", "_latency")) else 2]
        assert item["availability_mode"] == "all"
    template = jinja2.Template(devices["maskgate_door_yard"]["components"]["mode"]["availability"][0]["value_template"])
    assert [template.render(value=word) for word in ("online", "offline", "stopped")] == [
        "online",
        "offline",
        "offline",
    ]


#: What each entity says when it is used as people use it, by the end of its unique id.
SAID: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {
    "_entry": [({"value": "lock"}, {"action": "lock"}), ({"value": "unlock"}, {"action": "unlock"})],
    "_mode": [({"value": "hard"}, {"mode": Mode.HARD})],
    "_enforcement": [({"value": "hard"}, {"mode": Mode.HARD}), ({"value": "soft"}, {"mode": Mode.SOFT})],
    "_message": [({"value": 'Use the "other" door\n{{ 1 }}'}, {"text": 'Use the "other" door\n{{ 1 }}'})],
    "_display": [({"value": "x" * 400}, {"text": "x" * 255})],
    "_siren": [
        ({"value": "ON"}, {"sound": "alarm", "seconds": 10}),
        ({"value": "ON", "tone": "ok", "duration": 3}, {"sound": "ok", "seconds": 3}),
    ],
    "_grant_hold": [({"value": 7}, {"grant_hold": 7, "deny_hold": None, "relock_after_close": None})],
    "_deny_hold": [({"value": 7.5}, {"deny_hold": 7.5})],
    "_relock": [({"value": 0}, {"relock_after_close": 0})],
    "_override": [({}, {"action": "unlock", "seconds": 30})],
    "_override_end": [({}, {"action": "end"})],
    "_emergency": [({}, {"active": True})],
    "_emergency_reset": [({}, {"active": False})],
    "_acknowledge": [({}, {})],
    "_test_denial": [({}, {})],
    "_enable": [({"value": "enable"}, {"wish": "enable"}), ({"value": "rest"}, {"wish": "rest"})],
    "_identify": [({}, {"wish": "identify"})],
    "_restart": [({}, {"wish": "restart"})],
    "_take_snapshot": [({}, {"wish": "snapshot"})],
}


def test_every_command_of_every_entity_is_what_the_hub_reads() -> None:
    made = config(keep_evidence=True)
    for item in (each for each in components(made) if "command_topic" in each):
        topic = next(kind for kind in CATALOGUE if kind.match("maskgate", item["command_topic"]) is not None)
        device = next(name for name in announced(made) if item["unique_id"].startswith(f"{name}_"))
        for values, expected in SAID[item["unique_id"].removeprefix(device)]:
            command = decode(
                environment().from_string(item["command_template"]).render(**values).encode(), topic.payload
            )
            assert command.sent_at == NOW
            assert {key: getattr(command, key) for key in expected} == expected
        if "command_off_template" in item:
            off = decode(environment().from_string(item["command_off_template"]).render().encode(), topic.payload)
            assert off.sound == "none"


def shown(component: str, document: DoorState | Display, key: str = "value_template") -> str:
    item = announced(config())["maskgate_door_front-entry"]["components"][component]
    text = encode(document).decode()
    return environment().from_string(item[key]).render(value=text, value_json=json.loads(text))


def test_what_is_not_known_is_said_to_be_unknown() -> None:
    state = DoorState(door="front-entry", name="x", at=NOW, mode=Mode.OFF, entry=Entry.OPEN, lock=LockState.UNKNOWN,
                      times=Times(grant_hold=5, deny_hold=10))  # fmt: skip
    for component in ("lock", "last_decision", "compliance", "occupancy", "contact", "relock"):
        assert shown(component, state) == "None", component
    seen = state.model_copy(
        update={"counters": Counters(people=3, violations=1), "occupied": False, "contact": Contact.OPEN}
    )
    assert [shown(each, seen) for each in ("people", "violations", "compliance", "occupancy", "contact")] == [
        "3", "1", "66.67", "OFF", "ON",
    ]  # fmt: skip


def test_a_count_says_when_it_began_and_without_that_it_says_nothing() -> None:
    since = datetime(2026, 11, 22, 23, tzinfo=UTC)
    state = DoorState(door="front-entry", name="x", at=NOW, mode=Mode.OFF, entry=Entry.OPEN, lock=LockState.UNKNOWN)
    for count in ("people", "violations"):
        item = announced(config())["maskgate_door_front-entry"]["components"][count]
        assert item["state_class"] == "total"
        told = state.model_copy(update={"counting_since": since})
        assert shown(count, told, "last_reset_value_template") == "2026-11-22T23:00:00.000Z"
        # Home Assistant warns of what is no time, and passes over what is empty.
        assert shown(count, state, "last_reset_value_template") == ""
        assert environment().from_string(item["last_reset_value_template"]).render(value="") == ""


@settings(deadline=None)  # templates are compiled anew each time
@given(text=st.text(max_size=255), title=st.text(max_size=60), sound=st.sampled_from(Sound))
def test_nothing_shown_is_longer_than_home_assistant_takes(text: str, title: str, sound: Sound) -> None:
    display = Display(door="front-entry", at=NOW, kind=DisplayKind.MESSAGE, title=title, text=text, language="en",
                      sound=sound)  # fmt: skip
    assert shown("message", display) == text
    siren = json.loads(shown("siren", display, "state_value_template"))
    assert siren == ({"state": "OFF"} if sound is Sound.NONE else {"state": "ON", "tone": sound.value})


def test_an_event_that_comes_again_is_known_by_its_id() -> None:
    """M2, where a broker or the hub died between sending and confirming."""
    template = announced(config())["maskgate_door_yard"]["components"]["decision"]["value_template"]
    value = json.dumps({"id": "abcdefgh", "event_type": "denied"})

    def heard(last: dict[str, str]) -> str:
        return (
            environment()
            .from_string(template)
            .render(value=value, value_json=json.loads(value), this={"attributes": last})
        )

    assert heard({}) == heard({"id": "another-one"}) == value
    assert heard({"id": "abcdefgh"}) == ""


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
    back = messages(off, "1")
    assert {message.payload for message in back} == {b""}
    assert [message.topic for message in back] == [message.topic for message in messages(before, "1")]
    assert len(removals(device_ids(before), off)) == len(device_ids(before)) == len(messages(before, "1"))


def test_a_topic_that_was_emptied_is_no_fault_of_a_template() -> None:
    """M6: what is taken back is emptied, while Home Assistant may still listen."""
    strict = environment()
    strict.undefined = jinja2.StrictUndefined
    for item in components(config(keep_evidence=True)):
        templates = [item[key] for key in item if key.endswith("value_template") or key == "json_attributes_template"]
        templates += [each["value_template"] for each in item.get("availability", ())]
        for template in templates if item["platform"] != "event" else ():
            shown = strict.from_string(template).render(value="")
            assert shown in ("None", "", "OFF", "offline", "{}") or json.loads(shown) == {"state": "OFF"}, item

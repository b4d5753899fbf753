"""What `hub.yaml` refuses, so that nothing dangerous can be configured by mistake."""

import pytest

from hub.config import HubConfig
from maskgate.config import ConfigError, parse

GOOD = """
doors:
  - id: front
    name: Front
    nodes: [cam]
    lock: {command_topic: lock/set, feedback_topic: lock/state}
  - id: back
    name: Back
    nodes: [cam-2]
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
        ("id: back", "id: front", "door front is named twice"),
        ("[cam-2]", "[cam]", "node cam is named twice"),
        ("[cam-2]", "[front]", "the name front belongs to a door"),
        ("[cam-2]", "[hub]", "the name hub belongs to the hub or its controllers"),
        ("id: back", "id: controller", "the name controller belongs to the hub"),
        ("doors: [back]", "doors: [side]", "recipient boss names the door side, which is not there"),
        ("lock/state", "lock/set", "command_topic and feedback_topic must differ"),
        ("lock/state}", "lock/state, state_locked: JAMMED}", "state_jammed must differ"),
        ("lock/state}", "lock/state, payload_lock: UNLOCK}", "payload_lock and payload_unlock must differ"),
        ("lock/set", "lock/+", "without wildcards"),
        ("nodes: [cam]", "nodes: []", "doors.0.nodes"),
        ("name: Back", "name: Back\n    policy: {manual_hold: 5}", "hub.yaml:9: doors.1.policy.manual_hold: 5"),
        ("name: Back", "name: Back\n    policy: {violations: [mask]}", "doors.1.policy.violations"),
    ],
)
def test_what_would_be_dangerous_is_refused_with_the_reason(was: str, becomes: str, said: str) -> None:
    assert was in GOOD
    with pytest.raises(ConfigError) as caught:
        parse(GOOD.replace(was, becomes, 1), HubConfig, name="hub.yaml")
    assert said in str(caught.value)

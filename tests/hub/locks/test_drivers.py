"""What is asked of every driver alike: a command expires and is never retained, and no answer does any harm."""

import json
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.config import HomeAssistantLock, Lock, MqttLock, NodeLock
from hub.locks import LockDriver, driver_for
from hub.policy import LockCommand
from maskgate.messages import Feedback, LockAction, LockState, encode

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LOCKS: list[MqttLock | NodeLock | HomeAssistantLock] = [
    MqttLock(command_topic="lock/set", feedback_topic="lock/state"),
    MqttLock(command_topic="lock/set", feedback_topic="lock/state", feedback_key="state"),
    NodeLock(driver="node", node="cam"),
    HomeAssistantLock(driver="homeassistant"),
]
#: Of all kinds: bytes, texts, JSON with and without our words, and what is far too deep.
ANSWERS = st.one_of(
    st.binary(),
    st.text().map(str.encode),
    st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(json.dumps).map(str.encode),
    st.dictionaries(st.sampled_from(["state", "lock", "v"]), st.text() | st.integers()).map(json.dumps).map(str.encode),
    st.sampled_from([b"[" * 60_000, b'{"state":' * 5_000, b"\xff\xfe"]),
)
DRIVERS: list[LockDriver] = [driver_for(lock, root="site", door="front") for lock in LOCKS]


def test_every_kind_of_lock_of_the_configuration_has_a_driver() -> None:
    kinds = {get_args(kind)[0] for kind in get_args(get_args(Lock)[0])}
    assert kinds == {type(lock) for lock in LOCKS}


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: type(driver).__name__)
@pytest.mark.parametrize("action", list(LockAction))
def test_a_command_expires_and_is_never_retained(driver: LockDriver, action: LockAction) -> None:
    message = driver.command(LockCommand("command-1", action, NOW, NOW + timedelta(seconds=3)))
    assert not message.retain
    assert message.expiry_s is not None
    assert 0 < message.expiry_s <= 10
    if message.topic.startswith("site/"):  # whoever obeys it is asked to look at these
        order = json.loads(message.payload)
        assert (order["id"], order["action"], order["expires_at"]) == ("command-1", action, "2026-11-23T09:00:03.000Z")


@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: type(driver).__name__)
@given(payload=ANSWERS)
def test_no_answer_does_any_harm(driver: LockDriver, payload: bytes) -> None:
    heard = driver.feedback(payload)
    assert heard is None or isinstance(heard, Feedback)


def test_each_reads_its_own_words() -> None:
    plain, keyed, node, homeassistant = DRIVERS
    answer = encode(Feedback(lock=LockState.UNLOCKED, command="command-1"))
    assert plain.feedback(b"UNLOCKED") == keyed.feedback(b'{"state":"UNLOCKED"}') == Feedback(lock=LockState.UNLOCKED)
    assert node.feedback(answer) == Feedback(lock=LockState.UNLOCKED, command="command-1")
    assert (homeassistant.feedback_topics, homeassistant.feedback(answer)) == ((), None)
    assert plain.feedback(answer) is None


def test_a_payload_of_ones_own_may_say_which_command_it_is_and_how_long_it_counts() -> None:
    lock = MqttLock(
        command_topic="lock/set", feedback_topic="lock/state", payload_lock="LOCK",
        payload_unlock='{"do": {"open": true}, "id": "{id}", "from": "{sent_at}", "until": "{expires_at}"}',
    )  # fmt: skip
    command = LockCommand("command-1", LockAction.UNLOCK, NOW, NOW + timedelta(seconds=3))
    message = driver_for(lock, root="maskgate", door="front").command(command)
    until = "2026-11-23T09:00:03.000Z"
    assert json.loads(message.payload) == {
        "do": {"open": True}, "id": "command-1", "from": "2026-11-23T09:00:00.000Z", "until": until,
    }  # fmt: skip

"""What docs/installer.md tells people to write is taken by the program as it stands there."""

import json
import re
from pathlib import Path
from textwrap import dedent

import pytest

from hub.config import HubConfig
from maskgate.config import parse
from maskgate.messages import Feedback, LockOrder, decode

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "installer.md").read_text()
LOCKS = re.findall(r"^    (lock: \{.*?\})", PAGE, re.MULTILINE)


def block(first: str) -> str:
    """The indented block of the page that begins with this line."""
    found = re.search(rf"^    {re.escape(first)}\n(?:(?:    .*)?\n)+", PAGE, re.MULTILINE)
    assert found, first
    return dedent(found[0])


def test_the_door_that_is_written_out_is_a_good_one() -> None:
    lock = parse(block("doors:"), HubConfig, name="installer.md").doors[0].lock
    assert lock == parse(
        "doors: [{id: front, name: F, nodes: [a], lock: {preset: zigbee2mqtt-lock, device: front-lock}}]",
        HubConfig, name="x",
    ).doors[0].lock.model_copy(update={"preset": None, "device": None})  # type: ignore[union-attr]  # fmt: skip


@pytest.mark.parametrize("lock", LOCKS)
def test_each_lock_of_the_page_is_a_good_one(lock: str) -> None:
    door = f"doors: [{{id: front, name: Front, nodes: [front-camera], {lock}}}]"
    assert parse(door, HubConfig, name="installer.md").doors[0].lock


def test_the_rule_that_is_written_out_is_a_good_one() -> None:
    policy = "\n".join("    " + line for line in block("policy:").splitlines())
    door = "doors:\n  - id: front\n    name: Front\n    nodes: [a]\n    lock: {driver: homeassistant}\n" + policy
    assert parse(door, HubConfig, name="installer.md").doors[0].policy.schedule


def test_the_messages_between_hub_and_home_assistant_are_as_the_page_shows_them() -> None:
    order = re.search(r'^    (\{"v": 1, "id".*\})$', PAGE, re.MULTILINE)
    assert order
    assert (order_read := decode(order[1].encode(), LockOrder)).expires_at > order_read.sent_at
    answers = re.findall(r'`(\{"v": 1, "(?:lock|contact)".*?\})`', PAGE)
    assert len(answers) == 2
    for answer in answers:
        told = decode(answer.encode(), Feedback)
        assert told.lock or told.contact
        assert told.command in (None, json.loads(order[1])["id"])

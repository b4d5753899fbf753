"""M1 and M2: the hub dies at an instant that is chosen to hurt, and its successor makes it good."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from hub.store import open_store
from hub.store.schema import decisions, notices, passages
from maskgate.demo.broker import Broker

from .conftest import LIMIT, Friend, make_config, passage, until

VICTIM = Path(__file__).with_name("victim.py")


def run(settings: Path, instant: str, *wait_for: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(VICTIM), str(settings), instant, *map(str, wait_for)])


@pytest.mark.parametrize("instant", ["before_commit", "after_commit", "after_command"])
def test_killed_at(instant: str, broker: Broker, tmp_path: Path, database: str) -> None:
    config = make_config(broker.port, database, entry="open", deny_hold=30.0, max_age=30.0, within=30.0)
    settings = tmp_path / "hub.json"
    # A secret does not survive being written down.
    document = config.model_dump(mode="json", exclude={"notices"}) | {"database": database}
    told = {"notices": {"recipients": [{"id": "boss", "url": "json://127.0.0.1:9"}]}}
    settings.write_text(json.dumps(document | told))
    friend = Friend(broker.port)
    go, verdict, last = tmp_path / "go", passage("no_mask"), 0.0
    victim, successor = run(settings, instant), run(settings, "never", go)
    try:
        until(lambda: friend.on("maskgate/hub/availability") or victim.poll(), "the hub to be there")
        if victim.poll() is None:
            friend.see(verdict)
        assert victim.wait(LIMIT) == -9
        acks_before = friend.acks()
        go.touch()

        def made_good() -> bool:
            nonlocal last
            if not friend.acks() and friend.on("maskgate/hub/availability") and time.monotonic() - last > 1:
                last = time.monotonic()
                friend.see(verdict)  # as a board does until a hub acknowledges it
            return "LOCK" in friend.commands() and bool(friend.acks())

        until(made_good, "the successor to make it good", 2 * LIMIT)
        until(friend.decisions, "the decision to be announced")
        assert acks_before == [] or instant == "after_command", "nothing is acknowledged before it is on disk"
    finally:
        victim.kill()
        successor.kill()
        successor.wait()
        friend.link.stop()
    ids = set(friend.on("lock/set"))
    assert len(ids) == 1, "one command, however often it was sent"
    db = open_store(config.database)
    with db.connect() as connection:
        found = [connection.scalar(select(func.count()).select_from(t)) for t in (passages, decisions, notices)]
    db.dispose()
    assert found == [1, 1, 1]


def test_a_burst_with_a_death_in_its_middle_loses_nothing(broker: Broker, tmp_path: Path, database: str) -> None:
    config = make_config(broker.port, database, mode="soft", max_age=60.0)
    settings = tmp_path / "hub.json"
    settings.write_text(json.dumps(config.model_dump(mode="json", exclude={"notices"}) | {"database": database}))
    friend = Friend(broker.port)
    hub = run(settings, "never")
    sent = {f"passage-{number:03}" for number in range(120)}
    try:
        until(lambda: friend.on("maskgate/hub/availability"), "the hub to be there")
        for name in sorted(sent):
            friend.see(passage("no_mask", who=name.removeprefix("passage-")))
            if name == "passage-060":
                until(friend.acks, "the first acknowledgement")
                hub.kill()
                hub.wait()
                hub = run(settings, "never")
        # What neither broker nor hub had, a board sends again until it is acknowledged; here nobody else does.
        deadline = time.monotonic() + 3 * LIMIT
        while (missing := until_settled(friend, sent)) and time.monotonic() < deadline:
            for name in sorted(missing):
                friend.see(passage("no_mask", who=name.removeprefix("passage-")))
        assert not missing, "every acknowledgement"
    finally:
        hub.kill()
        hub.wait()
        friend.link.stop()
    db = open_store(config.database)
    with db.connect() as connection:
        stored = connection.scalar(select(func.count()).select_from(passages))
        decided = connection.scalar(select(func.count()).select_from(decisions))
    db.dispose()
    assert (stored, decided) == (120, 120)


def until_settled(friend: Friend, sent: set[str]) -> set[str]:
    """Wait until all is acknowledged or nothing more comes; returns what is missing."""
    seen, since = 0, time.monotonic()
    while time.monotonic() - since < 4:
        acked = {name for name, _ in friend.acks()}
        if acked >= sent:
            return set()
        if len(acked) != seen:
            seen, since = len(acked), time.monotonic()
        time.sleep(0.02)
    return sent - {name for name, _ in friend.acks()}

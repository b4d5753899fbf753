"""The demo's own parts: the clip is the same every time, the lock is as careful as a real one should be."""

import json
import queue
import time
from datetime import timedelta
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from maskgate.clock import SystemClock, rfc3339
from maskgate.config import MqttSettings
from maskgate.demo.broker import Broker, Kind, available, start_broker
from maskgate.demo.cli import app, ends
from maskgate.demo.clip import EMPTY_S, FPS, GAP_S, SECONDS, STAY_S, frames
from maskgate.demo.lock import COMMAND_TOPIC, FEEDBACK_TOPIC, SimulatedLock
from maskgate.demo.story import Story
from maskgate.messages import Decision, EventType, Mode, encode
from maskgate.mqtt import Inbound, Link, Outbound
from maskgate.states import DecisionKind

LIMIT = 20


def test_the_clip_is_the_same_every_time_and_shows_a_bare_and_a_covered_face() -> None:
    pytest.importorskip("skimage")
    first = list(frames())
    assert len(first) == round(SECONDS * FPS)
    assert all(np.array_equal(a, b) for a, b in zip(first, islice(frames(), 40), strict=False))
    into_stay = round(STAY_S / 2 * FPS)
    bare = first[round(EMPTY_S * FPS) + into_stay]
    worn = first[round((EMPTY_S + STAY_S + GAP_S) * FPS) + into_stay]
    changed = np.abs(bare.astype(int) - worn).max(axis=2) > 60
    rows, columns = np.nonzero(changed)
    assert changed.sum() > 2000, "the mask is not there"
    assert rows.max() - rows.min() < 160, "more changed than the mask"
    assert columns.max() - columns.min() < 200, "more changed than the mask"


def test_the_line_has_not_worked_when_somebody_of_the_clip_was_not_judged() -> None:
    story = Story(expected=(DecisionKind.DENY, DecisionKind.GRANT))
    assert {"nobody was refused", "nobody was let in"} <= set(story.faults())
    now = SystemClock().now()
    denied = Decision(
        id="decision-1", door="front", at=now, event_type=EventType.DENIED, decision=DecisionKind.DENY,
        mode=Mode.HARD, text="No mask",
    )  # fmt: skip
    assert list(story.message("maskgate/door/front/decision", encode(denied)))
    assert "nobody was refused" not in story.faults()
    assert "nobody was let in" in story.faults()


def test_a_broker_that_was_stopped_still_has_what_it_kept(broker: Broker) -> None:
    settings = MqttSettings(host="127.0.0.1", port=broker.port)
    confirmed: queue.Queue[int] = queue.Queue()
    mouth = Link(settings, client_id="mouth", subscriptions=[], on_message=lambda _m: None, on_published=confirmed.put)
    mouth.start()
    assert mouth.wait_up(LIMIT)
    mouth.publish(Outbound("t/kept", b"kept", retain=True))
    confirmed.get(timeout=LIMIT)
    mouth.stop()
    broker.stop()
    broker.start()
    assert kept(settings, "t/kept") == b"kept"


def kept(settings: MqttSettings, topic: str) -> bytes:
    """Return what is retained there, asked for anew until it comes.

    nats-server reads what it kept while its first clients come, and hands none of it to one that subscribes meanwhile.
    """
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        heard: queue.Queue[Inbound] = queue.Queue()
        ear = Link(settings, client_id="ear", subscriptions=[topic], on_message=heard.put, keep_session=False)
        ear.start()
        assert ear.wait_up(LIMIT)
        try:
            return heard.get(timeout=1).payload
        except queue.Empty:
            continue
        finally:
            ear.stop()
    raise AssertionError(f"nothing is kept at {topic}")


def test_the_lock_obeys_a_command_once_and_never_an_old_one(broker: Broker) -> None:
    settings = MqttSettings(host="127.0.0.1", port=broker.port)
    obeyed: queue.Queue[str] = queue.Queue()
    lock = SimulatedLock(settings, lambda action, _at: obeyed.put(action))
    heard: queue.Queue[Inbound] = queue.Queue()
    hub = Link(settings, client_id="hub", subscriptions=[FEEDBACK_TOPIC], on_message=heard.put)
    hub.start()
    assert hub.wait_up(LIMIT)
    lock.start()
    assert json.loads(heard.get(timeout=LIMIT).payload) == {"state": "LOCKED"}

    def tell(action: str, number: int, seconds: float) -> None:
        expires = rfc3339(SystemClock().now() + timedelta(seconds=seconds))
        document = {"action": action, "id": f"command-{number}", "expires_at": expires}
        hub.publish(Outbound(COMMAND_TOPIC, json.dumps(document).encode()))

    tell("unlock", 1, -1)
    tell("unlock", 2, LIMIT)
    assert json.loads(heard.get(timeout=LIMIT).payload) == {"state": "UNLOCKED"}
    tell("unlock", 2, LIMIT)
    tell("lock", 3, LIMIT)
    assert json.loads(heard.get(timeout=LIMIT).payload) == {"state": "LOCKED"}
    assert list(obeyed.queue) == ["unlock", "lock"]
    lock.stop()
    hub.stop()


@pytest.mark.parametrize("kind", ["mosquitto", "nats"])
def test_a_broker_keeps_its_store_in_a_folder_of_any_name(kind: Kind, tmp_path: Path) -> None:
    if kind not in available():
        pytest.skip(f"{kind} is not installed")
    running = start_broker(tmp_path / 'the "site" of Zoë \\ 1 # {2}', kind=kind)
    running.stop()


@pytest.mark.parametrize("source", ["0", "csi", "csi:1", "/dev/video0", "rtsp://door/1", "http://door/"])
def test_playing_once_wants_a_source_that_ends(source: str) -> None:
    result = CliRunner().invoke(app, ["--once", "--source", source])
    assert result.exit_code == 2
    assert "a source that ends" in result.stderr


def test_a_file_given_as_an_address_ends(tmp_path: Path) -> None:
    assert ends((tmp_path / "a b.mp4").as_uri())

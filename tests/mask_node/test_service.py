"""The node on real brokers: what it sees arrives, whatever is killed."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mask_node.reporting
from mask_node.config import NodeConfig, OutboxSettings, SourceSettings
from mask_node.disk import DiskError
from mask_node.service import Node
from mask_node.sources import Captured
from mask_node.vision.types import Frame, Sight
from maskgate.clock import SystemClock
from maskgate.config import MqttSettings
from maskgate.demo.broker import Broker
from maskgate.ids import new_id
from maskgate.messages import CameraState, SetEnable, encode
from maskgate.mqtt import Outbound
from maskgate.states import MaskState
from maskgate.topics import NODE_SET_ENABLE
from tests.mask_node.fakes import ColourEyes, Hub, empty, painted, stay, until, write_clip

M, N = MaskState.MASK, MaskState.NO_MASK


class Frames:
    """A camera whose pictures a test hands over. Times run at 25 a second, whatever the machine does."""

    def __init__(self, frames: Sequence[Frame] = (), *, ends: bool = False) -> None:
        self.frames, self.ends, self.index = list(frames), ends, 0
        self.start, self.began = SystemClock().now() - timedelta(seconds=60), SystemClock().monotonic() - 60
        self.state, self.closed = CameraState.OK, threading.Event()

    def add(self, frames: Sequence[Frame]) -> None:
        self.frames += frames

    @property
    def ended(self) -> bool:
        return self.closed.is_set() or (self.ends and self.index >= len(self.frames))

    def read(self, timeout: float) -> Captured | None:
        if self.index >= len(self.frames):
            self.closed.wait(min(timeout, 0.01))
            return None
        index, self.index = self.index, self.index + 1
        at = self.start + timedelta(seconds=index / 25)
        return Captured(self.frames[index], index, at, self.began + index / 25, SystemClock().monotonic())

    def close(self) -> None:
        self.closed.set()


def config(broker: Broker, folder: Path, **changes: object) -> NodeConfig:
    return NodeConfig.model_validate(
        {
            "id": "front",
            "mqtt": MqttSettings(host="127.0.0.1", port=broker.port),
            "source": SourceSettings(address="0"),
            "outbox": OutboxSettings(path=folder / "outbox.db", ack_within=1),
            "health_every": 1,
            **changes,
        }
    )


@contextmanager
def running(node: Node) -> Iterator[Node]:
    node.start()
    try:
        yield node
    finally:
        node.stop()


def people(count: int) -> list[Frame]:
    """As many people, one after another, each with one verdict."""
    return [frame for number in range(count) for frame in (*stay((M, N)[number % 2]), *empty(60))]


def test_a_clip_becomes_passages_that_the_hub_acknowledges(broker: Broker, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", [*stay(N, 25), *stay(M, 75), *empty(5)])
    hub = Hub(broker)
    settings = config(broker, tmp_path, source=SourceSettings(address=str(clip)))
    with running(Node(settings, detector=ColourEyes())) as node:
        until(lambda: len(hub.told) == 2, "both verdicts")
        until(node.ended.is_set, "the end of the clip")
        assert node.wait_told(10)
    first, second = hub.passages[0], hub.passages[-1]
    assert (first.state, first.revision, second.state, second.revision) == (N, 1, M, 2)
    assert first.passage == second.passage
    assert first.model == "colour-eyes-1"
    assert first.published_at - first.seen_to < timedelta(seconds=5)
    until(lambda: "stopped" in hub.availability, "the farewell")
    hub.stop()


def test_what_the_hub_does_not_acknowledge_is_kept_and_sent_again_after_a_restart(
    broker: Broker, tmp_path: Path
) -> None:
    hub = Hub(broker, acknowledging=False)
    with running(Node(config(broker, tmp_path), detector=ColourEyes(), source=Frames(people(3)))) as node:
        until(lambda: len(hub.told) == 3, "three passages")
        assert node.health().outbox == 3
    first = list(hub.passages)
    hub.passages.clear()
    with running(Node(config(broker, tmp_path), detector=ColourEyes(), source=Frames())) as node:
        until(lambda: len(hub.told) == 3, "three passages again")
        again = {p.passage: p for p in hub.passages}
        assert list(again) == list({p.passage: p for p in first})
        assert all(again[f.passage].published_at > f.published_at for f in first)
        assert all(again[f.passage].seen_to == f.seen_to for f in first)
        hub.acknowledging = True
        until(lambda: node.health().outbox == 0, "an empty outbox")
    hub.stop()


def test_without_an_acknowledgement_in_time_all_is_sent_again_in_order(broker: Broker, tmp_path: Path) -> None:
    hub = Hub(broker, acknowledging=False)
    with running(Node(config(broker, tmp_path), detector=ColourEyes(), source=Frames(people(3)))):
        until(lambda: len(hub.told) == 3, "three passages")
        before = len(hub.passages)
        until(lambda: len(hub.passages) >= before + 3, "all of them again")
    heard = [hub.told.index((p.passage, p.revision)) for p in hub.passages]
    # After one comes the next or, when it was waited for in vain, the first again.
    assert all(later in (earlier + 1, 0) for earlier, later in pairwise(heard))
    hub.stop()


def test_a_hub_that_comes_online_is_told_all_again_at_once(broker: Broker, tmp_path: Path) -> None:
    hub = Hub(broker, acknowledging=False)
    settings = config(broker, tmp_path, outbox=OutboxSettings(path=tmp_path / "o.db", ack_within=600))
    with running(Node(settings, detector=ColourEyes(), source=Frames(people(2)))):
        until(lambda: len(hub.told) == 2, "two passages")
        before = len(hub.passages)
        hub.come_online()
        until(lambda: len(hub.passages) >= before + 2, "two passages again")
    hub.stop()


def test_a_broker_killed_and_back_costs_nothing_and_changes_no_order(broker: Broker, tmp_path: Path) -> None:
    hub, camera = Hub(broker), Frames(people(2))
    with running(Node(config(broker, tmp_path), detector=ColourEyes(), source=camera)) as node:
        until(lambda: len(hub.told) == 2, "the first two")
        broker.stop(kill=True)
        camera.add(people(5))
        until(lambda: node.health().outbox >= 5, "five more on disk")
        broker.start()
        until(lambda: len(hub.told) == 7, "all seven")
        until(lambda: node.health().outbox == 0, "an empty outbox")
    seen = [p.seen_from for p in sorted(hub.passages, key=lambda p: hub.told.index((p.passage, p.revision)))]
    assert seen == sorted(seen)
    hub.stop()


def ailing(node: Node, monkeypatch: pytest.MonkeyPatch, *, from_the_start: bool) -> threading.Event:
    """Return what makes the disk of a node's outbox fail, reading too, for as long as it is set."""
    ill, disk = threading.Event(), node._outbox._disk
    run, begin = disk.run, disk.open

    def may_fail(do: Callable[[], Any]) -> Any:
        if ill.is_set():
            raise DiskError("disk I/O error")
        return do()

    monkeypatch.setattr(disk, "run", lambda work: may_fail(lambda: run(work)))
    monkeypatch.setattr(disk, "open", lambda: may_fail(begin))
    if from_the_start:
        ill.set()
    return ill


@pytest.mark.parametrize("from_the_start", [True, False])
def test_what_a_disk_could_not_give_for_a_while_is_told_when_it_can(
    from_the_start: bool, broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub(broker, acknowledging=False)
    once = OutboxSettings(path=tmp_path / "outbox.db", ack_within=600)
    with running(Node(config(broker, tmp_path, outbox=once), detector=ColourEyes(), source=Frames(people(3)))):
        until(lambda: len(hub.told) == 3, "three passages, not acknowledged")
    older = list(hub.told)
    hub.passages.clear()
    camera = Frames()
    node = Node(config(broker, tmp_path), detector=ColourEyes(), source=camera)
    ill = ailing(node, monkeypatch, from_the_start=from_the_start)
    if not from_the_start:
        broker.stop(kill=True)
    with running(node):
        ill.set()
        camera.add(people(1))
        until(lambda: len(node._outbox.after(0, 9)) == 1, "a younger one in memory")
        younger = node._outbox.after(0, 9)[0].verdict
        if not from_the_start:
            broker.start()
        # Before it a broker that was killed may hand out an older one again, from its own store.
        until(lambda: younger.passage in {p.passage for p in hub.passages}, "that one")
        hub.passages.clear()
        hub.acknowledging = True
        hub.acknowledge([younger])
        until(lambda: not node._outbox.after(0, 9), "its acknowledgement")
        ill.clear()
        until(lambda: [one for one in hub.told if one[0] != younger.passage] == older, "the older ones, in their order")
        until(lambda: node.health().outbox == 0, "an empty outbox")
    hub.stop()


def test_where_there_is_no_hub_the_broker_may_acknowledge(broker: Broker, tmp_path: Path) -> None:
    settings = config(broker, tmp_path, outbox=OutboxSettings(path=tmp_path / "o.db", release="broker"))
    hub = Hub(broker, acknowledging=False)
    with running(Node(settings, detector=ColourEyes(), source=Frames(people(3)))) as node:
        until(lambda: len(hub.told) == 3, "three passages")
        until(lambda: node.health().outbox == 0, "an empty outbox")
    hub.stop()


class Fickle(ColourEyes):
    """Eyes that can be made to fail."""

    def __init__(self) -> None:
        self.broken = threading.Event()

    def detect(self, frame: Frame) -> Sight:
        if self.broken.is_set():
            raise RuntimeError("no eyes")
        return super().detect(frame)


def test_health_says_what_is_wrong_and_what_is_well_again(broker: Broker, tmp_path: Path) -> None:
    hub, camera, eyes = Hub(broker), Frames(), Fickle()
    with running(Node(config(broker, tmp_path, health_every=60), detector=eyes, source=camera)):
        until(lambda: hub.health and "online" in hub.availability, "the first health")
        assert hub.health[0].detector == "ok"
        eyes.broken.set()
        camera.add(stay(M, 3))
        until(lambda: hub.health[-1].detector == "failed", "the fault")
        eyes.broken.clear()
        camera.add(stay(M, 30))
        until(lambda: hub.health[-1].detector == "ok", "the mend")
        until(lambda: len(hub.told) == 1, "a passage after the fault")
        camera.state = CameraState.LOST
        until(lambda: hub.health[-1].camera == "lost", "the loss of the camera")
    last = hub.health[-1]
    assert last.model == "colour-eyes-1"
    assert last.memory_mb > 10
    assert last.latency_ms is not None
    assert last.dropped.verdicts == 0
    hub.stop()


def enable(hub: Hub, *, enabled: bool, age_s: float = 0, retain: bool = False) -> None:
    now = datetime.now(UTC) - timedelta(seconds=age_s)
    command = SetEnable(id=new_id(now), sent_at=now, expires_at=now + timedelta(seconds=10), enabled=enabled)
    hub.link.publish(Outbound(NODE_SET_ENABLE.path("maskgate", node="front"), encode(command), retain=retain))


def test_a_node_rests_and_looks_when_told_but_not_by_old_or_retained_words(
    broker: Broker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hub, camera = Hub(broker), Frames()
    enable(hub, enabled=False, retain=True)
    with running(Node(config(broker, tmp_path), detector=ColourEyes(), source=camera)) as node:
        until(lambda: "online" in hub.availability, "the node")
        enable(hub, enabled=False, age_s=60)
        camera.add(people(1))
        until(lambda: len(hub.told) == 1, "a passage in spite of both")
        enable(hub, enabled=False)
        until(lambda: not node._eyes.enabled.is_set(), "rest")
        camera.add(people(1))
        until(lambda: camera.index == len(camera.frames), "the second person unseen")
        enable(hub, enabled=True)
        until(node._eyes.enabled.is_set, "looking again")
        if broker.kind == "mosquitto":  # MQTT 5: a retained word is known as such also while we listen
            enable(hub, enabled=False, retain=True)
            until(lambda: "it is retained" in caplog.text.split("told to look")[1], "the refusal")
            assert node._eyes.enabled.is_set()
        camera.add([*empty(60), *people(1)])
        until(lambda: len(hub.told) == 2, "the third person")
    hub.stop()


def test_a_verdict_that_cannot_be_kept_is_counted_and_harms_nothing(broker: Broker, tmp_path: Path) -> None:
    hub, camera = Hub(broker), Frames()
    node = Node(config(broker, tmp_path), detector=ColourEyes(), source=camera)
    with running(node):
        until(lambda: "online" in hub.availability, "the node")
        node._outbox._limit = 0  # each verdict put in is over the limit
        camera.add(people(1))
        until(lambda: node.health().dropped.verdicts == 1, "the loss")
        node._outbox._limit = 100
        camera.add([painted(), *people(1)])
        until(lambda: len(hub.told) == 1, "the next passage")
    hub.stop()


def test_health_that_cannot_be_told_keeps_no_verdict_back(
    broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> float:
        raise OSError("the sensor does not answer")

    monkeypatch.setattr(mask_node.reporting, "temperature_c", fail)
    hub = Hub(broker)
    with running(Node(config(broker, tmp_path), detector=ColourEyes(), source=Frames(people(2)))) as node:
        until(lambda: len(hub.told) == 2, "both verdicts")
        until(lambda: node._outbox.depth == 0, "an empty outbox")
    assert hub.health == []
    assert "the sensor does not answer" in caplog.text
    hub.stop()


def test_a_covered_camera_is_degraded_tells_why_and_grants_nothing(broker: Broker, tmp_path: Path) -> None:
    hub, camera = Hub(broker), Frames()
    with running(Node(config(broker, tmp_path, health_every=60), detector=ColourEyes(), source=camera)):
        until(lambda: "online" in hub.availability, "the node")
        camera.add([np.full((240, 320, 3), 110 + number % 3, np.uint8) for number in range(60)])
        until(lambda: hub.health and hub.health[-1].camera == "degraded", "the trouble")
        assert hub.health[-1].camera_trouble == "covered"
        camera.add(empty(40))
        until(lambda: hub.health[-1].camera == "ok", "the mend")
        assert hub.health[-1].camera_trouble is None
    assert hub.told == []
    hub.stop()

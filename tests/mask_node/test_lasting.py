"""Parts that hang while the node runs, commands to it, pictures from it: on a real broker."""

import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import mask_node.seeing
import mask_node.supervise
from mask_node.config import EvidenceSettings, NodeConfig
from mask_node.keeping import LATE_S, Keeper
from mask_node.pictures import Pictures
from mask_node.seeing import Observed
from mask_node.service import Node
from mask_node.sources import Captured, SourceError
from mask_node.sources.live import Live
from mask_node.vision.types import Frame, Sight
from mask_node.vitals import Vitals
from maskgate.clock import SystemClock
from maskgate.config import MqttSettings
from maskgate.demo.broker import Broker, available, start_broker
from maskgate.ids import new_id
from maskgate.messages import CameraState, LogLevel, NodeCommand, SetLogLevel, encode
from maskgate.mqtt import Inbound, Link, Outbound
from maskgate.states import MaskState
from maskgate.topics import (
    NODE_EVIDENCE,
    NODE_PULSE,
    NODE_SET_IDENTIFY,
    NODE_SET_LOG_LEVEL,
    NODE_SET_RESTART,
    NODE_SET_SNAPSHOT,
    Topic,
)
from tests.conftest import ManualClock
from tests.mask_node.fakes import LIMIT, ColourEyes, Hub, stay, until
from tests.mask_node.test_outbox import opened
from tests.mask_node.test_service import Frames, config, people, running

M, N = MaskState.MASK, MaskState.NO_MASK


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    running = start_broker(tmp_path / "broker", kind=available()[0])
    yield running
    running.stop()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stuck is what gives no sign of life for three seconds, so that nobody waits for eight."""
    monkeypatch.setattr(mask_node.supervise, "STUCK_S", 3.0)
    monkeypatch.setattr(mask_node.supervise, "LOOK_EVERY_S", 0.2)


class Hanging(ColourEyes):
    """Eyes that hang once, until they are let go."""

    def __init__(self) -> None:
        self.hang, self.hung, self.go = threading.Event(), threading.Event(), threading.Event()

    def detect(self, frame: Frame) -> Sight:
        if self.hang.is_set() and not self.hung.is_set():
            self.hung.set()
            self.go.wait(60)
        return super().detect(frame)


def test_an_interpreter_that_hangs_is_left_behind_and_the_next_one_sees(
    broker: Broker, tmp_path: Path, hasty: None
) -> None:
    hub, camera, eyes = Hub(broker), Frames(people(1)), Hanging()
    with running(Node(config(broker, tmp_path), detector=eyes, source=camera)) as node:
        until(lambda: len(hub.told) == 1, "the first person")
        eyes.hang.set()
        camera.add(people(1))
        until(eyes.hung.is_set, "the interpreter to hang")
        until(lambda: node.health().restarts == 1, "a new life")
        # Between the fall and the new life health may not have been told; that it happened is.
        until(lambda: any(h.restarts == 1 for h in hub.health), "the restart in health")
        camera.add(people(2))
        until(lambda: len(hub.told) >= 3, "those who came after")
        told = hub.told
        eyes.go.set()  # the one that hung wakes up, and must not speak any more
        camera.add(people(1))
        until(lambda: len(hub.told) == len(told) + 1, "one more, and only one")
        until(lambda: hub.health[-1].detector == "ok", "health")
    hub.stop()


def test_a_look_that_lasts_is_told_before_it_is_given_up(broker: Broker, tmp_path: Path) -> None:
    """S3: a door cannot wait until it begins anew. One that ends after all is well again."""
    hub, camera, eyes = Hub(broker), Frames(people(1)), Hanging()
    with running(Node(config(broker, tmp_path), detector=eyes, source=camera)) as node:
        until(lambda: len(hub.told) == 1, "the first person")
        eyes.hang.set()
        camera.add(people(1))
        until(lambda: hub.health[-1].detector == "failed", "the hub to hear of it")
        assert (node.health().restarts, eyes.hung.is_set()) == (0, True)
        eyes.go.set()
        until(lambda: hub.health[-1].detector == "ok", "the hub to hear of its end")
        assert node.health().restarts == 0
    hub.stop()


def test_a_node_sends_its_pulse_as_long_as_it_can_tell(broker: Broker, tmp_path: Path) -> None:
    came = list[float]()
    topic = NODE_PULSE.path("maskgate", node="front")
    ear = Link(
        MqttSettings(host="127.0.0.1", port=broker.port), client_id="ear", subscriptions=[topic],
        on_message=lambda _message: came.append(time.monotonic()),
    )  # fmt: skip
    ear.start()
    assert ear.wait_up(LIMIT)
    with running(Node(config(broker, tmp_path), detector=ColourEyes(), source=Frames())) as node:
        until(lambda: len(came) >= 3, "pulses, though nothing happens")
        node._teller.turn = threading.Event().wait  # type: ignore[method-assign, assignment]
        until(lambda: time.monotonic() - came[-1] > 3, "none from a thread that hangs")
    ear.stop()


class Hung(Live):
    """A camera whose driver hangs."""

    def __init__(self) -> None:
        self.go = threading.Event()
        super().__init__("hung", patient=True, clock=SystemClock())

    def _open(self) -> Any:
        self.go.wait(60)
        raise SourceError("it hung")


def test_a_camera_that_hangs_is_opened_anew(
    broker: Broker, tmp_path: Path, hasty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, hung, mended = Hub(broker), Hung(), Frames(people(1))
    monkeypatch.setattr(mask_node.seeing, "open_source", lambda *_args, **_named: mended)
    with running(Node(config(broker, tmp_path), detector=ColourEyes(), source=hung)) as node:
        until(lambda: len(hub.told) == 1, "somebody before the new camera")
        assert hung.ended
        assert node.health().restarts == 1
    hung.go.set()
    hub.stop()


def eyes_of(source: Any, keep: Any = lambda *_: None) -> mask_node.seeing.Eyes:
    clock = SystemClock()
    return mask_node.seeing.Eyes(
        NodeConfig.model_validate({"id": "front", "source": 0}), detector=ColourEyes(), source=source, clock=clock,
        vitals=Vitals(clock.monotonic()), keep=keep, changed=lambda: None,
    )  # fmt: skip


def test_a_camera_that_is_opened_anew_meanwhile_can_be_asked_for() -> None:
    class Vanishing(Frames):
        """Is let go of just when somebody asks how it is."""

        @property
        def ended(self) -> bool:
            eyes._source = None
            return False

    eyes = eyes_of(Vanishing())
    assert eyes.camera is CameraState.OK
    assert eyes.camera is CameraState.LOST


def test_hiding_many_faces_is_a_sign_of_life(tmp_path: Path) -> None:
    """On a slow board an evidence picture takes longer than it takes to be held for stuck: a look for each part."""
    signs: list[float] = []

    def keep(_verdicts: object, picture: Captured | None, observed: Observed) -> None:
        if picture is not None and not signs:
            before = eyes._worker.beat()
            observed.find(picture.frame)
            signs.extend((before, eyes._worker.beat()))

    eyes = eyes_of(Frames(stay(M, 3), ends=True), keep)
    eyes.open()
    eyes.start()
    until(eyes.ended.is_set, "the end")
    before, after = signs
    assert after > before


def test_a_link_whose_thread_hangs_is_made_anew(broker: Broker, tmp_path: Path, hasty: None) -> None:
    hub, camera, go, once = Hub(broker), Frames(), threading.Event(), threading.Event()
    node = Node(config(broker, tmp_path), detector=ColourEyes(), source=camera)
    hear = node._ears.hear

    def hang(message: Inbound) -> None:
        if not once.is_set() and message.topic.endswith("/ack"):
            once.set()
            go.wait(60)
        hear(message)

    node._ears.hear = hang  # type: ignore[method-assign]
    with running(node):
        camera.add(people(1))
        until(once.is_set, "the thread to hang")
        until(lambda: node.health().restarts >= 1, "a new link")
        camera.add(people(1))
        until(lambda: len(hub.told) == 2 and node.health().outbox == 0, "all told and acknowledged")
        go.set()
    hub.stop()


class Broken(ColourEyes):
    def detect(self, frame: Frame) -> Sight:  # noqa: ARG002
        raise RuntimeError("no eyes")


def test_what_stays_broken_is_a_fault_in_health(broker: Broker, tmp_path: Path, hasty: None) -> None:
    hub, camera = Hub(broker), Frames(stay(M, 400))
    with running(Node(config(broker, tmp_path), detector=Broken(), source=camera)) as node:
        until(lambda: hub.health and hub.health[-1].faults == ("looking",), "the fault", limit=40)
        assert node.health().restarts == mask_node.supervise.MOST_RESTARTS
        assert hub.health[-1].detector == "failed"
    hub.stop()


def send(hub: Hub, topic: Topic, model: type[NodeCommand], *, retain: bool = False, **fields: Any) -> str:
    now = datetime.now(UTC)
    command = model(id=new_id(now), sent_at=now, expires_at=now + timedelta(seconds=10), **fields)
    hub.link.publish(Outbound(topic.path("maskgate", node="front"), encode(command), retain=retain))
    return command.id


class Viewer:
    """Whoever looks at evidence."""

    def __init__(self, broker: Broker) -> None:
        self.seen: dict[str, Frame] = {}
        self.link = Link(
            MqttSettings(host="127.0.0.1", port=broker.port), client_id="viewer", keep_session=False,
            subscriptions=[NODE_EVIDENCE.filter("maskgate")], on_message=self._see,
        )  # fmt: skip
        self.link.start()
        assert self.link.wait_up(20)

    def _see(self, message: Inbound) -> None:
        ids = NODE_EVIDENCE.match("maskgate", message.topic)
        assert ids is not None
        picture = cv2.imdecode(np.frombuffer(message.payload, np.uint8), cv2.IMREAD_COLOR)
        self.seen[ids["passage"]] = np.asarray(picture, np.uint8)
        self.link.confirm(message)


def test_pictures_come_where_the_site_wants_them_with_faces_hidden(broker: Broker, tmp_path: Path) -> None:
    hub, viewer, camera = Hub(broker), Viewer(broker), Frames()
    evidence = EvidenceSettings(pictures="all", snapshot=True)
    old = send(hub, NODE_SET_SNAPSHOT, NodeCommand, retain=True)  # handed to the node when it comes, and not obeyed
    with running(Node(config(broker, tmp_path, evidence=evidence), detector=ColourEyes(), source=camera)):
        until(lambda: "online" in hub.availability, "the node")
        camera.add(people(2))
        until(lambda: len(hub.told) == 2, "both")
        until(lambda: set(viewer.seen) == {passage for passage, _ in hub.told}, "their pictures")
        assert all(ColourEyes().detect(picture).faces == [] for picture in viewer.seen.values())
        asked = send(hub, NODE_SET_SNAPSHOT, NodeCommand)
        camera.add(stay(M, 40))
        until(lambda: asked in viewer.seen, "the snapshot")
        assert old not in viewer.seen
    viewer.link.stop()
    hub.stop()


def test_a_snapshot_that_no_picture_came_for_is_not_taken_later(tmp_path: Path) -> None:
    pictures, outbox = Pictures(8), opened(tmp_path / "o.db")
    settings = NodeConfig.model_validate({"id": "front", "source": 0, "evidence": {"snapshot": True}})
    clock = ManualClock()
    keeper = Keeper(settings, outbox=outbox, pictures=pictures, relay=None, clock=clock, wake=lambda: None)

    def shot() -> Captured:
        return Captured(stay(M, 1)[0], 0, clock.now(), clock.monotonic(), clock.monotonic())

    eyes = Observed(ColourEyes())
    keeper.ask("command-1")
    clock.advance(LATE_S + 1)  # the camera was lost, or the board at rest
    keeper.keep([], shot(), eyes)
    assert not pictures.waiting
    keeper.ask("command-2")
    clock.advance(LATE_S - 1)
    keeper.keep([], shot(), eyes)
    assert pictures.waiting
    outbox.close()


def test_without_opt_in_no_picture_leaves_and_commands_do_what_they_say(
    broker: Broker, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hub, viewer, camera = Hub(broker), Viewer(broker), Frames(people(2))
    before = logging.getLogger().level
    send(hub, NODE_SET_RESTART, NodeCommand, retain=True)
    with running(Node(config(broker, tmp_path), detector=ColourEyes(), source=camera)) as node:
        until(lambda: len(hub.told) == 2, "both")
        send(hub, NODE_SET_SNAPSHOT, NodeCommand)
        until(lambda: "evidence.snapshot is off" in caplog.text, "the refusal")
        send(hub, NODE_SET_IDENTIFY, NodeCommand)
        until(lambda: "this is front" in caplog.text, "its name")
        send(hub, NODE_SET_LOG_LEVEL, SetLogLevel, level=LogLevel.ERROR)
        until(lambda: logging.getLogger().level == logging.ERROR, "the level")
        assert not node.restart_wanted.is_set(), "a retained command is not obeyed"
        send(hub, NODE_SET_RESTART, NodeCommand)
        until(node.restart_wanted.is_set, "the wish")
    assert viewer.seen == {}
    logging.getLogger().setLevel(before)
    viewer.link.stop()
    hub.stop()

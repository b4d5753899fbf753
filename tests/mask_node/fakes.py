"""Eyes that see painted squares, and a hub that only listens and acknowledges."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from mask_node.vision.types import Face, Frame, Sight, StateProbabilities
from maskgate.config import MqttSettings
from maskgate.demo.broker import Broker
from maskgate.messages import Ack, Availability, NodeHealth, Passage, PassageRef, decode, encode
from maskgate.mqtt import Inbound, Link, Outbound
from maskgate.states import MODEL_STATES, MaskState
from maskgate.topics import HUB_AVAILABILITY, NODE_ACK, NODE_AVAILABILITY, NODE_HEALTH, NODE_PASSAGE

LIMIT = 20.0
#: BGR; far apart, so that they survive the compression of a video.
COLOURS = {MaskState.MASK: (0, 200, 0), MaskState.INCORRECT: (200, 0, 0), MaskState.NO_MASK: (0, 0, 200)}

#: A colour is known up to so much in each channel.
NEAR = 89


def until(condition: Callable[[], object], what: str, limit: float = LIMIT) -> None:
    """Wait for a condition; fail when it does not come."""
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come within {limit} s"
        time.sleep(0.01)


def states(state: MaskState, sure: float = 0.9) -> StateProbabilities:
    """Probabilities with `sure` for one state and the rest shared by the others."""
    return StateProbabilities(*(sure if each is state else (1 - sure) / 2 for each in MODEL_STATES))


def face(x: float, y: float = 100, size: float = 80, *, score: float = 0.9, state: MaskState = MaskState.MASK) -> Face:
    return Face((x, y, size, size), score, states(state))


def painted(*people: tuple[int, MaskState], size: tuple[int, int] = (240, 320)) -> Frame:
    """A grey picture with an 80 px square for each person, at x and of its state's colour.

    It has light stripes: a face without features is too blurred to be judged, and shows no life when it sways. Its
    upper part is paler: where brow and mouth have one colour, it may be a hand that covers it.
    """
    frame = np.full((*size, 3), 90, np.uint8)
    for tile in range(0, size[1], 32):  # a floor: where nothing is sharp anywhere, the camera is covered
        frame[160:, tile : tile + 16] = 50
    for x, state in people:
        frame[60:140, x : x + 80] = COLOURS[state]
        frame[60:96, x : x + 80] = np.maximum(COLOURS[state], 40)
        for stripe in range(x + 3, x + 77, 12):
            frame[63:137, stripe : stripe + 6] += 25
    return frame


def numbered(number: int) -> Frame:
    """A picture whose brightness is its number times four."""
    return np.full((64, 96, 3), number * 4, np.uint8)


class ColourEyes:
    """Sees painted squares as faces. Shows what any detector must: `model_id` and `detect`."""

    model_id = "colour-eyes-1"

    def detect(self, frame: Frame) -> Sight:
        faces, small = [], np.ascontiguousarray(frame[::4, ::4])
        for state, colour in COLOURS.items():
            low, high = np.clip(np.subtract(colour, NEAR), 0, 255), np.clip(np.add(colour, NEAR), 0, 255)
            near = cv2.inRange(small, low, high)
            count, _, boxes, _ = cv2.connectedComponentsWithStats(near)
            for x, y, w, h, area in boxes[1:count].tolist():
                if area > 100:
                    faces.append(Face((4.0 * x, 4.0 * y, 4.0 * w, 4.0 * h), 0.95, states(state, 0.97)))
        return Sight(faces, {"total": 0.1})


def write_clip(path: Path, frames: Iterable[Frame], fps: float = 25) -> Path:
    frames = list(frames)
    code = "MJPG" if path.suffix == ".avi" else "mp4v"  # the first keeps each frame to itself
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*code), fps, frames[0].shape[1::-1])
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


def stay(state: MaskState, frames: int = 20, x: int = 100) -> list[Frame]:
    return [painted((x + number % 3, state)) for number in range(frames)]


def empty(frames: int = 10) -> list[Frame]:
    return [painted()] * frames


#: The `maskgate node` command with eyes for painted squares.
PROGRAM = """\
import sys
import mask_node.vision.load
from tests.mask_node.fakes import ColourEyes
mask_node.vision.load.load_detector = lambda *_args, **_named: ColourEyes()
from mask_node.cli import app
app(sys.argv[1:])
"""


def looping(folder: Path, broker: Broker) -> Path:
    """Write a `node.yaml` whose camera shows one person with a mask again and again; the outbox is `o.db` beside it."""
    clip, path = write_clip(folder / "clip.mp4", [*stay(MaskState.MASK, 30), *empty(70)]), folder / "node.yaml"
    path.write_text(
        f"id: front\nmqtt: {{host: 127.0.0.1, port: {broker.port}}}\nsource: {{address: {clip}, loop: true}}\n"
        f"outbox: {{path: {folder}/o.db}}\n"
    )
    return path


class Hub:
    """Hears a node as the hub does, and acknowledges what it heard while `acknowledging`."""

    def __init__(self, broker: Broker, node: str = "front", *, acknowledging: bool = True) -> None:
        self.node, self.acknowledging = node, acknowledging
        self.passages: list[Passage] = []
        self.availability: list[str] = []
        self.health: list[NodeHealth] = []
        self.lock = threading.Lock()
        topics = (NODE_PASSAGE, NODE_AVAILABILITY, NODE_HEALTH)
        self.link = Link(
            MqttSettings(host="127.0.0.1", port=broker.port), client_id="hub",
            subscriptions=[topic.path("maskgate", node=node) for topic in topics], on_message=self._heard,
        )  # fmt: skip
        self.link.start()
        assert self.link.wait_up(LIMIT)
        self.come_online()

    def _heard(self, message: Inbound) -> None:
        with self.lock:
            if NODE_PASSAGE.match("maskgate", message.topic):
                passage = decode(message.payload, Passage)
                self.passages.append(passage)
                if self.acknowledging:
                    self.acknowledge([passage])
            elif NODE_AVAILABILITY.match("maskgate", message.topic):
                self.availability.append(message.payload.decode())
            else:
                self.health.append(decode(message.payload, NodeHealth))
        self.link.confirm(message)

    def acknowledge(self, passages: Sequence[Passage]) -> None:
        refs = tuple(PassageRef(passage=p.passage, revision=p.revision) for p in passages)
        self.link.publish(Outbound(NODE_ACK.path("maskgate", node=self.node), encode(Ack(stored=refs))))

    def come_online(self) -> None:
        word = Availability.ONLINE.value.encode()
        self.link.publish(Outbound(HUB_AVAILABILITY.path("maskgate"), word, retain=True))

    @property
    def told(self) -> list[tuple[str, int]]:
        """What was heard, each once, in the order of the first hearing."""
        with self.lock:
            return list(dict.fromkeys((p.passage, p.revision) for p in self.passages))

    def stop(self) -> None:
        self.link.stop()

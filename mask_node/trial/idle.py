"""What a board pays while nobody comes: the processor's time of the whole program before an empty door, by thread.

Time of the processor, not of the wall: what else the machine does makes it little longer.
"""

import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import cv2
import numpy as np
import psutil  # type: ignore[import-untyped]

from mask_node.config import NodeConfig, OutboxSettings, SourceSettings
from mask_node.service import Node
from mask_node.sources.live import Feed, Live
from mask_node.trial.frames import HEIGHT, WIDTH, frame_with
from mask_node.vision.types import Frame
from maskgate.clock import Clock, SystemClock
from maskgate.config import MqttSettings
from maskgate.demo.broker import BrokerError, available, start_broker

#: Seconds that are not counted: models are loaded, the first looks are made.
SETTLE_S = 5.0
#: Pictures that differ by their noise.
PICTURES = 16


@dataclass(frozen=True, slots=True)
class Idle:
    """Shares of one core, 0..1. threads: by name, the largest first. looks, pictures: a second."""

    share: float
    threads: dict[str, float]
    pictures: float
    memory_mb: float
    broker: bool


class _Empty(Feed):
    """An empty door as a camera films it, with a sensor's noise."""

    def __init__(self, fps: float, *, encoded: bool) -> None:
        chance, view = np.random.default_rng(1), _view()
        shots = [np.clip(view + chance.normal(0, 2, view.shape), 0, 255).astype(np.uint8) for _ in range(PICTURES)]
        pictures: list[Frame | bytes] = [*shots]
        if encoded:
            pictures = [cv2.imencode(".jpg", shot)[1].tobytes() for shot in shots]
        self._pictures, self._pause = cycle(pictures), 1 / fps
        self._closed = threading.Event()
        self._due = time.monotonic()

    def next(self) -> Frame | bytes | None:
        self._due = max(self._due + self._pause, time.monotonic())
        self._closed.wait(self._due - time.monotonic())
        return next(self._pictures)

    def close(self) -> None:
        self._closed.set()


def _view() -> Frame:
    """A wall, a floor, and a door with its frame, panels, glass and handle."""
    view = frame_with(np.zeros((1, 1, 3), np.uint8), 0)
    parts = (
        ((0, 400), (WIDTH, HEIGHT), (70, 85, 100)), ((210, 40), (430, 402), (200, 205, 210)),
        ((225, 55), (415, 400), (60, 90, 130)), ((250, 80), (390, 200), (170, 160, 140)),
        ((250, 230), (390, 370), (50, 75, 110)), ((395, 225), (408, 245), (190, 190, 190)),
    )  # fmt: skip
    for corner, other, colour in parts:
        cv2.rectangle(view, corner, other, colour, cv2.FILLED)
    return view


class _Door(Live):
    """A camera before it."""

    def __init__(self, fps: float, *, encoded: bool, clock: Clock) -> None:
        self._feed = _Empty(fps, encoded=encoded)
        super().__init__("idle", patient=True, clock=clock)

    def _open(self) -> Feed:
        return self._feed


def idle(
    *, models: Path | None = None, fps: float = 10.0, seconds: float = 30.0, encoded: bool = True,
    say: Callable[[str], None] = lambda _: None,
) -> Idle:  # fmt: skip
    """Run the node before an empty door with a broker of its own, where one is installed, and count.

    encoded: pictures come as JPEG, as from a network camera; else as pixels. Raises `ModelError`.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            broker = start_broker(Path(folder) / "broker", kind=available()[0])
        except (BrokerError, IndexError) as error:
            say(f"without a broker, whose search costs as well: {error}")
            broker = None
        try:
            config = NodeConfig(
                id="idle",
                source=SourceSettings(address="0", fps=fps),
                mqtt=MqttSettings(host="127.0.0.1", port=broker.port if broker else 9),
                outbox=OutboxSettings(path=Path(folder) / "outbox.db"),
            )
            if models is not None:
                config = config.model_copy(update={"models": config.models.model_copy(update={"folder": models})})
            clock = SystemClock()
            node = Node(config, source=_Door(fps, encoded=encoded, clock=clock), clock=clock)
            node.start()
            try:
                time.sleep(SETTLE_S)
                return _count(node, seconds, broker is not None)
            finally:
                node.stop()
        finally:
            if broker is not None:
                broker.stop()


def _count(node: Node, seconds: float, broker: bool) -> Idle:
    process, began = psutil.Process(), time.monotonic()
    before, by_thread = time.process_time(), _threads(process)
    time.sleep(seconds)
    spent, passed = time.process_time() - before, time.monotonic() - began
    names = {thread.native_id: thread.name for thread in threading.enumerate()}
    shares: dict[str, float] = {}
    for number, cpu in _threads(process).items():
        name = names.get(number, "the models' and the libraries' own")
        shares[name] = shares.get(name, 0.0) + (cpu - by_thread.get(number, 0.0)) / passed
    health = node.health()
    return Idle(
        share=spent / passed,
        threads=dict(sorted(shares.items(), key=lambda item: -item[1])),
        pictures=round(health.fps, 1),
        memory_mb=round(process.memory_info().rss / 2**20, 1),
        broker=broker,
    )


def _threads(process: psutil.Process) -> dict[int, float]:
    return {thread.id: thread.user_time + thread.system_time for thread in process.threads()}

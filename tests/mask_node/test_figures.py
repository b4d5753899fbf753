"""What a board pays: memory, the time from start to the first verdict, the processor before an empty door.

The bounds here are those of a busy machine; `pytest -s` prints what was measured. With the real models.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psutil  # type: ignore[import-untyped]
import pytest

from maskgate.demo.broker import Broker, available, start_broker
from tests.mask_node.fakes import Hub, until, write_clip
from tests.own_time import OwnTime

#: Aims of an idle machine, and how many times as much a busy one may take.
MEMORY_MB, FIRST_S, BUSY = 150, 3.0, 4
IDLE_SHARE = 0.05
WATCHED_S = 8.0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    running = start_broker(tmp_path / "broker", kind=available()[0])
    yield running
    running.stop()


@contextmanager
def node(folder: Path, broker: Broker, source: str) -> Iterator[psutil.Process]:
    path = folder / "node.yaml"
    path.write_text(
        f"id: front\nmqtt: {{host: 127.0.0.1, port: {broker.port}}}\nsource: {source}\nhealth_every: 1\n"
        f"outbox: {{path: {folder}/o.db}}\n"
    )
    with (folder / "log").open("w") as log:
        program = subprocess.Popen([sys.executable, "-m", "maskgate", "node", "run", "-c", str(path)], stderr=log)
    try:
        yield psutil.Process(program.pid)
    finally:
        program.terminate()
        program.wait(60)


@pytest.mark.shared
def test_the_first_verdict_comes_soon_and_memory_is_small(broker: Broker, shared: Path, tmp_path: Path) -> None:
    hub, clip = Hub(broker), shared / "datasets" / "videos" / "unmasked_man.mp4"
    with node(tmp_path, broker, f"{{address: '{clip}', loop: true}}") as program:
        seconds = OwnTime(program.pid).until(lambda: hub.told, "the first verdict", FIRST_S * BUSY)
        until(lambda: len(hub.health) > 5, "some health")
        memory = max(health.memory_mb for health in hub.health)
    hub.stop()
    last = hub.health[-1]
    sys.stdout.write(
        f"first verdict after {seconds:.1f} s, {memory:.0f} MB, {last.fps:.1f} pictures/s, {last.stages}\n"
    )
    assert memory < MEMORY_MB


def test_an_empty_door_costs_little(broker: Broker, tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    wall = chance.integers(60, 200, (48, 64, 3), np.uint8).repeat(10, axis=0).repeat(10, axis=1)
    frames = [np.clip(wall + chance.normal(0, 2, wall.shape), 0, 255).astype(np.uint8) for _ in range(20)]
    clip, hub = write_clip(tmp_path / "door.avi", frames, fps=10), Hub(broker)
    with node(tmp_path, broker, f"{{address: '{clip}', loop: true, fps: 10}}") as program:
        until(lambda: len(hub.health) > 6 and hub.health[-1].fps > 5, "a camera that has run for a while", limit=60)
        before, began = sum(program.cpu_times()[:2]), time.monotonic()
        time.sleep(WATCHED_S)
        share = (sum(program.cpu_times()[:2]) - before) / (time.monotonic() - began)
    hub.stop()
    sys.stdout.write(f"an empty door at 10 pictures/s takes {share:.1%} of one core (aim {IDLE_SHARE:.0%})\n")
    assert hub.told == []
    assert share < 1

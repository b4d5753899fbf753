"""The whole line in front of a real Home Assistant: a clip, a real node, a broker, a real hub, a lock, its entities.

`MASKGATE_HA_RUNS` (100 for the whole proof) is how often the time from a verdict's last frame to the lock's state in
Home Assistant is measured; it is printed.
"""

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from maskgate import topics
from maskgate.messages import Passage, decode
from tests.system.homeassistant.home import Home, until
from tests.system.homeassistant.installs import REPOSITORY
from tests.system.homeassistant.site import Site

RUNS = int(os.environ.get("MASKGATE_HA_RUNS", "10"))
#: Seconds of the demo's clip: until then the person is bare; so much later the same stands there with a mask.
BARE_UNTIL_S, LATER_S = 3.5, 9


def puts_a_mask_on(path: Path) -> Path:
    """Write a clip of somebody who comes bare, and puts a mask on without going away."""
    cv2 = pytest.importorskip("cv2")
    pytest.importorskip("skimage")
    from maskgate.demo.clip import FPS, HEIGHT, WIDTH, frames

    pictures, change = list(frames()), int(BARE_UNTIL_S * FPS)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (WIDTH, HEIGHT))
    for picture in pictures[:change] + pictures[change + LATER_S * FPS :]:
        writer.write(picture)
    writer.release()
    return path


@contextmanager
def node(site: Site, clip: Path) -> Iterator[None]:
    """A real node that plays a clip once."""
    config = site.folder / "node.yaml"
    with config.open("w", encoding="utf-8") as file:
        YAML().dump(
            {
                "id": site.board.node, "mqtt": site.config["mqtt"], "source": {"address": str(clip)},
                "outbox": {"path": str(site.folder / "outbox.db")},
            },
            file,
        )  # fmt: skip
    with (site.folder / "node.log").open("ab") as log:
        program = subprocess.Popen(
            [sys.executable, "-m", "maskgate", "node", "run", "--config", str(config)],
            cwd=REPOSITORY, stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        )  # fmt: skip
    try:
        yield
    finally:
        program.terminate()
        program.wait(30)


def passages(site: Site) -> list[Passage]:
    topic = topics.NODE_PASSAGE.path(site.root, node=site.board.node)
    return [decode(message.payload, Passage) for message in site.heard if message.topic == topic]


def test_a_bare_person_locks_the_entry_and_a_mask_undoes_it(home: Home, tmp_path: Path) -> None:
    clip = puts_a_mask_on(tmp_path / "clip.mp4")
    with Site(home, policy={"deny_hold": 120}) as site:
        home.wait_state("lock.front_entry", "unlocked")
        site.board.stop()  # a real one takes its place
        before, fired = len(site.decisions()), len(home.events("event.front_entry_decision"))
        with node(site, clip):
            home.wait_state("lock.front_entry", "locked")
            home.wait_state("text.front_entry_message", "Please put on a mask and look at the camera.")
            home.wait_state("sensor.front_entry_last_decision", "denied")
            locked = datetime.fromisoformat(home.ha.state("lock.front_entry")["last_changed"])
            home.wait_state("lock.front_entry", "unlocked")  # long before the hold would end
            home.wait_state("sensor.front_entry_last_decision", "granted")
        verdicts = passages(site)
        assert len({verdict.passage for verdict in verdicts}) == 1, "one person, one passage"
        kinds = [one.event_type for one in site.decisions()[before:] if one.passage is not None]
        assert list(dict.fromkeys(kinds)) == ["denied", "granted"]
        events = until(
            lambda: len(found := home.events("event.front_entry_decision")) >= fired + len(kinds) and found,
            "the events on record",
        )
        assert len(events) == fired + len(kinds), "each fires once"
        assert site.lock.commands == ["LOCK", "UNLOCK"]
        sys.stdout.write(
            f"last frame to locked in Home Assistant: {(locked - verdicts[0].seen_to).total_seconds():.2f} s\n"
        )


@pytest.mark.timeout(max(300, 10 * RUNS))
def test_time_from_the_last_frame_to_the_lock_in_home_assistant(home: Home) -> None:
    took: list[float] = []
    with Site(home, policy={"deny_hold": 3}) as site:
        for _ in range(RUNS):
            home.wait_state("lock.front_entry", "unlocked")
            began = datetime.now(UTC)
            site.board.sees("no_mask")
            found = until(lambda: (s := home.ha.state("lock.front_entry")) and s["state"] == "locked" and s, "locked")
            took.append((datetime.fromisoformat(found["last_changed"]) - began).total_seconds() * 1e3)
    took.sort()
    p99 = took[min(len(took) - 1, int(0.99 * len(took)))]
    sys.stdout.write(f"{home.version}: {RUNS} runs, p50 {statistics.median(took):.0f} ms, p99 {p99:.0f} ms\n")
    assert len(took) == RUNS

"""A real hub as a process, a real broker, a real browser: how soon the person knows, and what a killed hub leaves."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from selenium import webdriver

from maskgate.demo.broker import Broker, free_port
from maskgate.messages import Decision, decode
from tests.hub.core.conftest import Friend, passage
from tests.hub.core.program import run_hub, write_good
from tests.hub.web.conftest import until
from tests.hub.web.display.conftest import KIND, resize

DECISIONS = 50

#: Notes the time of day, in milliseconds, at which each new picture is on the screen: a frame later than its paint.
WATCH = """
window.painted = [];
new MutationObserver(() => {
  const kind = document.documentElement.dataset.kind;
  if (kind === "idle") return; // from before the first
  requestAnimationFrame(() => requestAnimationFrame(() => {
    painted.push([kind, performance.timeOrigin + performance.now()]);
  }));
}).observe(document.documentElement, { attributeFilter: ["data-kind"] });
"""


class Process:
    """`maskgate hub run`, killed and started as the test likes."""

    def __init__(self, broker: Broker, folder: Path) -> None:
        self._broker, self._folder, self.web = broker, folder, free_port()
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def page(self) -> str:
        return f"http://127.0.0.1:{self.web}/display/front"

    def start(self, hold: float) -> None:
        policy = f"grant_hold: {hold}, group: each"
        self._running = run_hub(write_good(self._folder, port=self._broker.port, web=self.web, policy=policy))

    def kill(self) -> None:
        if self._running is not None:
            self._running.kill()
            self._running.wait()


@pytest.fixture
def hub(broker: Broker, tmp_path: Path) -> Iterator[Process]:
    made = Process(broker, tmp_path)
    yield made
    made.kill()


@pytest.fixture
def friend(broker: Broker) -> Iterator[Friend]:
    made = Friend(broker.port)
    yield made
    made.link.stop()


def online(friend: Friend) -> bool:
    return friend.on("maskgate/hub/availability")[-1:] == [b"online"]


@pytest.mark.parametrize("broker", ["mosquitto"], indirect=True)
def test_a_killed_hub_leaves_no_welcome_on_the_screen_and_the_page_comes_back_by_itself(
    hub: Process, friend: Friend, kiosk: webdriver.Chrome
) -> None:
    hub.start(hold=600)
    until(lambda: online(friend), "the hub", 60)
    kiosk.get(hub.page)
    kiosk.execute_script("window.sameLoad = true")
    friend.see(passage("mask", who="first"))
    until(lambda: kiosk.execute_script(KIND) == "welcome", "the welcome")
    begun = time.monotonic()
    hub.kill()
    until(lambda: kiosk.execute_script(KIND) == "offline", "the word that the hub is away")
    assert time.monotonic() - begun < 5, "S3"
    hub.start(hold=600)
    until(lambda: kiosk.execute_script(KIND) != "offline", "the hub on the page again", 60)
    until(lambda: online(friend), "the hub on the broker again", 60)
    friend.see(passage("no_mask", who="second"))
    until(lambda: kiosk.execute_script(KIND) == "denied", "what happens next")
    assert kiosk.execute_script("return window.sameLoad") is True


@pytest.mark.parametrize("broker", ["mosquitto"], indirect=True)
def test_the_person_sees_what_to_do_soon_after_the_decision(
    hub: Process, friend: Friend, kiosk: webdriver.Chrome, capsys: pytest.CaptureFixture[str]
) -> None:
    """The promise is 300 ms; a quiet machine needs a tenth of it, so that a busy one keeps it for most of them."""
    hub.start(hold=30)
    until(lambda: online(friend), "the hub", 60)
    resize(kiosk, 1920, 1080)
    kiosk.get(hub.page)
    kiosk.execute_script(WATCH)
    # The node, the lock and the rest are there; from now on only decisions change the picture.
    states = [("mask", "welcome"), ("no_mask", "denied"), ("incorrect", "cover_nose")]
    for number in range(DECISIONS):
        state, kind = states[number % len(states)]
        friend.see(passage(state, who=f"number-{number:03}"))
        until(lambda number=number: len(kiosk.execute_script("return painted")) > number, kind)  # type: ignore[misc]
    painted = kiosk.execute_script("return painted")
    topic = "maskgate/door/front/decision"
    until(lambda: len(friend.on(topic)) >= DECISIONS, "the decisions")
    made = [decode(payload, Decision) for payload in friend.on(topic)]
    decided = [one.at for one in made if one.passage]
    assert [kind for kind, _ in painted] == [states[number % len(states)][1] for number in range(DECISIONS)]
    late = sorted(
        (datetime.fromtimestamp(at / 1000, UTC) - moment).total_seconds() * 1000
        for (_, at), moment in zip(painted, decided, strict=True)
    )
    middle, worst = statistics.median(late), late[int(len(late) * 0.99)]
    with capsys.disabled():
        sys.stdout.write(
            f"\ndecision to painted page, {len(late)} decisions: p50 {middle:.0f} ms, "
            f"p95 {late[int(len(late) * 0.95)]:.0f} ms, p99 {worst:.0f} ms (load {os.getloadavg()[0]:.1f})\n"
        )
    assert late[0] > 0, "nothing is seen before it is decided"
    assert middle < 300

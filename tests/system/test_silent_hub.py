"""S3 where the hub hangs while every connection stands: the relay on the board is in its safe state within 5 s."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hub.config import HubConfig
from hub.core import Core
from hub.notices.plan import plan
from hub.store import open_store
from mask_node.config import RelaySettings
from mask_node.service import Node
from maskgate.clock import SystemClock
from maskgate.demo.broker import Broker, available, start_broker
from tests.mask_node.fakes import ColourEyes, empty, stay, until
from tests.mask_node.test_service import Frames, M, config, running
from tests.system.test_board_relay import NODE, lock_of_the_page

REPOSITORY = Path(__file__).resolve().parents[2]
HUB = REPOSITORY / "tests" / "hub" / "core" / "victim.py"
#: So often the hub is silenced; more for a distribution (see docs/node.md).
TIMES = int(os.environ.get("MASKGATE_SILENCES", "2"))
PROMISED_S = 5.0

pins_of = pytest.importorskip("gpiozero.pins.mock")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    started = start_broker(tmp_path / "broker", kind=available()[0])
    yield started
    started.stop()


@pytest.fixture
def pins() -> Iterator[Any]:
    factory = pins_of.MockFactory()
    yield factory
    factory.reset()


def hub_document(broker: Broker, folder: Path) -> dict[str, Any]:
    """A controlled door whose lock is the relay of its board, as docs/node.md writes it; grants last."""
    policy = {"mode": "hard", "entry": "controlled", "grant_hold": 60, "max_age": 60}
    door = {"id": "door", "name": "Door", "nodes": [NODE], "lock": lock_of_the_page(), "policy": policy}
    return {"mqtt": {"host": "127.0.0.1", "port": broker.port}, "database": f"{folder}/hub.db", "doors": [door]}


class Process:
    """A hub in a process of its own; the whole of it is stopped."""

    def __init__(self, document: dict[str, Any], folder: Path) -> None:
        (folder / "hub.json").write_text(json.dumps(document))
        with (folder / "hub.log").open("w") as log:
            self._hub = subprocess.Popen([sys.executable, str(HUB), str(folder / "hub.json"), "never"], stderr=log)

    def hang(self) -> None:
        self._hub.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._hub.send_signal(signal.SIGCONT)

    def end(self) -> None:
        self._hub.kill()
        self._hub.wait()


class DoorsThread:
    """A hub here, of which only the thread hangs that decides; what sends goes on."""

    def __init__(self, document: dict[str, Any], _folder: Path) -> None:
        settings = HubConfig.model_validate(document)
        self._db, self._free = open_store(settings.database), threading.Event()
        self._free.set()
        core = self._core = Core(settings, self._db, SystemClock(), plan=plan, discovery=lambda _config: [])
        turn = core.engine._turn

        def turn_if_free() -> None:
            self._free.wait()
            turn()

        core.engine._turn = turn_if_free  # type: ignore[method-assign]
        core.start()

    def hang(self) -> None:
        self._free.clear()

    def go_on(self) -> None:
        self._free.set()

    def end(self) -> None:
        self._free.set()
        self._core.stop()
        self._db.dispose()


@contextmanager
def hub_of(
    kind: type[Process | DoorsThread], document: dict[str, Any], folder: Path
) -> Iterator[Process | DoorsThread]:
    hub = kind(document, folder)
    try:
        yield hub
    finally:
        hub.go_on()
        hub.end()


@pytest.mark.parametrize("kind", [Process, DoorsThread])
def test_a_hub_that_hangs_leaves_the_relay_in_its_safe_state_within_five_seconds(
    kind: type[Process | DoorsThread], broker: Broker, tmp_path: Path, pins: Any
) -> None:
    camera, took = Frames(), list[float]()
    camera.start, camera.began = SystemClock().now(), SystemClock().monotonic()  # what it shows is not too old
    settings = config(broker, tmp_path, id=NODE, relay=RelaySettings(pin=17))
    with (
        hub_of(kind, hub_document(broker, tmp_path), tmp_path) as hub,
        running(Node(settings, detector=ColourEyes(), source=camera, pins=pins)) as node,
    ):
        for _ in range(TIMES):
            camera.add([*stay(M), *empty(60)])
            until(lambda: pins.pin(17).state, "the mask to open")
            # It stays so while the hub decides, although nothing happens.
            until(lambda: node._relay is not None and time.monotonic() - node._relay._signs.heard_at < 0.5, "a pulse")
            assert pins.pin(17).state
            began = time.monotonic()
            hub.hang()
            until(lambda: not pins.pin(17).state, "the safe state")
            took.append(time.monotonic() - began)
            hub.go_on()
            until(lambda: node._relay is not None and not node._relay._silent, "the hub's return")
            assert not pins.pin(17).state, "its return alone moves nothing"
    sys.stdout.write(f"{kind.__name__}: safe after {', '.join(f'{each:.1f}' for each in sorted(took))} s\n")
    assert max(took) < PROMISED_S

"""The words that systemd waits for, on a real socket."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mask_node.systemd import Systemd


@pytest.fixture(params=["path", "abstract"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    name = str(tmp_path / "notify") if request.param == "path" else f"@maskgate-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind("\0" + name[1:] if name.startswith("@") else name)
        heard.settimeout(5)
        yield heard, name


def test_it_hears_that_we_are_ready_alive_in_time_and_stopping(listener: tuple[socket.socket, str]) -> None:
    heard, name = listener
    systemd = Systemd({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())})
    assert systemd.every == 10
    systemd.ready()
    for second in range(21):
        systemd.alive(100.0 + second)
    systemd.stopping()
    words = [heard.recv(100) for _ in range(5)]
    assert words == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1", b"WATCHDOG=1", b"STOPPING=1"]


def test_without_systemd_or_when_it_is_gone_nothing_is_said_and_nothing_fails(tmp_path: Path) -> None:
    assert Systemd({}).every is None
    Systemd({}).ready()
    gone = Systemd({"NOTIFY_SOCKET": str(tmp_path / "gone"), "WATCHDOG_USEC": "1000000"})
    gone.ready()
    gone.alive(0)


def test_a_watchdog_for_another_process_is_not_ours() -> None:
    assert Systemd({"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}).every is None

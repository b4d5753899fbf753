"""The node as a process: begun anew by command, ended by SIGTERM, watched by systemd, seen by no disk."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from maskgate.demo.broker import Broker, available, start_broker
from maskgate.messages import NodeCommand
from maskgate.topics import NODE_SET_RESTART
from tests.mask_node.fakes import PROGRAM, Hub, looping, until
from tests.mask_node.test_lasting import send
from tests.mask_node.test_outbox import names, opened
from tests.own_time import ends_within

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    running = start_broker(tmp_path / "broker", kind=available()[0])
    yield running
    running.stop()


@pytest.fixture
def configuration(tmp_path: Path, broker: Broker) -> Path:
    return looping(tmp_path, broker)


@pytest.fixture
def program(tmp_path: Path, configuration: Path) -> Iterator[subprocess.Popen[bytes]]:
    (tmp_path / "program.py").write_text(PROGRAM)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd, (tmp_path / "log").open("w") as log:
        systemd.bind(str(tmp_path / "notify"))
        environment = os.environ | {
            "PYTHONPATH": str(REPOSITORY), "NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "3000000",
        }  # fmt: skip
        started = subprocess.Popen(
            [sys.executable, str(tmp_path / "program.py"), "run", "--config", str(configuration)],
            stderr=log, env=environment, cwd=tmp_path,
        )  # fmt: skip
        started.systemd = systemd  # type: ignore[attr-defined]
        yield started
        started.kill()
        started.wait()


def words(program: subprocess.Popen[bytes]) -> list[bytes]:
    heard: socket.socket = program.systemd  # type: ignore[attr-defined]
    heard.setblocking(False)
    found = []
    while True:
        try:
            found.append(heard.recv(100))
        except BlockingIOError:
            return found


def test_sigterm_ends_it_within_two_seconds_with_everything_on_disk(
    broker: Broker, program: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    hub = Hub(broker, acknowledging=False)
    until(lambda: len(hub.told) >= 2, "two passages", limit=60)
    assert ends_within(2, program, lambda: program.send_signal(signal.SIGTERM)) == 0
    until(lambda: hub.availability[-1:] == ["stopped"], "the farewell")
    outbox = opened(tmp_path / "o.db")
    assert set(hub.told) <= set(names(outbox))
    outbox.close()
    said = words(program)
    assert (said[0], said[-1], set(said[1:-1])) == (b"READY=1", b"STOPPING=1", {b"WATCHDOG=1"})
    hub.stop()


def test_a_command_begins_it_anew_in_the_same_process(
    broker: Broker, program: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    hub = Hub(broker)
    until(lambda: "online" in hub.availability, "the node", limit=60)
    send(hub, NODE_SET_RESTART, NodeCommand)
    until(lambda: "stopped" in hub.availability, "the farewell")
    until(lambda: hub.availability[-1] == "online" and "stopped" in hub.availability, "its return", limit=60)
    before = len(hub.told)
    until(lambda: len(hub.told) > before, "a passage after it", limit=60)
    assert program.poll() is None
    assert hub.availability.count("stopped") == 1, "the command is not obeyed again"
    assert words(program).count(b"READY=1") == 2
    hub.stop()


def written_files(pid: int) -> set[Path]:
    """Return the regular files that a process holds open for writing."""
    found = set()
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            flags = int((Path(f"/proc/{pid}/fdinfo") / entry.name).read_text().split("flags:")[1].split()[0], 8)
            if flags & os.O_ACCMODE != os.O_RDONLY and stat.S_ISREG(entry.stat().st_mode):
                found.add(entry.readlink())
        except OSError:
            continue  # it was closed meanwhile
    return found


@pytest.mark.skipif(not Path("/proc/self/fdinfo").is_dir(), reason="this machine does not tell the open files")
def test_no_picture_is_written_to_disk(tmp_path: Path) -> None:
    """An hour of a camera in fast time, under an audit of every file that is opened, made or renamed (P7)."""
    (tmp_path / "work").mkdir()
    ledger = tmp_path / "ledger"
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "TMPDIR": str(tmp_path / "work")}
    with ledger.open("w") as said, (tmp_path / "log").open("w") as log:
        hour = subprocess.Popen(
            [sys.executable, "-m", "tests.mask_node.an_hour", str(tmp_path / "work" / "o.db")],
            stdout=said, stderr=log, env=environment, cwd=REPOSITORY,
        )  # fmt: skip
        open_files: set[Path] = set()
        while hour.poll() is None:
            open_files |= written_files(hour.pid)
            time.sleep(0.01)
    assert hour.returncode == 0, (tmp_path / "log").read_text()
    *opened_for_writing, summary = ledger.read_text().splitlines()
    frames, verdicts, written = map(int, summary.split())
    assert frames >= 3600 * 5
    assert verdicts >= 50
    allowed = {str(tmp_path / "work" / name) for name in ("o.db", "o.db-wal", "o.db-journal")}
    mine = {str(path) for path in open_files} - {str(ledger), str(tmp_path / "log")}
    assert mine | set(opened_for_writing) <= allowed
    assert {str(path) for path in (tmp_path / "work").rglob("*")} <= allowed
    # What was written is a few pages for each verdict; one picture of this camera alone would be larger.
    assert written < verdicts * 64 * 1024
    content = (tmp_path / "work" / "o.db").read_bytes()
    assert b"\xff\xd8\xff" not in content
    assert b"PNG" not in content

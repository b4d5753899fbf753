"""The whole line on real parts: `make demo ONCE=1` is this very command."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import numpy as np
import pytest

from maskgate.demo.broker import available, free_port

pytest.importorskip("skimage")


def demo(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "maskgate", "demo", *arguments],
        cwd=cwd, capture_output=True, text=True, timeout=240, check=False, env={**os.environ, **environment},
    )  # fmt: skip


@pytest.mark.skipif(not available(), reason="no MQTT broker on this machine")
def test_a_bare_face_is_refused_and_a_covered_one_let_in(tmp_path: Path) -> None:
    run = demo("--once", "--folder", str(tmp_path / "site"), cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert result["passages"] == ["no_mask", "mask"]
    assert result["decisions"] == ["deny", "grant"]
    # The first command answers the refusal: what a lock retained is not trusted until it is measured live.
    assert result["lock"] == ["LOCKED", "LOCKING", "LOCKED", "UNLOCKING", "UNLOCKED", "LOCKING", "LOCKED"]
    assert result["mails"] == 1
    assert result["display"] == ["idle", "denied", "idle", "welcome", "idle"]
    assert result["discovery"] >= 2
    assert result["latency_ms"]["frame_to_decision"] > 0
    assert result["latency_ms"]["frame_to_lock"] >= result["latency_ms"]["frame_to_decision"]
    mails = list((tmp_path / "site" / "mail").glob("*.eml"))
    assert len(mails) == 1
    assert "Front door" in mails[0].read_text()
    pictures = [p for p in (tmp_path / "site").rglob("*") if p.suffix in {".jpg", ".jpeg", ".png"}]
    assert not pictures, "P7: no picture is written"


@pytest.mark.skipif(not available(), reason="no MQTT broker on this machine")
def test_a_line_that_sees_nobody_has_not_worked(tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2")
    writer = cv2.VideoWriter(str(tmp_path / "empty.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 15, (320, 240))
    for _ in range(15):
        writer.write(np.full((240, 320, 3), 180, np.uint8))
    writer.release()
    run = demo("--once", "--source", "empty.mp4", cwd=tmp_path)
    assert run.returncode == 1
    assert "the camera saw nobody" in run.stderr
    assert json.loads(run.stdout)["passages"] == []


def test_a_missing_source_is_said_in_a_word(tmp_path: Path) -> None:
    run = demo("--once", "--source", "no-such-file.mp4", cwd=tmp_path)
    assert run.returncode == 1
    assert "no-such-file.mp4" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.skipif(not available(), reason="no MQTT broker on this machine")
def test_a_source_that_breaks_off_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.jpg").write_text("no picture")
    began = time.monotonic()
    run = demo("--once", "--source", "pictures", cwd=tmp_path)
    assert run.returncode == 1
    assert "a.jpg is no picture" in run.stderr
    assert time.monotonic() - began < 40, "nothing is waited for in vain"


def test_a_folder_that_cannot_be_had_is_said_in_a_word(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run = demo("--once", "--folder", "file/site", cwd=tmp_path)
    assert run.returncode == 1
    assert "The demo cannot go on" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_missing_camera_is_said_in_a_word(tmp_path: Path) -> None:
    if Path("/dev/video63").exists():
        pytest.skip("this machine has 64 cameras")
    run = demo("--source", "63", cwd=tmp_path)
    assert run.returncode == 1
    assert "there is no camera 63" in run.stdout
    assert "trying on" not in run.stdout, "the demo ends"
    assert "Traceback" not in run.stdout + run.stderr


def test_a_taken_port_is_said_in_a_word(tmp_path: Path) -> None:
    import socket

    with socket.socket() as holder:
        port = free_port()
        holder.bind(("127.0.0.1", port))
        holder.listen()
        run = demo("--port", str(port), cwd=tmp_path)
    assert run.returncode == 1
    assert f"port {port} is taken" in run.stdout


@pytest.mark.skipif(not available(), reason="no MQTT broker on this machine")
def test_the_console_lets_in_whom_the_demo_names(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "maskgate", "demo", "--folder", str(tmp_path / "site")]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as run:
        try:
            assert run.stdout
            said = "".join(iter(run.stdout.readline, "Runs until Ctrl-C.\n"))
            found = re.search(r"Console +(http://\S+)/\n +sign in +(\S+), password (\S+)\n", said)
            assert found, said
            address, name, password = found.groups()
            with httpx.Client(base_url=address, timeout=60) as client:
                assert client.get("/", headers={"Accept": "text/html"}).headers["location"] == "/sign-in"
                csrf = re.search(r'name="csrf" value="(\w+)"', client.get("/sign-in").text)
                assert csrf
                form = {"csrf": csrf[1], "name": name, "password": password}
                assert client.post("/sign-in", data=form | {"password": "guessed"}).status_code != 303
                answer = client.post("/sign-in", data=form)
                assert (answer.status_code, answer.headers["location"]) == (303, "/"), answer.text
                assert client.get("/").status_code == 200
                me = client.get("/api/v1/me").json()
                assert (me["name"], me["role"]) == (name, "admin")
        finally:
            run.send_signal(signal.SIGINT)
            run.wait(60)
    assert run.returncode == 0

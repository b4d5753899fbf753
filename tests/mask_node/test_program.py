"""The command as a process: killed, stopped, and its words."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner

import mask_node.service
import mask_node.vision.load
from mask_node.cli import app
from maskgate.demo.broker import Broker, free_port
from maskgate.states import MaskState
from tests.mask_node.fakes import PROGRAM, ColourEyes, Hub, empty, looping, painted, stay, until, write_clip
from tests.own_time import ends_within

M, N = MaskState.MASK, MaskState.NO_MASK


def node(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", PROGRAM, *words], text=True, stderr=subprocess.PIPE)


@pytest.fixture
def configuration(tmp_path: Path, broker: Broker) -> Path:
    return looping(tmp_path, broker)


def test_a_killed_node_is_offline_and_tells_all_when_it_is_back(configuration: Path, broker: Broker) -> None:
    hub = Hub(broker, acknowledging=False)
    first = node("run", "--config", str(configuration))
    until(lambda: len(hub.told) >= 2, "two passages", limit=40)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    until(lambda: hub.availability[-1:] == ["offline"], "the will")
    told = hub.told
    hub.passages.clear()
    second = node("run", "--config", str(configuration))
    until(lambda: len(hub.told) > len(told), "all of them and one more", limit=40)
    assert hub.told[: len(told)] == told
    assert ends_within(2, second, second.terminate) == 0
    second.communicate()
    until(lambda: hub.availability[-1:] == ["stopped"], "the farewell")
    hub.stop()


@pytest.fixture
def painted_eyes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mask_node.vision.load, "load_detector", lambda *_args, **_named: ColourEyes())


def test_watch_prints_one_line_per_verdict_and_a_summary(painted_eyes: None, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", [*empty(5), *stay(N, 30), *stay(M, 50), *empty(5)])
    result = CliRunner().invoke(app, ["watch", str(clip), "--json"])
    assert result.exit_code == 0, result.output
    *verdicts, last = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(v["revision"], v["state"]) for v in verdicts] == [(1, "no_mask"), (2, "mask")]
    keys = [
        "passage", "revision", "state", "confidence", "frames", "first_frame", "last_frame", "seen_from", "seen_to",
        "faces_in_view",
    ]  # fmt: skip
    assert all(list(v) == keys for v in verdicts)
    assert verdicts[0]["passage"] == verdicts[1]["passage"]
    assert (verdicts[0]["first_frame"], verdicts[0]["faces_in_view"]) == (5, 1)
    assert verdicts[0]["seen_from"] == "1970-01-01T00:00:00.200Z"
    assert list(last) == ["summary"]
    assert list(last["summary"]) == ["frames", "seconds", "passages", "fps"]
    assert (last["summary"]["frames"], last["summary"]["passages"]) == (90, 1)
    plain = CliRunner().invoke(app, ["watch", str(clip)])
    assert "revision 2: mask" in plain.stdout
    assert "90 frames" in plain.stdout


def test_detect_prints_one_line_per_picture(painted_eyes: None, tmp_path: Path) -> None:
    pictures = [tmp_path / "a.png", tmp_path / "b.png"]
    cv2.imwrite(str(pictures[0]), painted((100, M)))
    cv2.imwrite(str(pictures[1]), painted())
    result = CliRunner().invoke(app, ["detect", *map(str, pictures), "--json", "--threads", "2"])
    one, two = [json.loads(line) for line in result.stdout.splitlines()]
    assert (one["file"], one["width"], one["height"]) == (str(pictures[0]), 320, 240)
    assert [face["state"] for face in one["faces"]] == ["mask"]
    assert two["faces"] == []
    plain = CliRunner().invoke(app, ["detect", *map(str, pictures)])
    assert "mask 0." in plain.stdout
    assert "no face" in plain.stdout


@pytest.mark.parametrize("command", ["detect", "watch"])
def test_what_cannot_be_read_is_an_error_with_its_name(painted_eyes: None, tmp_path: Path, command: str) -> None:
    missing = tmp_path / "missing.png"
    result = CliRunner().invoke(app, [command, str(missing), "--json"])
    assert result.exit_code == 1
    assert str(missing) in result.stderr
    assert result.stdout == ""


def test_a_source_that_breaks_off_is_a_failure_of_the_program(broker: Broker, tmp_path: Path) -> None:
    hub = Hub(broker)
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.jpg").write_text("no picture")
    path = tmp_path / "node.yaml"
    path.write_text(
        f"id: front\nmqtt: {{host: 127.0.0.1, port: {broker.port}}}\nsource: {tmp_path}/pictures\n"
        f"outbox: {{path: {tmp_path}/o.db}}\n"
    )
    broken = node("run", "--config", str(path))
    _, said = broken.communicate(timeout=40)
    assert broken.returncode == 1
    assert "a.jpg is no picture that can be read" in said
    until(lambda: hub.availability[-1:] == ["stopped"], "the farewell of a program that ended by itself")
    hub.stop()


def test_a_program_told_to_stop_while_it_begins_anew_stops(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Hurried(mask_node.service.Node):
        """Is told to begin anew at once, and to stop while it is at it."""

        def start(self) -> None:
            self.restart_wanted.set()

        def stop(self) -> None:
            os.kill(os.getpid(), signal.SIGTERM)

    begun: list[object] = []
    monkeypatch.setattr(mask_node.service, "Node", Hurried)
    monkeypatch.setattr(os, "execv", lambda *words: begun.append(words))
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    path = tmp_path / "node.yaml"
    path.write_text(f"id: front\nsource: 0\noutbox: {{path: {tmp_path}/o.db}}\n")
    try:
        result = CliRunner().invoke(app, ["run", "--config", str(path)])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert result.exit_code == 0, result.output
    assert begun == []


def test_check_says_what_is_well_and_what_is_not(painted_eyes: None, tmp_path: Path) -> None:
    path, clip = tmp_path / "node.yaml", write_clip(tmp_path / "clip.mp4", empty(5))
    path.write_text(f"id: front\nsource: {clip}\nmqtt: {{port: {free_port()}}}\n")
    result = CliRunner().invoke(app, ["check", "--config", str(path)])
    assert result.exit_code == 1
    assert "source: can be opened" in result.stdout
    assert "broker: nobody answers at localhost" in result.stderr
    path.write_text("id: front\nsuorce: 0\n")
    result = CliRunner().invoke(app, ["check", "--config", str(path)])
    assert result.exit_code == 1
    assert "suorce: unknown key; did you mean source?" in result.stderr


def test_a_node_needs_nothing_of_the_hub_or_of_training(tmp_path: Path) -> None:
    code = (
        "import sys, mask_node.cli, mask_node.service, mask_node.watch, mask_node.detect\n"
        "print([m for m in ('fastapi', 'sqlalchemy', 'apprise', 'tensorflow', 'hub', 'training') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert said.stdout.strip() == "[]"

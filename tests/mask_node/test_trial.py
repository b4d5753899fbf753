"""Trials of the whole way: clips against their truth, the bench, the soak, and what is drawn."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

import mask_node.vision.load
from mask_node.cli import app
from mask_node.evidence import Sign
from mask_node.passage import Verdict
from mask_node.sight.draw import draw
from mask_node.sources import Captured, open_source
from mask_node.sources.base import file_time
from mask_node.tracking import Track
from mask_node.trial.altered import ALTERATIONS
from mask_node.trial.clips import Clip, Stretch, TruthError, play, read_truth, wrong
from mask_node.trial.frames import frame_with
from mask_node.trial.soak import soak
from maskgate.messages import CameraTrouble, VerdictReason
from maskgate.states import MaskState
from tests.mask_node.fakes import ColourEyes, empty, face, painted, stay, write_clip

M, N, U = MaskState.MASK, MaskState.NO_MASK, MaskState.UNCERTAIN


def verdict(state: MaskState, first: int, last: int) -> Verdict:
    at = datetime(2026, 11, 25, tzinfo=UTC)
    return Verdict("p", 1, state, 0.9, 9, first, last, at, at, 1, VerdictReason.AGREED)


CLIP = Clip(Path("door.mp4"), 25, (Stretch(50, 99, N), Stretch(100, 149, None), Stretch(150, 250, M)))


def test_what_the_truth_says_is_not_wrong() -> None:
    assert CLIP.wanted == [N, M]
    assert wrong(CLIP, [[verdict(N, 50, 60), verdict(M, 50, 170)]]) == []
    assert wrong(CLIP, [[verdict(N, 100, 120), verdict(M, 100, 340)]], rate=2.0) == []
    assert wrong(CLIP, [[verdict(N, 50, 60), verdict(M, 50, 130)]]) == []  # while it is put on


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ([], "0 passages"),
        ([[verdict(N, 50, 60), verdict(M, 50, 170)], [verdict(M, 160, 170)]], "2 passages"),
        ([[verdict(N, 50, 60)]], "told no_mask"),
        ([[verdict(U, 50, 60), verdict(N, 50, 70), verdict(M, 50, 170)]], "told uncertain, no_mask, mask"),
        ([[verdict(N, 20, 60), verdict(M, 20, 170)]], "somebody from frame 20 on, where nobody is"),
        ([[verdict(N, 50, 60), verdict(M, 50, 80)]], "mask at frame 80, too soon"),
    ],
)
def test_what_the_truth_does_not_say_is_named(told: list[list[Verdict]], word: str) -> None:
    assert word in wrong(CLIP, told)


def test_a_truth_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(TruthError, match=r"truth\.yaml cannot be read"):
        read_truth(tmp_path)
    (tmp_path / "truth.yaml").write_text("a.mp4: {fps: 25, people: [{from: 0}]}")
    with pytest.raises(TruthError, match=r"truth\.yaml is not as it should be"):
        read_truth(tmp_path)


def test_alterations_keep_time_and_change_what_they_say() -> None:
    pictures = [Captured(frame, n, file_time(n, 20), n / 20, 0) for n, frame in enumerate(stay(M, 20))]
    for name, alter in ALTERATIONS.items():
        out = list(alter(iter(pictures), 20))
        rate = {"half the frame rate": 10, "twice the frame rate": 39}.get(name, 20)
        assert len(out) == rate
        assert [picture.index for picture in out] == list(range(rate))
        assert abs(out[-1].seconds - 0.95) <= 0.05
        again = list(alter(iter(pictures), 20))
        assert all(np.array_equal(a.frame, b.frame) for a, b in zip(out, again, strict=True))
    dark = next(ALTERATIONS["dark, gamma 2.5"](iter(pictures), 20)).frame
    assert dark.mean() < 0.6 * pictures[0].frame.mean()


def test_clips_prints_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mask_node.vision.load, "load_detector", lambda *_args, **_named: ColourEyes())
    monkeypatch.setitem(ALTERATIONS, "nothing to see", lambda *_: iter(()))
    write_clip(tmp_path / "door.mp4", [*empty(10), *stay(N, 40), *stay(M, 60)], fps=25)
    (tmp_path / "truth.yaml").write_text(
        "door.mp4: {fps: 25, people: [{from: 10, to: 49, state: no_mask}, {from: 50, to: 109, state: mask}]}"
    )
    command = ["trial", "clips", str(tmp_path), "--only", "as filmed", "--only", "nothing to see"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    rows = result.stdout.splitlines()
    assert rows[0] == "| | `door` |"
    assert rows[2].startswith("| as filmed | yes: no_mask at ")
    assert rows[3] == "| nothing to see | no: 0 passages |"


@pytest.mark.shared
@pytest.mark.parametrize("name", ["masked_woman", "unmasked_man", "putting_mask_on", "hands_then_mask"])
@pytest.mark.parametrize("alteration", [name for name in ALTERATIONS if name != "as filmed"])
def test_each_clip_holds_however_it_was_filmed(shared: Path, name: str, alteration: str) -> None:
    clips = {clip.path.stem: clip for clip in read_truth(shared / "datasets" / "videos")}
    outcome = play(clips[name], mask_node.vision.load.load_detector(), alteration)
    assert outcome.wrong == []


def test_a_short_soak_keeps_its_memory(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", [*empty(60), *stay(M, 60)])
    # In a process of its own: what other tests leave behind is not this one's.
    code = (
        "import json, sys; from pathlib import Path; from mask_node.trial.soak import soak\n"
        "from tests.mask_node.fakes import ColourEyes\n"
        "r = soak(ColourEyes(), [Path(sys.argv[1])], 10_000)\n"
        "print(json.dumps([r.slope_mb, r.passages, r.verdicts, len(r.memory_mb)]))"
    )
    said = subprocess.run([sys.executable, "-c", code, str(clip)], capture_output=True, text=True, check=True)
    slope, passages, verdicts, readings = json.loads(said.stdout)
    assert slope < 1
    assert passages == verdicts >= 70  # each round somebody comes, and is another one
    assert readings == 20


def test_the_bench_times_each_stage_and_the_models_alone() -> None:
    result = CliRunner().invoke(app, ["trial", "bench", "--rounds", "5", "--threads", "1", "--faces", "0,1"])
    assert result.exit_code == 0, result.output
    for what in ("picture", "detect", "state", "judge", "total", "gated", "invoke face_detector", "invoke mask_state"):
        assert f" {what} |" in result.stdout
    assert "memory: " in result.stdout


def test_idle_tells_what_an_empty_door_costs_and_which_thread_takes_it() -> None:
    result = CliRunner().invoke(app, ["trial", "idle", "--seconds", "3", "--json", "--limit", "100"])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout.splitlines()[-1])
    assert figures["pictures"] > 2
    assert 0 < figures["share"] < 1  # a busy machine's bound; the aim is 0.05
    assert figures["share"] == pytest.approx(sum(figures["threads"].values()), abs=0.02)
    assert {"looking", "camera idle"} <= set(figures["threads"])
    assert CliRunner().invoke(app, ["trial", "idle", "--seconds", "1", "--limit", "0"]).exit_code == 1


def test_frames_show_as_many_faces_as_asked() -> None:
    portrait = np.full((100, 80, 3), 7, np.uint8)
    shown = [int((frame_with(portrait, count) == 7).all(axis=2).sum()) for count in range(7)]
    assert shown == [count * shown[1] for count in range(7)]
    assert shown[1] > 0


def track(number: int, x: float, *, seen: bool = True) -> Track:
    found = face(x, state=N)
    return Track(number, found.box, (0.0, 0.0), 0.0, found if seen else None)


def test_drawing_shows_each_face_and_leaves_the_picture_alone() -> None:
    frame = np.full((480, 640, 3), 90, np.uint8)
    tracks = [track(1, 50), track(2, 300), track(3, 500, seen=False)]
    signs = {1: Sign(), 2: Sign(thing=True)}
    shown = draw(frame, tracks, told={1: N}, signs=signs, ms={"total": 12.3}, trouble=CameraTrouble.DARK)
    assert frame.min() == frame.max() == 90
    changed = (shown != 90).any(axis=2)
    for left, right, wanted in ((50, 140, True), (300, 390, True), (500, 600, False)):
        assert changed[100:180, left:right].any() == wanted
    assert changed[450:].any()  # timings
    assert changed[:30].any()  # trouble
    small = draw(np.full((120, 160, 3), 90, np.uint8), [], told={}, signs={}, ms={})
    assert small.shape == (480, 640, 3)


def test_show_writes_a_video_of_every_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mask_node.vision.load, "load_detector", lambda *_args, **_named: ColourEyes())
    clip, out = write_clip(tmp_path / "clip.mp4", [*empty(5), *stay(N, 30)], fps=12), tmp_path / "seen.mp4"
    result = CliRunner().invoke(app, ["watch", str(clip), "--json", "--show", "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout.splitlines()[-1])["summary"]["frames"] == 35
    seen = open_source(str(out))
    frames = []
    while not seen.ended:
        if (picture := seen.read(0)) is not None:
            frames.append(picture.frame)
    assert len(frames) == 35
    assert frames[0].shape == (480, 640, 3)
    capture = cv2.VideoCapture(str(out))
    assert capture.get(cv2.CAP_PROP_FPS) == pytest.approx(12)
    # A frame in the colour of what was told is around the painted face at the end.
    assert (np.abs(frames[-1].astype(int) - (0, 94, 213)).max(axis=2) < 60).sum() > 300


def test_without_a_display_the_word_is_to_write_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    clip = write_clip(tmp_path / "clip.mp4", [painted((100, M))] * 3)
    result = CliRunner().invoke(app, ["watch", str(clip), "--show"])
    assert result.exit_code == 1
    assert "--out seen.mp4" in result.stderr
    result = CliRunner().invoke(app, ["watch", str(clip), "--out", str(tmp_path / "none" / "seen.mp4")])
    assert result.exit_code == 1
    assert "seen.mp4 cannot be written" in result.stderr


def test_a_soak_of_ours_gives_what_it_says(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", stay(M, 30))
    result = soak(ColourEyes(), [clip], 1000)
    assert (result.frames, len(result.memory_mb)) == (1000, 2)
    assert result.passages == result.verdicts == 1

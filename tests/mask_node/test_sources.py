"""Pictures from every kind of source, the newest only from those that live, and a sentence for each that fails."""

import os
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import cv2
import pytest

from mask_node.config import SourceSettings
from mask_node.sources import Captured, Source, SourceError, open_source
from mask_node.sources.address import credentials, without_secrets
from mask_node.sources.opencv import silence
from maskgate.demo.broker import free_port
from maskgate.messages import CameraState
from tests.conftest import ManualClock
from tests.mask_node.fakes import numbered, write_clip


def number_of(picture: Captured) -> int:
    return round(float(picture.frame.mean()) / 4)


def read_all(source: Source) -> list[Captured]:
    out = []
    while not source.ended:
        if (picture := source.read(0.1)) is not None:
            out.append(picture)
    return out


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.avi", [numbered(n) for n in range(40)], fps=20)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(12):
        cv2.imwrite(str(tmp_path / f"p{number}.png"), numbered(number))
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def test_a_video_is_read_whole_in_its_own_time(clip: Path) -> None:
    pictures = read_all(open_source(str(clip)))
    assert [p.index for p in pictures] == list(range(40))
    assert [number_of(p) for p in pictures] == list(range(40))
    assert [p.seconds for p in pictures] == pytest.approx([n / 20 for n in range(40)])
    assert (pictures[39].at - pictures[0].at).total_seconds() == pytest.approx(39 / 20)


def test_frames_are_counted_as_they_come_not_as_the_container_says(shared: Path) -> None:
    source = open_source(str(shared / "datasets" / "videos" / "hands_then_mask.mp4"))
    frames = 0
    while not source.ended:
        frames += source.read(0) is not None
    assert frames == 488


def test_a_video_that_was_filmed_upright_comes_upright(shared: Path) -> None:
    picture = open_source(str(shared / "datasets" / "videos" / "putting_mask_on.mp4")).read(0)
    assert picture is not None
    assert picture.frame.shape == (1280, 720, 3)


def test_a_folder_is_read_in_the_order_that_people_number(folder: Path) -> None:
    pictures = read_all(open_source(SourceSettings.model_validate({"address": str(folder), "fps": 4})))
    assert [number_of(p) for p in pictures] == list(range(12))
    assert pictures[-1].seconds == pytest.approx(11 / 4)


@pytest.mark.parametrize("kind", ["clip", "folder"])
def test_a_paced_file_gives_the_newest_picture_and_waits_for_the_next(
    kind: str, clip: Path, folder: Path, clock: ManualClock
) -> None:
    settings = SourceSettings.model_validate({"address": str(clip if kind == "clip" else folder), "fps": 20})
    source = open_source(settings, pace=True, clock=clock)
    first = source.read(0)
    assert first is not None
    assert source.read(0) is None  # not yet
    clock.advance(0.26)
    late = source.read(0)
    assert late is not None
    assert (first.index, late.index, number_of(late)) == (0, 5, 5)
    assert late.at == clock.now()
    assert late.captured == clock.monotonic()
    clock.advance(100)
    read_all(source)
    assert source.state is CameraState.LOST


@pytest.mark.parametrize("kind", ["clip", "folder"])
def test_a_looped_file_begins_again(kind: str, clip: Path, folder: Path, clock: ManualClock) -> None:
    address, frames = (str(clip), 40) if kind == "clip" else (str(folder), 12)
    settings = SourceSettings.model_validate({"address": address, "fps": 20, "loop": True})
    source, seen = open_source(settings, pace=True, clock=clock), []
    for _ in range(frames + 5):
        picture = source.read(0)
        assert picture is not None
        seen.append((picture.index, number_of(picture)))
        clock.advance(1 / 20)
    assert seen == [(n, n % frames) for n in range(frames + 5)]
    source.close()
    assert source.read(0) is None
    assert source.ended


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("{tmp}/none.mp4", r"there is no file .*none\.mp4; give"),
        ("{tmp}/text.mp4", r"text\.mp4 is no video .*; try"),
        ("{tmp}/empty", r"empty holds no pictures; put"),
        ("http://[door/cam?token=hush", r"the source's address cannot be read; check it, and its brackets"),
        ("rtsp://user:hush@[door/cam", r"the source's address cannot be read; check it, and its brackets"),
        (" ", r"the source is empty; give a camera number, csi, an rtsp:// or http:// address"),
        ("63", r"there is no camera 63, .*; check"),
        (
            "http://user:hush@127.0.0.1:{port}/cam?token=hush",
            r"no picture comes from http://127\.0\.0\.1:\d+/cam; check",
        ),
        ("rtsp://user:hush@127.0.0.1:{port}/cam", r"no picture comes from rtsp://127\.0\.0\.1:\d+/cam; check"),
    ],
)
def test_a_source_that_is_not_there_is_said_in_a_sentence(tmp_path: Path, address: str, said: str) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match=said) as caught:
        open_source(address.format(tmp=tmp_path, port=free_port()))
    assert "hush" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["10:30 Tür zum Hof.avi", "50%d.avi", "#1?.avi"])
def test_a_video_may_have_any_name(name: str, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip.rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    for address in (name, (tmp_path / name).as_uri()):
        assert len(read_all(open_source(address))) == 40, address


def test_a_file_may_be_given_as_an_address(clip: Path, tmp_path: Path) -> None:
    moved = clip.rename(tmp_path / "Tür zum Hof.avi")
    for address in (moved.as_uri(), f"file://localhost{quote(str(moved))}", f"file://{moved}"):
        assert len(read_all(open_source(address))) == 40, address


def test_names_that_are_no_utf8_end_nothing(folder: Path, clip: Path) -> None:
    """OpenCV ends the whole process when it is handed such a name."""
    (folder / "p0.png").rename(folder / os.fsdecode(b"p0 caf\xe9.png"))
    assert len(read_all(open_source(str(folder)))) == 12
    moved = clip.rename(clip.with_name(os.fsdecode(b"caf\xe9.avi")))
    with pytest.raises(SourceError, match="its name is no UTF-8; rename it"):
        open_source(str(moved))


def test_a_broken_picture_in_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("no picture")
    with pytest.raises(SourceError, match=r"a\.jpg is no picture"):
        open_source(str(tmp_path)).read(0)


def test_an_address_is_shown_without_its_secrets() -> None:
    assert without_secrets("rtsp://a:b@cam:554/x?y=z") == "rtsp://cam:554/x"
    assert credentials("http://me:a%40b@cam/x?y=z") == ("http://cam/x?y=z", "me", "a@b")


def test_both_opencvs_are_silenced() -> None:
    """OpenCV 4, which goes with tflite-runtime, keeps the switch elsewhere than 5."""
    said: list[tuple[str, int]] = []
    five = SimpleNamespace(
        utils=SimpleNamespace(logging=SimpleNamespace(LOG_LEVEL_SILENT=7, setLogLevel=lambda n: said.append(("5", n))))
    )
    four = SimpleNamespace(utils=SimpleNamespace(), setLogLevel=lambda n: said.append(("4", n)))
    silence(five)
    silence(four)
    assert said == [("5", 7), ("4", 0)]

"""Cameras that live: the newest picture only, lost and found again, each said once."""

import re
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mask_node
from mask_node.config import SourceSettings
from mask_node.sources import Captured, Source, SourceError, open_source
from mask_node.sources.backoff import FIRST_S, LAST_S, STEADY_S, BackOff
from mask_node.sources.live import SILENT_S, Live
from mask_node.sources.mjpeg import boundary_of, parts
from mask_node.vision.types import Frame
from maskgate.clock import Clock, SystemClock
from maskgate.messages import CameraState
from tests.conftest import ManualClock
from tests.mask_node.cameras import PASSWORD, USER, Camera, HttpCamera, MjpegCamera, RtspCamera, StillCamera
from tests.mask_node.fakes import numbered, until

KINDS = {
    "mjpeg": MjpegCamera,
    "mjpeg without lengths": lambda: MjpegCamera(lengths=False),
    "still": StillCamera,
    "rtsp": RtspCamera,
}


@pytest.fixture(params=KINDS)
def camera(request: pytest.FixtureRequest) -> Iterator[Camera]:
    camera = KINDS[request.param]()
    camera.start()
    yield camera
    camera.stop()


@pytest.fixture
def mjpeg() -> Iterator[MjpegCamera]:
    camera = MjpegCamera()
    camera.start()
    yield camera
    camera.stop()


def watch(camera: Camera, *, patient: bool = False) -> Source:
    return open_source(SourceSettings.model_validate({"address": camera.address, "fps": 50}), patient=patient)


def number_of(picture: Captured) -> int:
    return round(float(picture.frame.mean()) / 4)


def test_a_network_camera_gives_the_newest_picture_only(camera: Camera) -> None:
    source = watch(camera)
    first = source.read(10)
    assert first is not None
    assert first.frame.shape == (64, 96, 3)
    before = camera.filmed
    until(lambda: camera.filmed > before + 20, "twenty more pictures")
    newest = source.read(10)
    assert newest is not None
    assert newest.index >= first.index + 10
    assert newest.captured > first.captured
    # What it shows is of now, not the next of a queue (RTSP buffers a few).
    assert (number_of(newest) - number_of(first)) % 60 >= 10
    source.close()
    assert source.read(1) is None


def test_a_lost_camera_is_said_once_and_found_again(camera: Camera, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    source = watch(camera)
    assert source.read(10) is not None
    for times in (1, 2):
        camera.stop()
        until(lambda: source.state is CameraState.LOST, "the loss")
        until(lambda: source.read(0.01) is None, "no picture")
        camera.start()
        until(lambda: source.read(0.1) is not None and source.state is CameraState.OK, "the return")
        assert caplog.text.count("is lost") == caplog.text.count("is back") == times
    source.close()


def test_a_patient_source_waits_for_a_camera_that_comes_later(camera: Camera) -> None:
    camera.stop()
    source = watch(camera, patient=True)
    until(lambda: source.state is CameraState.LOST, "the absence")
    assert source.read(0.01) is None
    assert not source.ended
    camera.start()
    until(lambda: source.read(0.1) is not None, "a picture")
    source.close()


@pytest.mark.parametrize("kind", [MjpegCamera, StillCamera])
def test_a_protected_camera_wants_its_password(kind: type[HttpCamera]) -> None:
    camera = kind()
    camera.protected = True
    camera.start()
    with pytest.raises(SourceError, match=r"it answers 401; check user and password") as caught:
        open_source(camera.address.replace("://", "://door:wrong@"))
    assert "wrong" not in str(caught.value)
    source = open_source(camera.address.replace("://", f"://{USER}:{PASSWORD.replace('@', '%40')}@"))
    assert source.read(10) is not None
    source.close()
    camera.stop()


def test_pictures_that_are_none_are_a_lost_camera(mjpeg: MjpegCamera, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    source = watch(mjpeg)
    assert source.read(10) is not None
    mjpeg.garbage = True
    until(lambda: source.read(0.1) is None and source.state is CameraState.LOST, "the loss")
    assert [source.read(0.1) for _ in range(3)] == [None] * 3
    mjpeg.garbage = False
    until(lambda: source.read(0.1) is not None, "the return")
    assert source.state is CameraState.OK
    assert caplog.text.count("is lost") == caplog.text.count("is back") == 1
    source.close()


class Stuck(Live):
    """A driver that hangs until it is let go."""

    def __init__(self, clock: Clock) -> None:
        self.go = threading.Semaphore(1)
        super().__init__("stuck", patient=False, clock=clock)

    def _open(self) -> "Stuck":
        return self

    def next(self) -> Frame:
        self.go.acquire()
        return numbered(1)

    def close(self) -> None:
        super().close()


def test_a_driver_that_hangs_is_a_lost_camera_and_said_once(
    clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    source = Stuck(clock)
    assert source.read(10) is not None
    clock.advance(SILENT_S - 0.1)
    assert source.state is CameraState.OK
    clock.advance(0.2)
    assert source.state is CameraState.LOST
    assert [source.read(0.001) for _ in range(3)] == [None] * 3
    assert caplog.text.count("is lost") == 1
    source.go.release()
    assert source.read(10) is not None
    assert source.state is CameraState.OK
    assert caplog.text.count("is back") == 1
    source._closed.set()
    source.go.release()


@given(st.lists(st.tuples(st.floats(0, 30), st.booleans()), max_size=60))
def test_pauses_grow_to_a_limit_and_are_short_after_a_steady_time(steps: list[tuple[float, bool]]) -> None:
    back_off, now, last, since = BackOff(), 0.0, 0.0, None
    for seconds, well in steps:
        now += seconds
        if well:
            back_off, since = back_off.came(now), since if since is not None else now
            continue
        pause, back_off = back_off.failed(now)
        steady = since is not None and now - since >= STEADY_S
        assert pause == (FIRST_S if steady or not last else min(2 * last, LAST_S))
        last, since = pause, None


bodies = st.lists(st.binary(max_size=200).filter(lambda body: b"--cut" not in body), min_size=1, max_size=6)


@given(bodies=bodies, lengths=st.booleans(), newline=st.sampled_from((b"\r\n", b"\n")), data=st.data())
def test_parts_come_out_whole_however_they_are_cut(
    bodies: list[bytes], lengths: bool, newline: bytes, data: st.DataObject
) -> None:
    if not lengths:  # then nothing tells a line's end that belongs to the body from the one after it
        bodies = [body.rstrip(b"\r\n") for body in bodies]
    text = b""
    for body in bodies:
        length = b"Content-Length: %d" % len(body) + newline if lengths else b""
        text += b"--cut" + newline + b"Content-Type: image/jpeg" + newline + length + newline + body + newline
    text += b"--cut" + newline
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    chunks = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert list(parts(chunks, b"cut")) == bodies


@given(st.lists(st.binary(max_size=20_000), max_size=5))
def test_garbage_is_nothing_or_an_error_of_ours(chunks: list[bytes]) -> None:
    try:
        assert list(parts(chunks, b"a boundary that is not in it")) == []
    except SourceError:
        assert sum(map(len, chunks)) > 8192


def test_a_part_too_large_for_a_picture_is_not_kept() -> None:
    endless = (b"--b\n\n", *([bytes(2**20)] * 20))
    with pytest.raises(SourceError, match="larger than 16 MiB"):
        list(parts(endless, b"b"))
    with pytest.raises(SourceError, match="larger than 16 MiB"):
        list(parts([b"--b\nContent-Length: 99999999\n\n"], b"b"))


def test_the_boundary_is_read_as_cameras_write_it() -> None:
    assert boundary_of("multipart/x-mixed-replace; boundary=abc") == b"abc"
    assert boundary_of('multipart/x-mixed-replace;boundary="--abc"') == b"abc"
    with pytest.raises(SourceError):
        boundary_of("multipart/x-mixed-replace")


class Picamera2:
    """Stands in for the real one at the edge, where a board's camera cannot be had."""

    cameras = 1

    def __init__(self, number: int) -> None:
        if number >= self.cameras:
            raise IndexError("list index out of range")
        self.log: list[object] = []

    def create_video_configuration(self, **wanted: object) -> dict[str, object]:
        return wanted

    def configure(self, configuration: dict[str, object]) -> None:
        self.log.append(configuration)

    def start(self) -> None:
        self.log.append("start")

    def capture_array(self, name: str) -> Frame:
        assert (name, self.log[-1]) == ("main", "start")
        return np.full((480, 640, 3), 7, np.uint8)

    def stop(self) -> None:
        self.log.append("stop")

    def close(self) -> None:
        self.log.append("close")


def test_a_csi_camera_comes_through_picamera2(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("picamera2")
    module.Picamera2 = Picamera2  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2", module)
    source = open_source(SourceSettings.model_validate({"address": "csi", "fps": 15}))
    picture = source.read(10)
    assert picture is not None
    assert picture.frame.shape == (480, 640, 3)
    source.close()
    with pytest.raises(SourceError, match=r"there is no CSI camera 3, .*; check the ribbon"):
        open_source("csi:3")


def test_without_picamera2_the_word_is_what_to_install() -> None:
    with pytest.raises(SourceError, match="install python3-picamera2"):
        open_source("csi")


def test_a_camera_may_be_named_by_its_device_file() -> None:
    with pytest.raises(SourceError, match=r"there is no camera /dev/v4l/by-id/none, .*; check the plug"):
        open_source("/dev/v4l/by-id/none")


class Capture:
    """Stands in for OpenCV's at the edge, where a USB camera cannot be had."""

    opened: ClassVar[list["Capture"]] = []

    def __init__(self, device: int | str, driver: int) -> None:
        self.device, self.driver, self.set_to = device, driver, dict[int, float]()
        self.opened.append(self)

    def isOpened(self) -> bool:  # noqa: N802
        return True

    def set(self, what: int, value: float) -> None:
        self.set_to[what] = value

    def read(self) -> tuple[bool, Frame]:
        return True, numbered(9)

    def release(self) -> None:
        self.opened.remove(self)


def test_a_usb_camera_is_asked_for_its_newest_picture_in_the_size_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cv2, "VideoCapture", Capture)
    source = open_source(SourceSettings.model_validate({"address": "2", "width": 640, "height": 480, "fps": 15}))
    picture = source.read(10)
    assert picture is not None
    assert number_of(picture) == 9
    (capture,) = Capture.opened
    assert capture.device == 2
    assert capture.set_to == {
        cv2.CAP_PROP_BUFFERSIZE: 1, cv2.CAP_PROP_FRAME_WIDTH: 640, cv2.CAP_PROP_FRAME_HEIGHT: 480, cv2.CAP_PROP_FPS: 15,
    }  # fmt: skip
    source.close()
    until(lambda: not Capture.opened, "its release")


def test_picamera2_is_imported_by_the_csi_camera_alone() -> None:
    room = Path(mask_node.__file__).parent
    importers = {path.name for path in room.rglob("*.py") if re.search(r"(import|from) picamera2", path.read_text())}
    assert importers == {"csi.py"}


def test_what_is_no_camera_at_an_http_address_is_said() -> None:
    class Page(HttpCamera):
        def answer(self, request: BaseHTTPRequestHandler) -> None:
            request.send_response(200)
            request.send_header("Content-Type", "text/html")
            request.end_headers()
            request.wfile.write(b"<html>")

    page = Page()
    page.start()
    with pytest.raises(SourceError, match="no picture comes from"):
        open_source(page.address)
    page.stop()


def test_the_time_of_a_picture_is_that_of_its_capture(mjpeg: MjpegCamera) -> None:
    source, clock = watch(mjpeg), SystemClock()
    picture = source.read(10)
    assert picture is not None
    assert abs((clock.now() - picture.at).total_seconds() - (clock.monotonic() - picture.captured)) < 0.5
    source.close()

"""Is a picture whole, and do its boxes fit?"""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.prepare.examine import Opened, box_fault, cut, examine, file_fault
from training.prepare.records import Face, Found, LeftOut, Reason

from .conftest import save, scene, turn_by_exif

FACE = Face((10, 10, 20, 30), "mask")


def look(path: Path, *faces: Face, size: tuple[int, int] | None = None, **more: bool) -> Opened | LeftOut:
    return examine(Found(path, path.name, None, faces, size, **more), empty_is_fine=False)


@pytest.mark.parametrize("ending", [".jpg", ".png", ".webp"])
def test_a_picture_cut_short_is_found(tmp_path: Path, ending: str) -> None:
    path = save(tmp_path / f"a{ending}", scene(1, 300, 200))
    opened = look(path, FACE)
    assert isinstance(opened, Opened)
    assert (opened.width, opened.height, opened.clipped) == (300, 200, 0)
    whole = path.read_bytes()
    for share in (0.9, 0.5, 0.1):
        path.write_bytes(whole[: int(len(whole) * share)])
        cut_short = look(path, FACE)
        assert isinstance(cut_short, LeftOut)
        assert cut_short.reason is Reason.TRUNCATED


def test_a_preview_inside_does_not_hide_the_cut(tmp_path: Path) -> None:
    data = save(tmp_path / "a.jpg", scene(1, 300, 200)).read_bytes()
    preview = save(tmp_path / "b.jpg", scene(1, 30, 20)).read_bytes()
    block = b"\xff\xe1" + struct.pack(">H", len(preview) + 2) + preview
    assert file_fault(data[:2] + block + data[2:]) is None
    assert file_fault(data[:2] + block + data[2:-400]) is Reason.TRUNCATED


def test_other_faults_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    (tmp_path / "b.jpg").write_text("<html>not found</html>")
    faults = [look(tmp_path / name, FACE) for name in ("a.jpg", "b.jpg")]
    assert [fault.reason for fault in faults if isinstance(fault, LeftOut)] == [Reason.EMPTY_FILE, Reason.UNREADABLE]


@pytest.mark.parametrize(
    ("box", "fault"),
    [
        ((0, 0, 100, 80), None),
        ((-5, -5, 40, 40), None),  # a little outside: cut
        ((90, 10, 20, 20), None),
        ((91, 10, 20, 20), Reason.BOX_OUTSIDE),
        ((200, 10, 20, 20), Reason.BOX_OUTSIDE),
        ((-30, 10, 20, 20), Reason.BOX_OUTSIDE),
        ((10, 10, 0, 20), Reason.BOX_EMPTY),
        ((10, 10, 20, -3), Reason.BOX_EMPTY),
        ((float("nan"), 10, 20, 3), Reason.BOX_EMPTY),
    ],
)
def test_boxes_must_lie_in_the_picture(box: tuple[float, float, float, float], fault: Reason | None) -> None:
    assert box_fault(box, 100, 80) is fault


def test_a_box_is_cut_at_the_edge(tmp_path: Path) -> None:
    assert cut((-5, -5, 40, 40), 100, 80) == (0, 0, 35, 35)
    assert cut((90, 70, 20, 20), 100, 80) == (90, 70, 10, 10)
    path = save(tmp_path / "a.jpg", scene(1, 100, 80))
    opened = look(path, Face((-5, -5, 40, 40), "mask"), FACE)
    assert isinstance(opened, Opened)
    assert opened.boxes == ((0, 0, 35, 35), FACE.box)
    assert opened.clipped == 1


def test_shares_become_pixels(tmp_path: Path) -> None:
    opened = look(save(tmp_path / "a.jpg", scene(1, 100, 80)), Face((0.1, 0.5, 0.2, 0.25), "mask"), shares=True)
    assert isinstance(opened, Opened)
    assert opened.boxes == (pytest.approx((10, 40, 20, 20)),)


def test_a_picture_without_a_face_needs_leave(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", scene(1, 100, 80))
    nothing = look(path)
    assert isinstance(nothing, LeftOut)
    assert nothing.reason is Reason.NO_FACE
    assert isinstance(examine(Found(path, "a"), empty_is_fine=True), Opened)


def test_boxes_drawn_on_an_unturned_picture_stay_with_it(tmp_path: Path) -> None:
    path = save(tmp_path / "a.jpg", scene(1, 100, 80))
    turn_by_exif(path)
    assert cv2.imread(str(path)).shape[:2] == (100, 80), "the picture is turned by its EXIF"
    turned, unturned = look(path, FACE, size=(80, 100)), look(path, FACE, size=(100, 80))
    assert isinstance(turned, Opened)
    assert isinstance(unturned, Opened)
    assert (turned.turned, turned.width) == (True, 80)
    assert (unturned.turned, unturned.width) == (False, 100)
    other = look(path, FACE, size=(200, 160))
    assert isinstance(other, LeftOut)
    assert (other.reason, other.detail) == (Reason.SIZE_DIFFERS, "200x160 stated, 80x100 is")


def test_grey_and_deep_pictures_are_read(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "deep.png"), (scene(1).astype(np.uint16) * 256))
    cv2.imwrite(str(tmp_path / "grey.png"), cv2.cvtColor(scene(1), cv2.COLOR_BGR2GRAY))
    assert all(isinstance(look(tmp_path / name, FACE), Opened) for name in ("deep.png", "grey.png"))


def test_a_box_inside_is_left_as_it_is_to_the_last_bit(tmp_path: Path) -> None:
    face = Face((10.1, 20.7, 30.3, 40.6), "mask")
    opened = look(save(tmp_path / "a.jpg", scene(1, 100, 80)), face)
    assert isinstance(opened, Opened)
    assert (opened.boxes, opened.clipped) == ((face.box,), 0)

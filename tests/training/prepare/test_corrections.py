"""A file of label corrections, and what it does to labelled pictures."""

from pathlib import Path

import numpy as np
import pytest

from training.data import DataError, LabelledPicture
from training.prepare.corrections import apply, of_split, read_corrections

HEAD = "file,face,from,to,reason\n"


def picture(file: str, *faces: tuple[float, float, float, float, int]) -> LabelledPicture:
    boxes = np.array([face[:4] for face in faces], np.float32).reshape(-1, 4)
    states = np.array([face[4] for face in faces], np.int64)
    return LabelledPicture(Path("/data/scenes") / file, 640, 480, boxes, states, np.zeros(len(faces), np.bool_))


def pictures() -> list[LabelledPicture]:
    return [
        picture("train/a.jpg", (0, 0, 50, 50, 0), (100, 0, 50, 50, 1), (200, 0, 50, 50, 2)),
        picture("train/b.jpg", (10, 10, 40, 40, 2)),
    ]


def corrected(tmp_path: Path, *lines: str) -> list[LabelledPicture]:
    path = tmp_path / "corrections.csv"
    path.write_text(HEAD + "".join(line + "\n" for line in lines))
    return apply(pictures(), read_corrections(path))


def test_states_change_by_index_and_by_box(tmp_path: Path) -> None:
    first, second = corrected(
        tmp_path,
        "train/a.jpg,1,incorrect,mask,worn right",
        'b.jpg,"12 11 40 40",no_mask,incorrect,"on the chin, see the strap"',
    )
    assert first.states.tolist() == [0, 0, 2]
    assert second.states.tolist() == [1]
    assert not first.ignore.any()


def test_numbers_count_faces_as_they_were(tmp_path: Path) -> None:
    first, second = corrected(
        tmp_path, "a.jpg,0,mask,remove,a poster", "a.jpg,2,no_mask,ignore,blurred", "b.jpg,0,no_mask,remove,"
    )
    assert first.boxes[:, 0].tolist() == [100, 200]
    assert first.states.tolist() == [1, 2]
    assert first.ignore.tolist() == [False, True]
    assert second.boxes.shape == (0, 4)
    assert second.boxes.dtype == np.float32


def test_an_ignored_face_can_be_brought_back(tmp_path: Path) -> None:
    before = picture("a.jpg", (0, 0, 50, 50, 0))
    before.ignore[0] = True
    path = tmp_path / "c.csv"
    path.write_text(HEAD + "a.jpg,0,ignore,no_mask,large enough\n")
    (after,) = apply([before], read_corrections(path))
    assert after.states.tolist() == [2]
    assert not after.ignore[0]
    assert before.ignore[0], "what was given is not changed"


def test_nothing_to_correct_changes_nothing() -> None:
    given = pictures()
    assert apply(given, []) == given


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("train/z.jpg,0,mask,no_mask,x", r"corrections\.csv:2: no picture is called 'train/z\.jpg'"),
        ("a.jpg,3,mask,no_mask,x", r":2: a\.jpg has no face 3; it has 3, counted from 0"),
        ("a.jpg,-1,mask,no_mask,x", r":2: .*'-1' is neither"),
        ("a.jpg,400 0 50 50,mask,no_mask,x", r":2: no face of .*a\.jpg lies at 400 0 50 50"),
        ("a.jpg,0,no_mask,mask,x", r":2: face 0 of .*a\.jpg is mask, not no_mask; was it corrected already\?"),
        ("a.jpg,0,mask,uncertain,x", r":2: 'uncertain' .*one of mask, incorrect, no_mask, ignore, remove"),
        ("a.jpg,0,remove,mask,x", r":2: 'remove' .*one of mask, incorrect, no_mask, ignore"),
        ("a.jpg,0,mask,mask,x", r":2: .*changes nothing"),
        ("a.jpg,1 2 3,mask,no_mask,x", r":2: .*'1 2 3' is neither"),
        ("a.jpg,0,mask", r":2: five columns are wanted"),
    ],
)
def test_what_does_not_fit_is_said_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        corrected(tmp_path, line)


def test_two_corrections_of_one_face_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r":3: face 1 of .*a\.jpg is corrected by line 2 already"):
        corrected(tmp_path, "a.jpg,1,incorrect,mask,x", "a.jpg,100 0 50 50,incorrect,no_mask,y")


def test_a_name_that_two_pictures_have_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(HEAD + "a.jpg,0,mask,no_mask,x\n")
    both = [picture("train/a.jpg", (0, 0, 50, 50, 0)), picture("val/a.jpg", (0, 0, 50, 50, 0))]
    with pytest.raises(DataError, match=r"c\.csv:2: 2 pictures are called 'a\.jpg'; write train/a\.jpg or val/a\.jpg"):
        apply(both, read_corrections(path))


def test_strange_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.csv: no such file"):
        read_corrections(tmp_path / "gone.csv")
    (tmp_path / "c.csv").write_text("picture,label\n")
    with pytest.raises(DataError, match=r"c\.csv: its first line must be file,face,from,to,reason"):
        read_corrections(tmp_path / "c.csv")


def test_one_file_serves_several_splits(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    path.write_text(HEAD + "train/a.jpg,0,mask,no_mask,x\n# val was looked at twice\n\nval/c.jpg,0,mask,no_mask,x\n")
    assert [(item.file, item.line) for item in of_split(read_corrections(path), "val")] == [("val/c.jpg", 5)]
    assert [item.file for item in of_split(read_corrections(path), "train")] == ["train/a.jpg"]

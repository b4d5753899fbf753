"""How the classifiers read a set of class folders, whoever made it."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from training.data import DataError
from training.prepare.classes import read_class_set


def draw(path: Path, seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.random.default_rng(seed).integers(0, 255, (12, 10, 3), np.uint8))
    return path


def test_a_manifest_with_well_known_names_is_read(tmp_path: Path) -> None:
    for file in ("train/with_mask/a.jpg", "train/without_mask/b.jpg", "val/with_mask/c.jpg"):
        draw(tmp_path / file)
    (tmp_path / "manifest.csv").write_text(
        "file,label,split,width,group\n"
        "train/without_mask/b.jpg,without_mask,train,10,g1\n"
        "train/with_mask/a.jpg,with_mask,train,10,g0\n"
        "val/with_mask/c.jpg,with_mask,val,10,g2\n"
    )
    train = read_class_set(tmp_path, "train")
    assert train.names == ["mask", "no_mask"]
    assert [file.name for file in train.files] == ["b.jpg", "a.jpg"]
    assert train.labels.tolist() == [1, 0]
    assert train.labels.dtype == np.int64
    assert train.groups == ["g1", "g0"]
    # A split that lacks a class keeps the numbers of the whole set.
    assert read_class_set(tmp_path, "val").names == ["mask", "no_mask"]


@pytest.mark.parametrize("labels", [("mask", "incorrect"), ("0", "1"), ("1 0 0", "0 1 0")])
def test_every_encoding_reads_the_same(tmp_path: Path, labels: tuple[str, str]) -> None:
    draw(tmp_path / "a.jpg")
    draw(tmp_path / "b.jpg")
    (tmp_path / "classes.txt").write_text("mask\nincorrect\nno_mask\n")
    (tmp_path / "labels.csv").write_text(f"file,label,split\na.jpg,{labels[0]},test\nb.jpg,{labels[1]},test\n")
    found = read_class_set(tmp_path, "test")
    assert [found.names[i] for i in found.labels] == ["mask", "incorrect"]
    assert found.groups == ["a.jpg", "b.jpg"]


def test_plain_folders_are_read_by_name(tmp_path: Path) -> None:
    for file in (
        "train/without_mask/b.png",
        "train/with_mask/z.JPG",
        "train/with_mask/notes.txt",
        "val/with_mask/c.png",
    ):
        draw(tmp_path / file) if not file.endswith("txt") else (tmp_path / file).write_text("")
    found = read_class_set(tmp_path, "train")
    assert [file.name for file in found.files] == ["z.JPG", "b.png"]
    assert len(found) == 2


def test_what_is_not_there_is_named_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone: no such folder; name one that `maskgate train prepare`"):
        read_class_set(tmp_path / "gone", "train")
    with pytest.raises(DataError, match=r"no picture in split 'train'; it has no <split>/<class>/"):
        read_class_set(tmp_path, "train")
    draw(tmp_path / "val" / "with_mask" / "a.png")
    with pytest.raises(DataError, match=r"no picture in split 'train'; it has val; make splits"):
        read_class_set(tmp_path, "train")
    draw(tmp_path / "val" / "hats" / "a.png")
    with pytest.raises(DataError, match=r"class 'hats' is unknown; .*--map hats="):
        read_class_set(tmp_path, "val")
    (tmp_path / "labels.csv").write_text("file,label,split\nval/a.jpg,mask,val\n")
    with pytest.raises(DataError, match=r"a\.jpg: no such picture, though .*labels\.csv lists it"):
        read_class_set(tmp_path, "val")
    (tmp_path / "labels.csv").write_text("file,split\nval/a.jpg,val\n")
    with pytest.raises(DataError, match=r"labels\.csv:2: not a row with file, label and split"):
        read_class_set(tmp_path, "val")

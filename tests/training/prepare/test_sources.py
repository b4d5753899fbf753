"""The forms that are read, how they are told apart, and what is said when something is missing."""

import json
from pathlib import Path

import pytest

from training.data import DataError
from training.prepare.records import Face, Kind, Reason
from training.prepare.sources import Form, detect, read_source, read_sources
from training.prepare.without import set_aside

from .conftest import class_folders, coco, save, scene, voc


def yolo(folder: Path) -> Path:
    save(folder / "train" / "images" / "a.jpg", scene(1, 100, 80))
    save(folder / "valid" / "images" / "a.jpg", scene(2, 100, 80))
    for split, line in (("train", "0 0.5 0.5 0.2 0.25"), ("valid", "1 0.1 0.1 0.1 0.1\n\n2 0.5 0.5 0.1 0.1")):
        (folder / split / "labels").mkdir()
        (folder / split / "labels" / "a.txt").write_text(line)
    return folder


def test_voc_is_read(tmp_path: Path) -> None:
    voc(tmp_path, "a", scene(1), ("with_mask", 10, 12, 30, 40), ("without_mask", 50, 12, 70, 40))
    save(tmp_path / "images" / "alone.png", scene(2))
    voc(tmp_path, "gone", scene(3), ("with_mask", 10, 12, 30, 40))
    (tmp_path / "images" / "gone.png").unlink()
    voc(tmp_path, "torn", scene(4)).write_text("<annotation><object>")
    voc(tmp_path, "words", scene(5), ("with_mask", 1, 2, 3, "x"))  # type: ignore[arg-type]
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "a.xml").write_text("no XML")
    source = read_source(tmp_path)
    assert (source.form, source.kind) == ("voc", Kind.BOXES)
    (picture,) = source.pictures
    assert picture.path == tmp_path / "images" / "a.png"
    assert picture.faces == (Face((10, 12, 20, 28), "with_mask"), Face((50, 12, 20, 28), "without_mask"))
    assert picture.size == (96, 72)
    assert {(item.name, item.reason) for item in source.left_out} == {
        ("images/alone.png", Reason.NO_ANNOTATION),
        ("annotations/gone.xml", Reason.NO_PICTURE),
        ("annotations/torn.xml", Reason.BAD_ANNOTATION),
        ("annotations/words.xml", Reason.BAD_ANNOTATION),
    }


def test_voc_finds_a_renamed_picture_by_the_name_inside(tmp_path: Path) -> None:
    voc(tmp_path, "a", scene(1), ("face", 10, 12, 30, 40)).rename(tmp_path / "annotations" / "0001.xml")
    assert read_source(tmp_path).pictures[0].path.name == "a.png"


def test_yolo_is_read_with_names_from_data_yaml(tmp_path: Path) -> None:
    yolo(tmp_path)
    (tmp_path / "data.yaml").write_text("names: [mask_weared_incorrect, with_mask, without_mask]\nnc: 3\n")
    source = read_source(tmp_path)
    train, val = source.pictures
    assert (source.form, train.split, val.split, train.shares) == ("yolo", "train", "val", True)
    assert [face.name for face in val.faces] == ["with_mask", "without_mask"]
    assert train.faces[0].box == pytest.approx((0.4, 0.375, 0.2, 0.25))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("classes.txt", "a\nb\nc\n"),
        ("obj.names", "a\nb\nc"),
        ("data.yml", "names: {2: c, 0: a, 1: b}"),
    ],
)
def test_yolo_takes_names_from_where_they_are(tmp_path: Path, file: str, text: str) -> None:
    (yolo(tmp_path) / file).write_text(text)
    assert [face.name for picture in read_source(tmp_path).pictures for face in picture.faces] == ["a", "b", "c"]


def test_yolo_says_what_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no names of the classes; .*--names mask,no_mask"):
        read_source(yolo(tmp_path))
    source = read_source(tmp_path, names=["mask"])
    (bad,) = source.left_out
    assert (bad.name, bad.reason) == ("valid/images/a.jpg", Reason.BAD_ANNOTATION)
    assert "class 1, but only 1 names (mask)" in bad.detail
    (tmp_path / "train" / "labels" / "a.txt").write_text("0 0.5 0.5 0.2 0.25 0.3 0.3")
    (tmp_path / "train" / "labels" / "b.txt").write_text("0 0.5 0.5 0.2 0.25")
    save(tmp_path / "train" / "images" / "c.jpg", scene(1))
    reasons = {item.name: item.reason for item in read_source(tmp_path, names=["a", "b", "c"]).left_out}
    assert reasons == {
        "train/images/a.jpg": Reason.BAD_ANNOTATION,
        "train/images/c.jpg": Reason.NO_ANNOTATION,
        "train/labels/b.txt": Reason.NO_PICTURE,
    }
    (tmp_path / "data.yaml").write_text("names: [")
    with pytest.raises(DataError, match=r"data\.yaml: not a readable YAML file"):
        read_source(tmp_path)


def test_coco_is_read_as_a_file_and_as_a_folder(tmp_path: Path) -> None:
    save(tmp_path / "train" / "a.jpg", scene(1))
    save(tmp_path / "images" / "b.jpg", scene(2))
    path = coco(tmp_path, "train", {"train/a.jpg": [("mask", 1, 2, 30, 40)], "train/gone.jpg": [("mask", 1, 2, 3, 4)]})
    coco(tmp_path, "val", {"b.jpg": [("no_mask", 1, 2, 30, 40)]})
    (tmp_path / "notes.json").write_text("{}")
    assert [picture.name for picture in read_source(path).pictures] == ["train/a.jpg"]
    source = read_source(tmp_path)
    assert [(picture.name, picture.split) for picture in source.pictures] == [
        ("train/a.jpg", "train"),
        ("b.jpg", "val"),
    ]
    assert [(item.name, item.reason) for item in source.left_out] == [("train/gone.jpg", Reason.NO_PICTURE)]
    raw = json.loads(path.read_text())
    raw["annotations"][0]["category_id"] = 77
    path.write_text(json.dumps(raw))
    with pytest.raises(DataError, match=r"train\.json: not COCO boxes \(77 is missing, unknown or wrong\)"):
        read_source(path)


def test_class_folders_are_read_with_and_without_splits(tmp_path: Path) -> None:
    source = read_source(class_folders(tmp_path / "plain", 2))
    assert source.kind is Kind.CLASSES
    assert [(picture.label, picture.split) for picture in source.pictures][::2] == [
        ("with_mask", None),
        ("without_mask", None),
    ]
    for split in ("Train", "Validation"):
        class_folders(tmp_path / "split" / split, 1)
    assert [picture.split for picture in read_source(tmp_path / "split").pictures] == ["train", "train", "val", "val"]


def test_class_folders_say_what_is_wrong(tmp_path: Path) -> None:
    class_folders(tmp_path)
    save(tmp_path / "one" / "with_mask" / "a.jpg", scene(1))
    (tmp_path / "notes" / "text").mkdir(parents=True)  # not beside a class: nobody's class
    with pytest.raises(DataError, match=r"only the class 'with_mask'; name the folder above"):
        read_source(tmp_path / "one")
    (tmp_path / "mask_weared_incorrect").mkdir()
    with pytest.raises(DataError, match=r"mask_weared_incorrect: an empty class, no picture in it; fill the folder or"):
        read_source(tmp_path)
    save(tmp_path / "loose.jpg", scene(1))
    with pytest.raises(DataError, match=r"1 pictures lie in it; put one folder a class there"):
        read_source(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"empty: no picture below it; put one folder a class there"):
        read_source(tmp_path / "empty")


def test_form_is_detected_or_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone: no such file or folder; name a COCO file or the folder"):
        read_source(tmp_path / "gone")
    yolo(tmp_path)
    (tmp_path / "classes.txt").write_text("mask\nb\nc")
    assert detect(tmp_path) is Form.YOLO
    voc(tmp_path, "b", scene(3), ("mask", 1, 2, 30, 40))
    with pytest.raises(DataError, match=r"holds voc and yolo annotations; choose one with --format"):
        read_source(tmp_path)
    assert read_source(tmp_path, Form.VOC).form == "voc"
    with pytest.raises(DataError, match=r"a file; of the forms only COCO is one, for voc name the folder"):
        read_source(tmp_path / "classes.txt", Form.VOC)
    with pytest.raises(DataError, match=r"no \.xml file"):
        read_source(tmp_path / "train", Form.VOC)
    with pytest.raises(DataError, match=r"no COCO file"):
        read_source(tmp_path / "train", Form.COCO)


def test_pictures_of_several_sources_keep_apart_names(tmp_path: Path) -> None:
    one, two = class_folders(tmp_path / "x" / "set", 1), class_folders(tmp_path / "y" / "set", 1)
    names = [picture.name for source in read_sources([one, two]) for picture in source.pictures]
    assert names[0] == "1-set/with_mask/with_mask0.jpg"
    assert len(set(names)) == 4


def test_pictures_are_set_aside_by_name(tmp_path: Path) -> None:
    sources = [read_source(class_folders(tmp_path / "set", 3))]
    listed = tmp_path / "without.txt"
    listed.write_text("# the same man\nwith_mask0.jpg\n\nwithout_mask/*1.jpg  # blurred\n")
    (source,) = set_aside(sources, listed)
    assert len(source.pictures) == 4
    assert {(item.name, item.reason, item.detail) for item in source.left_out} == {
        ("with_mask/with_mask0.jpg", Reason.SET_ASIDE, "line 2"),
        ("without_mask/without_mask1.jpg", Reason.SET_ASIDE, "line 4"),
    }
    listed.write_text("with_mask9.jpg\n")
    with pytest.raises(DataError, match=r"without\.txt:1: 'with_mask9\.jpg' names no picture; mend the name or remove"):
        set_aside(sources, listed)
    with pytest.raises(DataError, match=r"--without .*gone\.txt: not a readable text file"):
        set_aside(sources, tmp_path / "gone.txt")

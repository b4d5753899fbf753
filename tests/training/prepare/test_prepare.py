"""The command, from files to files."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from training.data import read_coco, read_scenes
from training.prepare.classes import read_class_set
from training.prepare.publish import whole

from .conftest import Prepare, class_folders, coco, save, scene, turn_by_exif, voc

CLASS_NAMES = ("with_mask", "without_mask", "mask_weared_incorrect")


def a_voc_set(folder: Path, count: int = 12) -> Path:
    for number in range(count):
        name = CLASS_NAMES[number % 3]
        voc(folder, f"p{number}", scene(number, 200, 150), (name, 20, 20, 60, 70), ("with_mask", 100, 20, 108, 70))
    return folder


def report_of(folder: Path) -> Any:
    return json.loads((folder / "report.json").read_text())


def test_boxes_become_scenes_that_the_trainers_read(tmp_path: Path, prepare: Prepare) -> None:
    result = prepare(a_voc_set(tmp_path / "set"), "--shares", "0.5/0.25/0.25")
    assert result.exit_code == 0, result.output
    assert "what was taken" in result.stdout
    read = {split: read_scenes(tmp_path / "out", split) for split in ("train", "val", "test")}
    assert [len(pictures) for pictures in read.values()] == [6, 3, 3]
    for pictures in read.values():
        for picture in pictures:
            assert picture.read().shape == (150, 200, 3)
            assert picture.boxes.tolist() == [[20, 20, 40, 50], [100, 20, 8, 50]]
            assert picture.ignore.tolist() == [False, True], "a face under 14 px is there but does not count"
            number = int(picture.path.stem.removeprefix("p"))
            assert picture.states[0] == {0: 0, 1: 2, 2: 1}[number % 3]
    assert {p.name for p in (tmp_path / "out" / "sheets").iterdir()} == {"train.jpg", "val.jpg", "test.jpg"}
    assert all(cv2.imread(str(p)) is not None for p in (tmp_path / "out" / "sheets").iterdir())
    said = report_of(tmp_path / "out")
    assert said["splits"]["train"]["states"] == {"mask": 2, "incorrect": 2, "no_mask": 2}
    assert said["splits"]["train"]["sizes"]["under 80"] == 6
    assert said["splits"]["train"]["ignored"] == 6


def test_a_result_can_be_prepared_again(tmp_path: Path, prepare: Prepare) -> None:
    prepare(a_voc_set(tmp_path / "set"))
    first = tmp_path / "out" / "scenes"
    result = prepare(first, "--keep-splits", out=tmp_path / "again")
    assert result.exit_code == 0, result.output
    for split in ("train", "val", "test"):
        one, two = read_scenes(tmp_path / "out", split), read_scenes(tmp_path / "again", split)
        assert [picture.path.read_bytes() for picture in one] == [picture.path.read_bytes() for picture in two]
        assert [picture.boxes.tolist() for picture in one] == [picture.boxes.tolist() for picture in two]
        assert [picture.ignore.tolist() for picture in one] == [picture.ignore.tolist() for picture in two]


def test_the_same_run_makes_the_same_files(tmp_path: Path, prepare: Prepare) -> None:
    a_voc_set(tmp_path / "set")
    for out in ("one", "two"):
        assert prepare(tmp_path / "set", "--seed", 3, out=tmp_path / out).exit_code == 0
    one, two = (
        {p.relative_to(tmp_path / out): p.read_bytes() for p in (tmp_path / out).rglob("*") if p.is_file()}
        for out in ("one", "two")
    )
    assert one == two


def test_pictures_are_scaled_and_boxes_with_them(tmp_path: Path, prepare: Prepare) -> None:
    voc(tmp_path / "set", "a", scene(1, 200, 150), ("with_mask", 20, 20, 60, 70))
    assert prepare(tmp_path / "set", "--max-side", 100, "--shares", "1/0/0", "--grayscale").exit_code == 0
    (picture,) = read_scenes(tmp_path / "out", "train")
    assert (picture.width, picture.height, picture.boxes.tolist()) == (100, 75, [[10, 10, 20, 25]])
    stored = cv2.imread(str(picture.path), cv2.IMREAD_UNCHANGED)
    assert stored.shape == (75, 100)


def test_faces_are_small_by_the_size_that_counts(tmp_path: Path, prepare: Prepare) -> None:
    # 20 px of 1280 are 10 px of 640: too small, whatever --max-side is.
    voc(tmp_path / "set", "a", scene(1, 1280, 900), ("with_mask", 20, 20, 40, 40), ("with_mask", 100, 100, 130, 130))
    for side in (640, 1280):
        out = tmp_path / str(side)
        assert prepare(tmp_path / "set", "--max-side", side, "--shares", "1/0/0", out=out).exit_code == 0
        assert read_scenes(out, "train")[0].ignore.tolist() == [True, False]


def test_boxes_of_another_habit_are_fitted_and_stay_inside(tmp_path: Path, prepare: Prepare) -> None:
    """Of 40 x 50 at (20, 20): half as wide about the middle, twice as high and up by 0.4, cut at the upper edge."""
    result = prepare(a_voc_set(tmp_path / "set"), "--shares", "1/0/0", "--boxes", "0.5,2,0,-0.4")
    assert result.exit_code == 0, result.output
    boxes = np.concatenate([picture.boxes for picture in read_scenes(tmp_path / "out", "train")])
    assert boxes[0].tolist() == [30, 0, 20, 75]
    assert report_of(tmp_path / "out")["rules"]["boxes"] == [0.5, 2, 0, -0.4]


@pytest.mark.parametrize("text", ["1,1,0", "0,1,0,0", "1,1,0,high"])
def test_boxes_that_cannot_be_fitted_are_refused(tmp_path: Path, prepare: Prepare, text: str) -> None:
    result = prepare(a_voc_set(tmp_path / "set"), "--boxes", text)
    assert result.exit_code == 1
    assert f"--boxes {text}" in result.output


def test_class_folders_become_a_class_set(tmp_path: Path, prepare: Prepare) -> None:
    class_folders(tmp_path / "set", 8, CLASS_NAMES)
    result = prepare(tmp_path / "set", "--shares", "0.5/0.25/0.25", "--size", 32, "--labels", "one-hot")
    assert result.exit_code == 0, result.output
    for split, count in (("train", 12), ("val", 6), ("test", 6)):
        found = read_class_set(tmp_path / "out", split)
        assert found.names == ["mask", "incorrect", "no_mask"]
        assert np.bincount(found.labels).tolist() == [count // 3] * 3
        for file, label in zip(found.files, found.labels, strict=True):
            assert cv2.imread(str(file)).shape == (32, 32, 3)
            assert file.parent.name == found.names[label]
    with (tmp_path / "out" / "labels.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["file", "label", "split", "group", "sha256"]
    assert {row["label"] for row in rows} == {"1 0 0", "0 1 0", "0 0 1"}
    assert (tmp_path / "out" / "classes.txt").read_text() == "mask\nincorrect\nno_mask\n"


def test_copies_stay_in_one_split_and_twice_the_same_file_is_one(tmp_path: Path, prepare: Prepare) -> None:
    folder = class_folders(tmp_path / "set", 10)
    one = scene(0)
    save(folder / "with_mask" / "mirrored.jpg", np.ascontiguousarray(one[:, ::-1]))
    save(folder / "with_mask" / "small.jpg", np.asarray(cv2.resize(one, (64, 48), interpolation=cv2.INTER_AREA)))
    (folder / "with_mask" / "z_same.jpg").write_bytes((folder / "with_mask" / "with_mask0.jpg").read_bytes())
    assert prepare(folder).exit_code == 0
    with (tmp_path / "out" / "labels.csv").open() as file:
        rows = {Path(row["file"]).stem: row for row in csv.DictReader(file)}
    family = [rows[name] for name in ("with_mask0", "mirrored", "small")]
    assert len({row["group"] for row in family}) == len({row["split"] for row in family}) == 1
    assert "z_same" not in rows
    said = report_of(tmp_path / "out")
    assert said["left_out"] == {"same file as another": 1}
    assert {pair["mirrored"] for pair in said["near_duplicates"]} == {False, True}


def test_the_same_picture_in_two_classes_is_in_neither(tmp_path: Path, prepare: Prepare) -> None:
    folder = class_folders(tmp_path / "set")
    (folder / "without_mask" / "x.jpg").write_bytes((folder / "with_mask" / "with_mask0.jpg").read_bytes())
    assert prepare(folder).exit_code == 0
    gone = report_of(tmp_path / "out")["left_out_pictures"]
    assert [(item["picture"], item["reason"]) for item in gone] == [
        ("with_mask/with_mask0.jpg", "same picture, other labels"),
        ("without_mask/x.jpg", "same picture, other labels"),
    ]
    assert (tmp_path / "out" / "sheets" / "left_out.jpg").is_file()


def test_nothing_of_a_set_kept_apart_comes_in(tmp_path: Path, prepare: Prepare) -> None:
    a_voc_set(tmp_path / "set", 6)
    apart = tmp_path / "apart"
    save(apart / "pictures" / "a.jpg", scene(0, 100, 75), 40)
    save(apart / "pictures" / "b.jpg", np.ascontiguousarray(scene(1, 200, 150)[:, ::-1]))
    listed = coco(apart, "test", {"pictures/a.jpg": [("mask", 1, 2, 30, 40)]})
    assert prepare(tmp_path / "set", "--against", listed, "--against", apart / "pictures").exit_code == 0
    said = report_of(tmp_path / "out")
    assert said["against"] == [
        {"name": "apart/test.json", "pictures": 1, "left_out": 1},
        {"name": "apart/pictures", "pictures": 2, "left_out": 1},
    ]
    details = {item["picture"]: item["detail"] for item in said["left_out_pictures"]}
    assert set(details) == {"images/p0.png", "images/p1.png"}
    assert "mirrored" in details["images/p1.png"]
    assert sum(split["pictures"] for split in said["splits"].values()) == 4


def test_given_splits_are_kept_where_no_group_crosses(tmp_path: Path, prepare: Prepare) -> None:
    for split, seeds in (("train", range(6)), ("test", range(10, 13))):
        for seed in seeds:
            save(tmp_path / "set" / split / f"{split}{seed}.png", scene(seed))
    save(tmp_path / "set" / "train" / "leak.png", scene(10, 192, 144))
    for split in ("train", "test"):
        files = sorted((tmp_path / "set" / split).iterdir())
        coco(tmp_path / "set", split, {f"{split}/{file.name}": [("mask", 1, 2, 30, 40)] for file in files})
    assert prepare(tmp_path / "set", "--keep-splits").exit_code == 0
    assert len(read_coco(tmp_path / "out" / "scenes" / "train.json", tmp_path)) == 6
    assert len(read_coco(tmp_path / "out" / "scenes" / "test.json", tmp_path)) == 3
    (gone,) = report_of(tmp_path / "out")["left_out_pictures"]
    assert gone["picture"] == "train/leak.png"
    assert gone["reason"] == "near duplicate in another given split"
    assert gone["detail"] == "train, but test/test10.png is in test"
    refused = prepare(tmp_path / "set", "--keep-splits", "--strict", out=tmp_path / "strict")
    assert "train/leak.png: near duplicate in another given split" in refused.stderr


def test_bad_pictures_are_left_out_and_listed_or_refused(tmp_path: Path, prepare: Prepare) -> None:
    a_voc_set(tmp_path / "set", 6)
    images = tmp_path / "set" / "images"
    (images / "p0.png").write_bytes(b"")
    (images / "p1.png").write_bytes((images / "p1.png").read_bytes()[:900])
    voc(tmp_path / "set", "q", scene(20, 200, 150))
    voc(tmp_path / "set", "r", scene(21, 200, 150), ("with_mask", 300, 20, 340, 60))
    save(images / "s.png", scene(22))
    assert prepare(tmp_path / "set").exit_code == 0
    gone = {item["picture"]: item["reason"] for item in report_of(tmp_path / "out")["left_out_pictures"]}
    assert gone == {
        "images/p0.png": "empty file",
        "images/p1.png": "truncated",
        "images/q.png": "annotation without a face",
        "images/r.png": "box outside the picture",
        "images/s.png": "picture without annotation",
    }
    refused = prepare(tmp_path / "set", "--strict", out=tmp_path / "strict")
    assert refused.exit_code == 1
    assert "--strict: 5 pictures are bad" in refused.stderr
    assert "Traceback" not in refused.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "set"]
    assert prepare(tmp_path / "set", "--keep-empty", out=tmp_path / "empty").exit_code == 0
    assert "images/q.png" not in (tmp_path / "empty" / "report.json").read_text().partition("near_duplicates")[0]


def test_names_are_mapped_and_faces_ignored_or_removed(tmp_path: Path, prepare: Prepare) -> None:
    faces = (("Casco", 20, 20, 60, 70), ("Gafas", 70, 20, 110, 70), ("Mascara", 120, 20, 160, 70))
    voc(tmp_path / "set", "a", scene(1, 200, 150), *faces)  # type: ignore[arg-type]
    refused = prepare(tmp_path / "set")
    assert refused.exit_code == 1
    assert "unknown class 'Casco', 'Gafas', 'Mascara'; found were" in refused.stderr
    assert "--map Casco=mask" in refused.stderr
    maps = ("--map", "casco=ignore", "--map", "Gafas=remove", "--map", "mascara=mask")
    assert prepare(tmp_path / "set", "--shares", "1/0/0", *maps).exit_code == 0
    (picture,) = read_scenes(tmp_path / "out", "train")
    assert picture.boxes[:, 0].tolist() == [20, 120]
    assert picture.ignore.tolist() == [True, False]
    assert report_of(tmp_path / "out")["classes"]["Gafas"] == {"count": 1, "means": "remove"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gone"], "no such file or folder; name a COCO file or the folder"),
        (["set", "--against", "gone"], "no such file or folder; name a COCO file or a folder of pictures"),
        (["set", "--against", "nothing"], "no picture there; name a COCO file or a folder of pictures"),
        (["set", "--against", "torn"], "a.jpg is not a readable picture; mend or remove it"),
        (["set", "--shares", "1/2/3"], "not three shares of train/val/test that sum to 1"),
        (["set", "--map", "a"], "not name=state"),
        (["set", "--keep-splits"], "no split is given for images/p0.png and 5 more"),
        (["set", "classes"], "boxes and class folders do not mix"),
        (["set", "--size", "32"], "--size and --labels are for class folders"),
        (["classes", "--map", "with_mask=ignore"], None),
        (["set", "--map", "with_mask=no"], "state is one of mask, incorrect, no_mask, ignore, remove"),
    ],
)
def test_errors_name_the_place_and_the_mend(
    tmp_path: Path, prepare: Prepare, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    a_voc_set(Path("set"), 6)
    class_folders(Path("classes"))
    Path("nothing").mkdir()
    Path("torn").mkdir()
    Path("torn/a.jpg").write_text("x")
    result = prepare(*arguments)
    if said is None:
        assert result.exit_code == 0, result.output
        return
    assert result.exit_code == 1
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert not Path("out").exists()


def test_a_class_that_loses_all_its_pictures_is_an_error(tmp_path: Path, prepare: Prepare) -> None:
    folder = class_folders(tmp_path / "set", 2)
    for path in (folder / "without_mask").iterdir():
        path.write_bytes(b"")
    result = prepare(folder)
    assert result.exit_code == 1
    assert "class 'without_mask' is empty: none of its pictures is left (2x empty file)" in result.stderr
    for path in (folder / "with_mask").iterdir():
        path.write_bytes(b"")
    assert "no picture is left (4x empty file)" in prepare(folder).stderr


def test_nothing_is_overwritten_without_force(tmp_path: Path, prepare: Prepare) -> None:
    folder = class_folders(tmp_path / "set")
    out = tmp_path / "out"
    out.mkdir()
    assert prepare(folder).exit_code == 0, "an empty folder may be filled"
    (out / "mark").touch()
    refused = prepare(folder)
    assert refused.exit_code == 1
    assert "holds a prepared set; name another folder, or replace it with --force" in refused.stderr
    assert (out / "mark").exists()
    assert prepare(folder, "--force").exit_code == 0
    assert not (out / "mark").exists()
    (out / "report.json").unlink()
    assert "did not make" in prepare(folder, "--force").stderr
    assert "overlaps" in prepare(folder, "--force", out=folder / "with_mask").stderr
    assert "overlaps" in prepare(folder, "--force", out=tmp_path).stderr
    assert "a file; name a folder" in prepare(folder, "--force", out=Path(__file__)).stderr


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_a_run_that_breaks_off_leaves_what_was_there(tmp_path: Path, fault: BaseException) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.json").write_text("before")

    def half() -> None:
        with whole(out) as folder:
            (folder / "report.json").write_text("half")
            raise fault

    with pytest.raises(type(fault)):
        half()
    assert (out / "report.json").read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    with whole(out) as folder:
        (folder / "new").touch()
        assert (out / "report.json").read_text() == "before"
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "new"]


def test_an_unreadable_result_folder_is_one_sentence(tmp_path: Path, prepare: Prepare) -> None:
    folder = class_folders(tmp_path / "set")
    (tmp_path / "file").touch()
    result = prepare(folder, out=tmp_path / "file" / "out")
    assert result.exit_code == 1
    assert "error:" in result.stderr
    assert os.linesep not in result.stderr.strip()


def test_what_a_table_calls_a_group_stays_together(tmp_path: Path, prepare: Prepare) -> None:
    """One person's pictures do not look alike; only the set itself can know of them."""
    folder = class_folders(tmp_path / "set", 12)
    rows = [
        f"{p.relative_to(folder).as_posix()},{p.parent.name},,g{int(p.stem[-1]) % 4}" for p in folder.rglob("*.jpg")
    ]
    (folder / "manifest.csv").write_text("\n".join(["file,label,split,group", *rows]))
    assert prepare(folder, "--shares", "0.5/0.25/0.25").exit_code == 0
    with (tmp_path / "out" / "labels.csv").open() as file:
        found = {(int(Path(row["file"]).stem[-1]) % 4, row["group"], row["split"]) for row in csv.DictReader(file)}
    assert len(found) == 4
    again = prepare(tmp_path / "out", "--shares", "0.5/0.25/0.25", "--seed", 5, out=tmp_path / "again")
    assert again.exit_code == 0, again.output
    splits = report_of(tmp_path / "again")["splits"]
    assert sum(split["groups"] for split in splits.values()) == 4


def test_a_group_in_coco_stays_together_too(tmp_path: Path, prepare: Prepare) -> None:
    a_voc_set(tmp_path / "set")
    assert prepare(tmp_path / "set", "--shares", "1/0/0").exit_code == 0
    path = tmp_path / "out" / "scenes" / "train.json"
    raw = json.loads(path.read_text())
    for image in raw["images"]:
        image["group"] = image["id"] % 3
    path.write_text(json.dumps(raw))
    assert prepare(path, out=tmp_path / "again").exit_code == 0
    splits = report_of(tmp_path / "again")["splits"]
    assert sum(split["groups"] for split in splits.values()) == 3


def test_exif_does_not_come_along_and_boxes_still_fit(tmp_path: Path, prepare: Prepare) -> None:
    """One set was labelled with the picture turned as EXIF says, the other without."""
    for name, seed in (("turned", 1), ("unturned", 2)):
        turn_by_exif(save(tmp_path / "set" / f"{name}.jpg", scene(seed, 200, 150)))
    listed = coco(tmp_path / "set", "train", {f"{n}.jpg": [("mask", 10, 20, 40, 50)] for n in ("turned", "unturned")})
    raw = json.loads(listed.read_text())
    assert (raw["images"][1]["width"], raw["images"][1]["height"]) == (150, 200)
    raw["images"][1] |= {"width": 200, "height": 150}
    listed.write_text(json.dumps(raw))
    assert prepare(listed, "--keep-splits").exit_code == 0
    pictures = {picture.path.stem: picture for picture in read_scenes(tmp_path / "out", "train")}
    for picture in pictures.values():
        assert b"Exif" not in picture.path.read_bytes()
        assert picture.boxes.tolist() == [[10, 20, 40, 50]]
    straight = scene(2, 200, 150)
    assert pictures["turned"].read().shape == (200, 150, 3)
    assert np.abs(pictures["unturned"].read().astype(int) - straight).mean() < 4

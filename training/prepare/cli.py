"""The command `maskgate train prepare`."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from training.data import DataError
from training.prepare.against import read_apart
from training.prepare.files import SHEETS
from training.prepare.names import parse_map
from training.prepare.publish import refuse_to_overwrite, whole
from training.prepare.records import Kind
from training.prepare.report import report, show, write_report
from training.prepare.run import Rules, decide
from training.prepare.sheet import left_out_sheet, save, split_sheet
from training.prepare.sources import Form as SourceForm
from training.prepare.sources import read_sources
from training.prepare.splits import parse_shares
from training.prepare.without import set_aside
from training.prepare.write import Encoding, Form, parse_boxes, write_classes, write_scenes

T = TypeVar("T")

Sources = Annotated[list[Path], typer.Argument(help="COCO files, or folders of COCO, Pascal VOC, YOLO or classes.")]
Out = Annotated[Path, typer.Option(help="Folder to make: scenes/ for boxes, <split>/<class>/ for class folders.")]
AsForm = Annotated[SourceForm | None, typer.Option("--format", help="Form of the sources, where it is not plain.")]
Map = Annotated[list[str] | None, typer.Option("--map", help="name=mask, incorrect, no_mask, ignore or remove.")]
Names = Annotated[str, typer.Option(help="Class names of YOLO boxes in their order, with commas.")]
Against = Annotated[list[Path] | None, typer.Option(help="COCO file or folder that no picture may be in, too.")]
Without = Annotated[Path | None, typer.Option(help="Text file of pictures to leave out, one name a line.")]
Shares = Annotated[str, typer.Option(help="Shares of train/val/test.")]
KeepSplits = Annotated[bool, typer.Option("--keep-splits", help="Keep the splits that the sources give.")]
MaxSide = Annotated[int, typer.Option(min=32, help="Scale pictures down to this longer side, pixels.")]
Size = Annotated[int | None, typer.Option(min=8, help="Class folders: stretch to a square of this side, pixels.")]
Boxes = Annotated[str, typer.Option(help="width,height,right,down: factors and shifts of boxes framed otherwise.")]
Grayscale = Annotated[bool, typer.Option("--grayscale", help="Write grey pictures.")]
Labels = Annotated[Encoding, typer.Option(help="Class folders: how labels.csv writes the class.")]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse a set with bad pictures instead of leaving them out.")]
KeepEmpty = Annotated[bool, typer.Option("--keep-empty", help="Take pictures without a face, as background.")]
Force = Annotated[bool, typer.Option("--force", help="Replace a set that this command made before.")]


def prepare(
    sources: Sources, *, out: Out, form: AsForm = None, map_: Map = None, names: Names = "", against: Against = None,
    without: Without = None, shares: Shares = "0.7/0.15/0.15", keep_splits: KeepSplits = False, seed: int = 1,
    max_side: MaxSide = 640, size: Size = None, grayscale: Grayscale = False, labels: Labels = Encoding.NAMES,
    boxes: Boxes = "1,1,0,0",
    strict: Strict = False, keep_empty: KeepEmpty = False, force: Force = False,
) -> None:  # fmt: skip
    """Turn labelled pictures into a clean set with splits, and report what was wrong with them."""
    refuse_to_overwrite(out, [*sources, *(against or [])], force=force)
    rules = Rules(parse_map(map_ or []), None if keep_splits else parse_shares(shares), seed, strict, keep_empty)
    looks = Form(max_side, size, grayscale, labels, parse_boxes(boxes))
    class_names = [name.strip() for name in names.split(",") if name.strip()]
    console = Console()
    with _files_named():
        read = read_sources(sources, form, class_names)
        if without:
            read = set_aside(read, without)
        if read[0].kind is Kind.BOXES and (size or labels is not Encoding.NAMES):
            raise DataError("--size and --labels are for class folders; boxes keep their shape and are written as COCO")
        with _progress() as bars:

            def track(items: Iterable[T], what: str, count: int) -> Iterator[T]:
                yield from bars.track(items, total=count, description=what)

            apart = [read_apart(place, track) for place in against or []]
            result = decide(read, apart, rules, track)
            write, below = (write_scenes, "scenes") if result.kind is Kind.BOXES else (write_classes, "")
            with whole(out) as folder:
                written = write(result.taken, folder, looks, track)
                for split in sorted({item.split for item in written}):
                    chosen = [item for item in written if item.split == split]
                    save(split_sheet(chosen, folder / below, seed), folder / SHEETS / f"{split}.jpg")
                if result.left_out:
                    save(left_out_sheet(result.left_out, seed), folder / SHEETS / "left_out.jpg")
                values = report(read, apart, result, written, rules=rules, form=looks)
                write_report(values, folder)
    show(values, console)
    console.print(f"{out}: {len(written)} pictures; look at {out / SHEETS}")


def _progress() -> Progress:
    """Bars on stderr; nothing where that is no terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal)


@contextmanager
def _files_named() -> Iterator[None]:
    """A full disk or a folder without permission is an error of the data, named by the file."""
    try:
        yield
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise DataError(f"{where}{error.strerror or error}; see to space and permissions") from error

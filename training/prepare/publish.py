"""Put a whole result in its place at once, or nothing."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from training.data import DataError
from training.prepare.files import REPORT


def refuse_to_overwrite(out: Path, sources: Sequence[Path], *, force: bool) -> None:
    """Raise DataError if `out` may not be written.

    A folder with something in it is replaced only under --force, and only if its report shows that it was prepared by
    this command: a slip of the finger must not remove somebody's home. What is read is never inside what is written,
    nor the other way about.
    """
    for source in sources:
        one, two = source.resolve(), out.resolve()
        if one == two or one in two.parents or two in one.parents:
            raise DataError(f"--out {out}: overlaps with {source}; name a folder apart from what is read")
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not out.is_dir():
        raise DataError(f"--out {out}: a file; name a folder")
    if not (out / REPORT).is_file():
        raise DataError(f"--out {out}: holds something that this command did not make; name another folder")
    if not force:
        raise DataError(f"--out {out}: holds a prepared set; name another folder, or replace it with --force")


@contextmanager
def whole(out: Path) -> Iterator[Path]:
    """A folder beside `out` to write into; it takes the place of `out` at the end, and vanishes after an error."""
    out.parent.mkdir(parents=True, exist_ok=True)
    room = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".unfinished", dir=out.parent))
    try:
        result, old = room / "new", room / "old"
        result.mkdir()
        yield result
        if out.exists():
            out.rename(old)
        try:
            result.rename(out)
        except BaseException:
            if old.exists():
                old.rename(out)
            raise
    finally:
        shutil.rmtree(room, ignore_errors=True)

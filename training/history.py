"""What a run tells of itself: `history.csv` in its folder, and TensorBoard's events where they are asked for."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import tensorflow as tf

from training.data import DataError

FILE = "history.csv"
COLUMNS = ("step", "split", "name", "value")


class Row(NamedTuple):
    """One measured value after `step` steps. split: `train` (smoothed while training) or `val`."""

    step: int
    split: str
    name: str
    value: float


def read_history(path: Path) -> list[Row]:
    """The rows of a `history.csv`; none if there is no such file. Raises DataError for a file of another kind."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        try:
            return [Row(int(r["step"]), r["split"], r["name"], float(r["value"])) for r in csv.DictReader(file)]
        except (KeyError, ValueError, TypeError) as error:
            raise DataError(f"{path}: not a history of a run ({error!r}); move it away to start a new one") from error


class History:
    """The rows up to `step`. Later ones are dropped: the run goes on from there and will write them again.

    The file is touched by the first `add` only, so that a run can be looked at while another process trains it.
    """

    def __init__(self, folder: Path, step: int, *, tensorboard: bool = False) -> None:
        self._path, self._opened = folder / FILE, False
        self.rows = [row for row in read_history(self._path) if row.step <= step]
        self._board = _board(folder / "tensorboard") if tensorboard else None

    def add(self, step: int, split: str, values: Mapping[str, float]) -> None:
        """Append the values of one moment, at once readable by others."""
        rows = [Row(step, split, name, float(f"{value:.6g}")) for name, value in values.items()]
        if not self._opened:
            with self._path.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows([COLUMNS, *self.rows])
            self._opened = True
        self.rows += rows
        with self._path.open("a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
        if self._board:
            with self._board.as_default():
                for row in rows:
                    tf.summary.scalar(f"{row.split}/{row.name}", row.value, step=row.step)
            self._board.flush()

    def of(self, split: str, name: str) -> list[tuple[int, float]]:
        """Step and value of one curve, in order."""
        return [(row.step, row.value) for row in self.rows if (row.split, row.name) == (split, name)]


def _board(folder: Path) -> tf.summary.SummaryWriter:
    try:
        import tensorboard  # noqa: F401 - tf.summary.scalar is its code
    except ModuleNotFoundError:
        raise DataError("--tensorboard needs the package tensorboard: pip install 'maskgate[training]'") from None
    return tf.summary.create_file_writer(str(folder))

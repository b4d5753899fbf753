"""Read what training runs wrote down: `history.csv` with the columns step, split, name, value."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from training.data import DataError


@dataclass(frozen=True, slots=True)
class Series:
    """One quantity of one run on one split. steps, values: parallel, steps rising."""

    run: str
    name: str
    split: str
    steps: list[int]
    values: list[float]


def read_history(folders: Iterable[Path]) -> list[Series]:
    """The series of each run's folder. Raises DataError if a folder has no history or a line is malformed.

    A run that was resumed may have written a step twice: the later line counts.
    """
    out = []
    for folder in folders:
        path = folder / "history.csv"
        points: dict[tuple[str, str], dict[int, float]] = {}
        try:
            with path.open(newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    points.setdefault((row["name"], row["split"]), {})[int(row["step"])] = float(row["value"])
        except OSError as error:
            raise DataError(
                f"{path}: cannot be read ({error.strerror}); --history names the folder of a run"
            ) from error
        except (KeyError, ValueError, TypeError) as error:
            raise DataError(f"{path}: needs the columns step, split, name, value ({error!r})") from error
        for (name, split), values in points.items():
            steps = sorted(values)
            out.append(Series(folder.resolve().name, name, split, steps, [values[step] for step in steps]))
    return out

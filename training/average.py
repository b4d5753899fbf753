"""The mean of several runs' weights, which costs the board nothing and errs less than each of them.

Runs that went on from common weights lie in one valley, so that their mean is a model too: Wortsman et al. 2022,
arXiv:2203.05482. Batch-norm averages are averaged with the rest.
"""

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from training.data import DataError

WEIGHTS, CONFIG = "averaged.weights.h5", "config.json"


def average(runs: Sequence[Path], out: Path) -> Path:
    """Write into the folder `out` the mean of the finished runs' weights, beside the last one's settings.

    Raises DataError if a run is not finished, fewer than two are named, or they are not of one architecture.
    """
    import h5py

    if len(runs) < 2:
        raise DataError("a mean needs two runs at least; name their folders")
    for run in runs:
        for name in (WEIGHTS, CONFIG):
            if not (run / name).is_file():
                raise DataError(f"{run}: there is no {name}; name the folder of a finished run")
    out.mkdir(parents=True, exist_ok=True)
    target = out / WEIGHTS
    shutil.copyfile(runs[-1] / WEIGHTS, target)
    shutil.copyfile(runs[-1] / CONFIG, out / CONFIG)
    try:
        with ExitStack() as opened:
            mean = opened.enter_context(h5py.File(target, "r+"))
            _add(mean, [opened.enter_context(h5py.File(run / WEIGHTS, "r")) for run in runs[:-1]])
    except DataError:
        target.unlink()
        raise
    return target


def _add(mean: Any, others: Sequence[Any]) -> None:
    """Put the mean of all into the first of these open files."""
    names: list[str] = []
    mean.visititems(lambda name, found: names.append(name) if hasattr(found, "dtype") else None)
    for name in names:
        parts = [mean[name][...], *(other[name][...] for other in others if name in other)]
        if len(parts) <= len(others) or len({part.shape for part in parts}) > 1:
            raise DataError(f"{name} is not in all runs alike; these are of different architectures")
        if np.issubdtype(parts[0].dtype, np.floating):
            mean[name][...] = np.mean(parts, axis=0)

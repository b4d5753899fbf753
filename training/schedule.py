"""What one run of training is told, and its learning rate."""

import math
from dataclasses import dataclass, fields
from pathlib import Path

from training.data import DataError, read_json


@dataclass(frozen=True, slots=True)
class FitConfig:
    """One run. rate: peak learning rate. average: decay per step of the averaged weights, 0..1.

    start: file of weights to go on from with this schedule, or empty. val_every: steps from one validation to the next,
    0 for none. patience: so many validations without a smaller loss end the run, and the best weights are its result;
    0 trains to the end. tensorboard: write events for it.
    """

    steps: int
    batch: int
    rate: float
    seed: int = 1
    warm_up: int = 60
    weight_decay: float = 1e-4
    average: float = 0.99
    save_every: int = 50
    refresh: int = 50
    start: str = ""
    val_every: int = 0
    patience: int = 0
    tensorboard: bool = False


def read_config(folder: Path, command: str) -> FitConfig:
    """The configuration that a run in `folder` was started with. Raises DataError if there is none."""
    path = folder / "config.json"
    if not path.is_file():
        raise DataError(f"{path}: no such file; run `{command}` first or give its --folder")
    raw = read_json(path)
    try:
        return FitConfig(**{field.name: raw[field.name] for field in fields(FitConfig) if field.name in raw})
    except TypeError as error:
        raise DataError(f"{path}: not the configuration of a run ({error}); run `{command}` again") from error


def rate_at(step: int, config: FitConfig) -> float:
    """Learning rate of a step: linear warm-up, then half a cosine down to a hundredth of the peak."""
    share = min(1.0, max(0.0, (step - config.warm_up) / max(1, config.steps - config.warm_up)))
    cosine = 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * share))
    return config.rate * min((step + 1) / max(1, config.warm_up), 1.0) * cosine

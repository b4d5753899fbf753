"""Bootstrap intervals (Efron 1979): how far a figure moves when other pictures of the same kind had been drawn. Pure.

Pictures are resampled, not faces: the faces of one picture share its light and its camera. A statistic takes (B, P)
weights of P pictures and gives (B,) values, so that all resamples are one array operation.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from training.evaluation.matching import Floats

Statistic = Callable[[Floats], Floats]

#: How many resamples, and the share of them that an interval holds.
RESAMPLES, LEVEL = 500, 0.95
#: At most this many weightings at once, so that thousands of detections fit into memory.
_CHUNK = 64


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its 95 % interval; NaN where there is nothing to measure."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Share:
    """The statistic of a share of faces. wanted, among: (P,) faces of each picture; NaN where there are none."""

    wanted: Floats
    among: Floats

    def __call__(self, weights: Floats) -> Floats:
        """(B,) the share for each row of (B, P) weights."""
        count = weights @ self.among
        return np.where(count > 0, weights @ self.wanted / np.maximum(count, 1e-12), np.nan)


def resamples(pictures: int, count: int = RESAMPLES, seed: int = 0) -> Floats:
    """(count, pictures) how often each picture is in each resample; every row sums to `pictures`."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(pictures, np.full(pictures, 1 / pictures), count).astype(np.float64)


def values(statistic: Statistic, weights: Floats) -> Floats:
    """(B,) the statistic of each row of (B, P) weights."""
    parts = [statistic(weights[start : start + _CHUNK]) for start in range(0, len(weights), _CHUNK)]
    return np.concatenate(parts) if parts else np.zeros(0)


def point(statistic: Statistic, pictures: int) -> float:
    """The statistic of all pictures, each once."""
    return float(statistic(np.ones((1, pictures)))[0])


def estimate(statistic: Statistic, weights: Floats) -> Estimate:
    """The statistic with its percentile interval over (B, P) resamples; those without a value are left out."""
    value = point(statistic, weights.shape[1])
    drawn = values(statistic, weights)
    drawn = drawn[~np.isnan(drawn)]
    if np.isnan(value) or not len(drawn):
        return Estimate(value, float("nan"), float("nan"))
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    if isinstance(statistic, Share) and value in {0.0, 1.0}:
        # No resample can show an error that no picture holds: the exact bound of Clopper and Pearson (1934) can.
        unseen = 1 - ((1 - LEVEL) / 2) ** (1 / float(statistic.among.sum()))
        low, high = (0.0, unseen) if value == 0.0 else (1 - unseen, 1.0)
    return Estimate(value, float(low), float(high))

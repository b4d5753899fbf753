"""How the node is: measured as it works, told as `NodeHealth`."""

import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import psutil  # type: ignore[import-untyped]

from maskgate.messages import Latency

#: Pictures per second are counted over this long, latency over `LATENCY_S`.
RATE_S, LATENCY_S = 10.0, 60.0
#: At most so many times are kept of each stage: a minute of a camera with 30 pictures a second.
MOST = 2000

DetectorState = Literal["ok", "failed"]


class Vitals:
    """Counts frames and faults; any thread may ask."""

    def __init__(self, started: float) -> None:
        self._started = started
        self._lock = threading.Lock()
        self._frames: deque[tuple[float, float]] = deque(maxlen=MOST)
        self._stages: dict[str, deque[tuple[float, float]]] = {}
        self._process = psutil.Process()
        self.detector: DetectorState = "ok"
        self.faults = self.in_a_row = 0

    def looked(self, now: float, latency_s: float, stages: Mapping[str, float] | None = None) -> None:
        """A picture became faces at `now` (seconds), `latency_s` after it was captured; stages: seconds by name."""
        with self._lock:
            self._frames.append((now, latency_s))
            for name, seconds in (stages or {}).items():
                self._stages.setdefault(name, deque(maxlen=MOST)).append((now, seconds))
            self.detector, self.in_a_row = "ok", 0

    def failed(self) -> None:
        """The detector raised, or hangs."""
        self.faults += 1
        self.in_a_row += 1
        self.detector = "failed"

    def fps(self, now: float) -> float:
        """Pictures looked at per second, lately."""
        with self._lock:
            count = sum(at > now - RATE_S for at, _ in self._frames)
        return count / max(1e-3, min(RATE_S, now - self._started))

    def latency(self, now: float) -> Latency | None:
        """Capture to faces over the last minute; None when there was no picture."""
        with self._lock:
            return _latency(self._frames, now)

    def stages(self, now: float) -> dict[str, Latency]:
        """The parts of that which were measured, over the last minute."""
        with self._lock:
            found = {name: _latency(times, now) for name, times in self._stages.items()}
        return {name: latency for name, latency in found.items() if latency}

    def memory_mb(self) -> float:
        """Resident memory of this process, in units of 2**20 bytes."""
        resident: int = self._process.memory_info().rss
        return round(resident / 2**20, 1)


def _latency(times: Iterable[tuple[float, float]], now: float) -> Latency | None:
    values = sorted(seconds for at, seconds in times if at > now - LATENCY_S)
    return Latency(p50=_rank(values, 0.5), p95=_rank(values, 0.95)) if values else None


def _rank(values: list[float], share: float) -> float:
    """Return the nearest-rank percentile of sorted seconds, in milliseconds."""
    return round(1000 * max(0.0, values[max(0, math.ceil(share * len(values)) - 1)]), 2)


def temperature_c() -> float | None:
    """Return the processor's temperature where the machine tells it."""
    read: Callable[[], dict[str, Any]] = getattr(psutil, "sensors_temperatures", dict)
    readings = read()
    for name in ("cpu_thermal", "coretemp", "k10temp", "soc_thermal"):
        if readings.get(name):
            return round(float(readings[name][0].current), 1)
    return None

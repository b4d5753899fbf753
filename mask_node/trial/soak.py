"""A very long run in fast time, to see that memory stays flat (O3)."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil  # type: ignore[import-untyped]

from mask_node.looking import Looker
from mask_node.sources.base import Captured, file_time
from mask_node.sources.open import open_source
from mask_node.vision.types import Detector

#: Pictures a second of the imagined camera.
FPS = 25.0
#: Memory is read this often, in frames, and first after as many: caches fill.
EVERY = 500


@dataclass(frozen=True, slots=True)
class Soak:
    """What a run showed. slope_mb: resident memory (2**20 bytes) gained in 10,000 frames, by least squares."""

    frames: int
    seconds: float
    passages: int
    verdicts: int
    memory_mb: list[float]
    slope_mb: float


def endless(clips: Sequence[Path]) -> Iterator[Captured]:
    """Yield the pictures of clips, one after another and again from the first, in one row of time."""
    index = 0
    while True:
        for clip in clips:
            source = open_source(str(clip))
            try:
                while not source.ended:
                    if (picture := source.read(0)) is not None:
                        yield Captured(picture.frame, index, file_time(index, FPS), index / FPS, index / FPS)
                        index += 1
            finally:
                source.close()


def soak(
    detector: Detector, clips: Sequence[Path], frames: int, *, say: Callable[[int, float], None] = lambda *_: None
) -> Soak:
    """Look at so many pictures of the clips. say: is told the frames and the memory in MB. Raises `SourceError`."""
    looker, process, began = Looker(detector), psutil.Process(), time.perf_counter()
    passages, verdicts, memory = set[str](), 0, list[tuple[int, float]]()
    pictures = endless(clips)
    for number in range(1, frames + 1):
        for verdict in looker.look(next(pictures)):
            verdicts += 1
            passages.add(verdict.passage)
        if number % EVERY == 0:
            memory.append((number, process.memory_info().rss / 2**20))
            say(*memory[-1])
    pictures.close()  # type: ignore[attr-defined]
    settled = memory[len(memory) // 5 :]
    slope = 0.0
    if len(settled) > 1:
        at, megabytes = np.array(settled).T
        slope = float(np.polyfit(at, megabytes, 1)[0]) * 10_000
    return Soak(
        frames,
        time.perf_counter() - began,
        len(passages),
        verdicts,
        [round(mb, 1) for _, mb in memory],
        round(slope, 3),
    )

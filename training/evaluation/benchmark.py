"""How long the models take, beside others, in one run.

What is compared takes turns, so that a neighbour's load hits all alike; figures of different runs on a shared machine
are not comparable, the ratio of two in one run is. A turn is a few calls of one thing, as a camera makes; the first of
them finds another's data in the caches and is not counted.
"""

import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mask_node.vision.load import FACE_DETECTOR, MASK_STATE, load_detector
from mask_node.vision.types import Detector, Frame
from training.data import DataError, read_scenes
from training.evaluation.matching import FOUND_CONFIDENCE
from training.evaluation.peers import Aizoo, open_interpreter

#: What a camera gives.
WIDTH, HEIGHT = 640, 480
#: Turns that are made and not counted: clocks settle. Calls of a turn that are counted.
WARM_UP = 2
TURN = 5
#: Height of a pasted face's picture.
_FACE_HEIGHT = 220

OURS = "ours"


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of one thing. what: `invoke` or `whole call`. faces: pasted into the frame, None for an invoke.

    found: how many the detector found with confidence 0.3 or more, so that a ratio compares like with like.
    """

    name: str
    what: str
    threads: int
    faces: int | None
    found: int | None
    p50: float
    p95: float
    calls: int


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times longer the peer's whole call takes: its median over ours, same run, threads and frame."""

    peer: str
    threads: int
    faces: int
    ratio: float


@dataclass(frozen=True, slots=True)
class Benchmark:
    """All timings of one run, and where it ran."""

    machine: str
    width: int
    height: int
    timings: list[Timing]
    ratios: list[Ratio]


@dataclass(frozen=True, slots=True)
class _Task:
    name: str
    what: str
    faces: int | None
    call: Callable[[], int | None]


def benchmark(
    models: Path,
    peers: Sequence[Path],
    others: Sequence[Path],
    face: Frame,
    *,
    threads: Sequence[int],
    faces: Sequence[int],
    rounds: int,
) -> Benchmark:
    """Time our pair, peers' whole calls and any model's invoke. others: TFLite files without known pre-processing."""
    frames = {count: frame_with(face, count) for count in faces}
    timings, ratios = [], []
    for number in threads:
        cv2.setNumThreads(number)  # resizing counts, too
        detectors: dict[str, Detector] = {OURS: load_detector(models, number)}
        detectors |= {peer.name: Aizoo(peer, number) for peer in peers}
        tasks = [
            _Task(name, "whole call", count, _look(detector, frame))
            for count, frame in frames.items()
            for name, detector in detectors.items()
        ]
        files = [models / f"{kind}.tflite" for kind in (FACE_DETECTOR, MASK_STATE)]
        tasks += [_Task(file.name, "invoke", None, _invoke(file, number)) for file in (*files, *peers, *others)]
        timed = take_turns(tasks, number, rounds)
        timings += timed
        ratios += ratios_of(timed)
    return Benchmark(platform.processor() or platform.machine(), WIDTH, HEIGHT, timings, ratios)


def take_turns(tasks: Sequence[_Task], threads: int, rounds: int) -> list[Timing]:
    """`rounds` counted calls of each, `TURN` in a turn; every round of turns begins with the next one."""
    spent: list[list[float]] = [[] for _ in tasks]
    found: list[int | None] = [None for _ in tasks]
    for turn in range(-(-rounds // TURN) + WARM_UP):
        for step in range(len(tasks)):
            index = (turn + step) % len(tasks)
            found[index] = tasks[index].call()
            for _ in range(min(TURN, rounds - len(spent[index])) if turn >= WARM_UP else 0):
                began = time.perf_counter()
                tasks[index].call()
                spent[index].append((time.perf_counter() - began) * 1e3)
    return [
        Timing(
            task.name, task.what, threads, task.faces, seen,
            float(np.percentile(ms, 50)), float(np.percentile(ms, 95)), len(ms),
        )
        for task, ms, seen in zip(tasks, spent, found, strict=True)
    ]  # fmt: skip


def ratios_of(timings: Sequence[Timing]) -> list[Ratio]:
    """Each peer's median whole call over ours, for each number of faces."""
    whole = [timing for timing in timings if timing.what == "whole call"]
    ours = {timing.faces: timing.p50 for timing in whole if timing.name == OURS}
    return [
        Ratio(timing.name, timing.threads, timing.faces, timing.p50 / ours[timing.faces])
        for timing in whole
        if timing.name != OURS and timing.faces is not None
    ]


def _look(detector: Detector, frame: Frame) -> Callable[[], int]:
    return lambda: sum(face.confidence >= FOUND_CONFIDENCE for face in detector.detect(frame).faces)


def _invoke(file: Path, threads: int) -> Callable[[], None]:
    interpreter = open_interpreter(file, threads)
    rng = np.random.default_rng(0)
    for detail in interpreter.get_input_details():
        # Noise, not zeros: some kernels skip zeros.
        if np.issubdtype(detail["dtype"], np.floating):
            value = rng.random(detail["shape"], np.float32).astype(detail["dtype"])
        else:
            limits = np.iinfo(detail["dtype"])
            value = rng.integers(limits.min, limits.max, detail["shape"], detail["dtype"], endpoint=True)
        interpreter.set_tensor(detail["index"], value)

    def call() -> None:
        interpreter.invoke()

    return call


def frame_with(face: Frame, count: int) -> Frame:
    """A (480, 640, 3) frame of a plain wall with a face's picture pasted into it `count` times, 0 to 6."""
    across = np.linspace(150, 190, WIDTH, dtype=np.float32)
    frame = np.repeat(across[None, :, None], HEIGHT, axis=0).repeat(3, axis=2).astype(np.uint8)
    scale = _FACE_HEIGHT / face.shape[0]
    small = cv2.resize(face, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    small = small[:, : WIDTH // 3 - 8]
    for number in range(min(count, 6)):
        top = 12 + (number % 2) * (_FACE_HEIGHT + 12)
        left = 4 + (number // 2) * (WIDTH // 3)
        frame[top : top + small.shape[0], left : left + small.shape[1]] = small
    return frame


def face_picture(data: Path | None) -> Frame:
    """A portrait, BGR: scikit-image's astronaut (public domain), or the largest bare face of --data's val split.

    Raises DataError if there is neither.
    """
    try:
        import skimage.data

        photograph = skimage.data.astronaut()[..., ::-1]  # type: ignore[no-untyped-call]
        return np.ascontiguousarray(photograph[0:270, 100:350])
    except ImportError:
        if data is None:
            raise DataError(
                "no face to look at; pip install scikit-image, or name a folder of pictures by --data"
            ) from None
    pictures = read_scenes(data, "val")
    label = max(pictures, key=lambda one: float(one.boxes[:, 3].max(initial=0)))
    x, y, w, h = (int(v) for v in label.boxes[int(label.boxes[:, 3].argmax())])
    picture = label.read()
    return picture[max(0, y - h // 4) : y + h + h // 4, max(0, x - w // 4) : x + w + w // 4]

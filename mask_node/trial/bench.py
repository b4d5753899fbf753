"""How long each stage takes, beside the bare `Invoke` of the same models, in one run.

What is compared takes turns, call by call, so that a neighbour's load hits all alike: figures of different runs on a
busy machine cannot be compared, the ratio of two in one run can.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mask_node.config_seeing import MotionSettings, SeeingSettings
from mask_node.looking import Looker
from mask_node.seeing import Observed
from mask_node.sources.base import Captured, file_time
from mask_node.trial.frames import frame_with
from mask_node.vision.load import FACE_DETECTOR, MASK_STATE, MODELS, load_detector
from mask_node.vision.types import Detector, Frame

#: Rounds that are made and not counted: caches and clocks settle.
WARM_UP = 5
#: Pictures a second of the imagined camera.
FPS = 10.0


@dataclass(frozen=True, slots=True)
class Row:
    """Milliseconds of one thing. faces: in the picture; None where that makes no difference. least: the fastest."""

    threads: int
    faces: int | None
    what: str
    p50: float
    p95: float
    least: float


@dataclass(frozen=True, slots=True)
class Whole:
    """One number of faces and of threads. invoke_ms: the bare calls that this picture needs; ratio: p50 over that.

    looks: second looks that the picture needed; least_ratio: the fastest over the fastest bare calls, which a busy
    machine spoils least; ratio_to_peer: p50 over the peer's, None without one.
    """

    threads: int
    faces: int
    looks: int
    p50: float
    p95: float
    fps: float
    invoke_ms: float
    ratio: float
    least_ratio: float
    ratio_to_peer: float | None


@dataclass(frozen=True, slots=True)
class Bench:
    """All of one run. memory_mb: resident, in units of 2**20 bytes, of a process that looks and does nothing else."""

    rows: list[Row]
    wholes: list[Whole]
    memory_mb: float


class _Counted:
    """Counts a stage's calls."""

    def __init__(self, read: Callable[..., Any]) -> None:
        self.calls, self._read = 0, read

    def __call__(self, *args: Any) -> Any:
        self.calls += 1
        return self._read(*args)


def bench(
    portrait: Frame, *, models: Path | None = None, peer: Path | None = None,
    threads: Sequence[int] = (1, 2), faces: Sequence[int] = (0, 1, 4), rounds: int = 60,
) -> Bench:  # fmt: skip
    """Time all of it. peer: a TFLite file; only its input is prepared and it is invoked, its boxes are not decoded.

    Raises `ModelError` where a model cannot be used.
    """
    rows, wholes = list[Row](), list[Whole]()
    for number in threads:
        tasks, looks = _tasks(portrait, faces, models or MODELS, peer, number)
        spent = _take_turns(tasks, rounds)
        summary = {
            key: (float(np.percentile(ms, 50)), float(np.percentile(ms, 95)), min(ms)) for key, ms in spent.items()
        }
        rows += [Row(number, count, what, *summary[count, what]) for count, what in summary]
        for count in faces:
            p50, p95, least = summary[count, "total"]
            first, second = summary[None, "invoke face_detector"], summary[None, "invoke mask_state"]
            bare, quick = (first[n] + looks[count] * second[n] for n in (0, 2))
            other = summary.get((None, "peer"))
            to_peer = p50 / other[0] if other else None
            wholes.append(
                Whole(number, count, looks[count], p50, p95, 1e3 / p50, bare, p50 / bare, least / quick, to_peer)
            )
    return Bench(rows, wholes, _memory(models))


def _memory(models: Path | None) -> float:
    """Of a process of its own that looks at one picture: here are many models and a portrait's library."""
    code = (
        "import sys; from pathlib import Path; import numpy as np, psutil\n"
        "from mask_node.vision.load import load_detector; from mask_node.looking import Looker\n"
        "from mask_node.sources.base import Captured, file_time\n"
        "looker = Looker(load_detector(Path(sys.argv[1])))\n"
        "looker.look(Captured(np.zeros((480, 640, 3), np.uint8), 0, file_time(0, 10), 0.0, 0.0))\n"
        "print(psutil.Process().memory_info().rss)"
    )
    said = subprocess.run([sys.executable, "-c", code, str(models or MODELS)], capture_output=True, check=True)
    return round(int(said.stdout) / 2**20, 1)


Key = tuple[int | None, str]
#: A call; returns milliseconds by name.
Task = Callable[[], dict[Key, float]]


def _take_turns(tasks: Sequence[Task], rounds: int) -> dict[Key, list[float]]:
    spent: dict[Key, list[float]] = {}
    for turn in range(rounds + WARM_UP):
        for step in range(len(tasks)):
            for key, ms in tasks[(turn + step) % len(tasks)]().items():
                if turn >= WARM_UP:
                    spent.setdefault(key, []).append(ms)
    return spent


def _tasks(
    portrait: Frame, faces: Sequence[int], models: Path, peer: Path | None, threads: int
) -> tuple[list[Task], dict[int, int]]:
    tasks, looks = list[Task](), dict[int, int]()
    for count in faces:
        frame, detector = frame_with(portrait, count), load_detector(models, threads)
        looks[count] = _second_looks(detector, frame)
        # Looked at every time: what a picture costs where the gate is open.
        tasks.append(_whole(detector, frame, count, SeeingSettings(motion=MotionSettings(enabled=False))))
    empty = frame_with(portrait, 0)
    seldom = MotionSettings(look_every_s=10, linger_s=0)
    tasks.append(_gated(load_detector(models, threads), empty, SeeingSettings(motion=seldom)))
    tasks += [_invoke(models / f"{kind}.tflite", f"invoke {kind}", threads) for kind in (FACE_DETECTOR, MASK_STATE)]
    if peer is not None:
        tasks.append(_invoke(peer, "peer", threads, picture=empty))
    return tasks, looks


def _second_looks(detector: Detector, frame: Frame) -> int:
    states = getattr(detector, "states", None)
    if states is None:
        return 0
    counted = _Counted(states.read)
    states.read = counted
    detector.detect(frame)
    del states.read
    return counted.calls


def _pictures(frame: Frame) -> Callable[[], Captured]:
    """A camera that shows the same, with a little noise, 10 times a second."""
    variants = [np.clip(frame.astype(np.int16) + np.random.default_rng(n).integers(-2, 3, frame.shape), 0, 255)
                for n in range(4)]  # fmt: skip
    state = {"index": -1}

    def shot() -> Captured:
        state["index"] += 1
        index = state["index"]
        picture = variants[index % len(variants)].astype(np.uint8)
        return Captured(picture, index, file_time(index, FPS), index / FPS, index / FPS)

    return shot


def _whole(detector: Detector, frame: Frame, count: int, seeing: SeeingSettings) -> Task:
    eyes, shot = Observed(detector), _pictures(frame)
    looker = Looker(eyes, seeing=seeing)

    def call() -> dict[Key, float]:
        looker.look(shot())
        ms, inner = looker.view.ms, eyes.last.ms if eyes.last else {}
        stages = {"picture": ms["picture"], "detect": inner.get("detect", 0.0), "state": inner.get("state", 0.0),
                  "judge": ms["judge"], "total": ms["total"]}  # fmt: skip
        return {(count, name): value for name, value in stages.items()}

    return call


def _gated(detector: Detector, frame: Frame, seeing: SeeingSettings) -> Task:
    shot, looker = _pictures(frame), Looker(detector, seeing=seeing)

    def call() -> dict[Key, float]:
        looker.look(shot())
        return {} if looker.view.looked else {(0, "gated"): looker.view.ms["total"]}

    return call


def _invoke(path: Path, name: str, threads: int, picture: Frame | None = None) -> Task:
    """picture: is made the model's input at each call, in place of noise that stays."""
    interpreter, detail = _open(path, threads)
    _, height, width, _ = (int(side) for side in detail["shape"])
    noise = np.random.default_rng(0).integers(0, 256, (1, height, width, 3)).astype(np.uint8)
    interpreter.set_tensor(detail["index"], _as_input(noise, detail["dtype"]))

    def call() -> dict[Key, float]:
        began = time.perf_counter()
        if picture is not None:
            small = cv2.cvtColor(cv2.resize(picture, (width, height)), cv2.COLOR_BGR2RGB)
            interpreter.set_tensor(detail["index"], _as_input(np.asarray(small[None], np.uint8), detail["dtype"]))
        interpreter.invoke()
        return {(None, name): (time.perf_counter() - began) * 1e3}

    return call


def _open(path: Path, threads: int) -> tuple[Any, dict[str, Any]]:
    from mask_node.vision.card import ModelError
    from mask_node.vision.runtime import _interpreter_class  # the runtime that the models themselves run on

    try:
        interpreter = _interpreter_class()(model_content=path.read_bytes(), num_threads=threads)
        interpreter.allocate_tensors()
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelError(f"{path}: cannot be used ({error}); name a TFLite file") from error
    return interpreter, interpreter.get_input_details()[0]


def _as_input(picture: Frame, dtype: Any) -> Any:
    if np.issubdtype(dtype, np.floating):
        return (picture / np.float32(255)).astype(dtype)
    return picture if dtype == np.uint8 else (picture.astype(np.int16) - 128).astype(dtype)


def report(result: Bench) -> str:
    """Return two Markdown tables: each stage, and all together."""
    lines = ["| threads | faces | stage | p50 ms | p95 ms | least ms |", "|---" * 6 + "|"]
    lines += [
        f"| {r.threads} | {'' if r.faces is None else r.faces} | {r.what} | {r.p50:.2f} | {r.p95:.2f} | {r.least:.2f} |"
        for r in result.rows
    ]
    lines += ["", "| threads | faces | looks | p50 ms | p95 ms | frames/s | Invoke ms | ratio | of least | to peer |",
              "|---" * 10 + "|"]  # fmt: skip
    for w in result.wholes:
        peer = "" if w.ratio_to_peer is None else f"{w.ratio_to_peer:.2f}"
        lines.append(
            f"| {w.threads} | {w.faces} | {w.looks} | {w.p50:.2f} | {w.p95:.2f} | {w.fps:.0f} | {w.invoke_ms:.2f} |"
            f" {w.ratio:.2f} | {w.least_ratio:.2f} | {peer} |"
        )
    return "\n".join([*lines, "", f"memory: {result.memory_mb} MB resident"])

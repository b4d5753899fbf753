"""How a run shows where it stands: a bar where there is a terminal, plain lines elsewhere (log files, notebooks)."""

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

import tensorflow as tf
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Say = Callable[[str], None]

#: Plain lines, and rows of the history, come every so many steps.
EVERY = 25


def tell(line: str) -> None:
    """Print at once, so that a log file can be followed."""
    print(line, flush=True)  # noqa: T201 - the default of a long run


def device_line() -> str:
    """Which device trains. A GPU's memory is taken as it is needed, so that two runs can share one."""
    cards = tf.config.list_physical_devices("GPU")
    for card in cards:
        try:
            tf.config.experimental.set_memory_growth(card, True)
        except RuntimeError:  # already in use by this process
            break
    if not cards:
        return "training on the CPU: no GPU is visible to TensorFlow"
    details = tf.config.experimental.get_device_details(cards[0])
    return f"training on GPU: {details.get('device_name', cards[0].name)}"


class Meter:
    """Smoothed losses and the speed of one `fit`; a context that owns the bar."""

    def __init__(self, first: int, last: int, batch: int, say: Say | None) -> None:
        """say: takes plain lines; None chooses by whether standard output is a terminal."""
        console = Console()
        self._bar = _bar(console) if say is None and console.is_terminal else None
        self._say = say or tell
        self._first, self._last, self._batch = first, last, batch
        self.sums: dict[str, float] = {}
        self._paused, self._began = 0.0, time.monotonic()

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
            self._task = self._bar.add_task("", total=self._last, completed=self._first, text="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def update(self, step: int, parts: Mapping[str, float]) -> bool:
        """Count one finished step; true every `EVERY` steps, when the smoothed values are worth a row."""
        for name, value in parts.items():
            # The first value stands for the mean: starting from 0 would show losses that nobody had.
            self.sums[name] = self.sums[name] * 0.95 + value * 0.05 if name in self.sums else value
        if self._bar:
            self._bar.update(self._task, completed=step, text=self._text(step))
        elif step % EVERY == 0:
            self._say(f"step {step}/{self._last}: {self._text(step)}")
        return step % EVERY == 0

    def note(self, line: str) -> None:
        """Say one line, above the bar if there is one."""
        if self._bar:
            self._bar.console.print(line, highlight=False, markup=False)
        else:
            self._say(line)

    def pause(self, seconds: float) -> None:
        """Leave this time out of the speed: it went into something else than training."""
        self._paused += seconds

    def _text(self, step: int) -> str:
        spent = max(1e-9, time.monotonic() - self._began - self._paused)
        losses = ", ".join(f"{name} {value:.3f}" for name, value in self.sums.items())
        return f"{losses}; {(step - self._first) * self._batch / spent:.1f} pictures/s"


def _bar(console: Console) -> Progress:
    return Progress(
        BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.fields[text]}"), console=console
    )

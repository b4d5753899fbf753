"""Batches made ahead of their use, in a thread of their own."""

import queue
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Pictures (B, S, S, C) uint8, or (B, F) float32 where features stand for them; and what is wanted of the model.
Batch = tuple[NDArray[Any], dict[str, NDArray[Any]]]
#: Makes batch number `step`; the same step gives the same batch, so that a resumed run goes on as if never stopped.
MakeBatch = Callable[[int], Batch]

#: Batches that wait, made, for the loop.
AHEAD = 4


class Feed:
    """Makes batches `first` to `last` - 1 in one thread (OpenCV and numpy let go of the interpreter lock)."""

    def __init__(self, make: MakeBatch, first: int, last: int) -> None:
        self._make, self._range = make, range(first, last)
        self._queue: queue.Queue[Batch | Exception] = queue.Queue(maxsize=AHEAD)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="feed", daemon=True)
        self._thread.start()

    def _work(self) -> None:
        for step in self._range:
            try:
                item: Batch | Exception = self._make(step)
            except Exception as error:  # noqa: BLE001 - handed to the loop, which raises it
                item = error
            while not self._stop.is_set():
                try:
                    self._queue.put(item, timeout=0.5)
                    break
                except queue.Full:
                    continue
            if self._stop.is_set() or isinstance(item, Exception):
                return

    def next(self) -> Batch:
        """The next batch; raises what its making raised."""
        item = self._queue.get()
        if isinstance(item, Exception):
            raise item
        return item

    def close(self) -> None:
        """Stop the thread."""
        self._stop.set()
        self._thread.join(timeout=10)


def one_hot(labels: NDArray[np.int64], count: int) -> NDArray[np.float32]:
    """(N, count) float32 of (N,) labels."""
    return np.eye(count, dtype=np.float32)[labels]

"""What cameras have in common: a thread that keeps the newest picture only and finds a lost camera again."""

import logging
import threading
from abc import ABC, abstractmethod
from datetime import timedelta
from typing import Protocol

import numpy as np

from mask_node.sources.backoff import BackOff
from mask_node.sources.base import Captured, SourceError
from mask_node.sources.opencv import decode_picture
from mask_node.vision.types import Frame
from maskgate.clock import Clock
from maskgate.messages import CameraState

log = logging.getLogger(__name__)

#: A camera that gives no picture for so long is lost, whatever its driver says.
SILENT_S = 3.0
CLOSE_S = 0.2


class Feed(Protocol):
    """A camera that is open. Used by one thread, but for `close`."""

    def next(self) -> Frame | bytes | None:
        """Wait for the next picture: (H, W, 3) BGR, or an encoded one; None when no more come.

        Encoded ones are decoded only when they are asked for: most of a fast camera's pictures never are.
        Raises `SourceError` with a reason.
        """
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Live(ABC):
    """A camera. patient: a camera that is not there at the start is waited for; else it is a `SourceError`."""

    def __init__(self, name: str, *, patient: bool, clock: Clock) -> None:
        self._name, self._clock = name, clock
        self._slot: tuple[Frame | bytes, int, float] | None = None
        self._news = threading.Condition()
        self._closed = threading.Event()
        self._lost = False
        self._count = 0
        self._last_at = self._beat = clock.monotonic()
        first = None if patient else self._open()
        self._thread = threading.Thread(target=self._run, args=(first,), name=f"camera {name}", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """A camera ends only by being closed."""
        return self._closed.is_set()

    @property
    def state(self) -> CameraState:
        """Whether pictures come."""
        return CameraState.LOST if self._lost or self._silent else CameraState.OK

    @property
    def beat(self) -> float:
        """The last sign of life of its thread, in monotonic seconds; ahead of the clock while it waits to try again."""
        return self._beat

    def read(self, timeout: float) -> Captured | None:
        """See `Source.read`."""
        with self._news:
            self._news.wait_for(lambda: self._slot is not None or self._closed.is_set(), timeout)
            newest, self._slot = self._slot, None
        if self._closed.is_set():
            return None
        if newest is None:
            if self._silent:  # its driver hangs: the thread cannot say so itself
                self._say_lost("no picture comes from it")
            return None
        picture, index, at = newest
        frame = decode_picture(picture) if isinstance(picture, bytes) else picture
        if frame is None:
            self._say_lost("what comes from it is no picture")
            return None
        self._say_back()
        # The time of day belongs to the moment of capture, a little before now.
        age = self._clock.monotonic() - at
        return Captured(frame, index, self._clock.now() - timedelta(seconds=age), at, at)

    def close(self) -> None:
        """See `Source.close`. A driver that hangs is left behind; its thread ends with it."""
        self._closed.set()
        with self._news:
            self._news.notify_all()
        self._thread.join(CLOSE_S)

    @property
    def _silent(self) -> bool:
        return self._clock.monotonic() - self._last_at > SILENT_S

    @abstractmethod
    def _open(self) -> Feed:
        """Open the camera; raises `SourceError`."""

    def _run(self, feed: Feed | None) -> None:
        back_off = BackOff()
        while not self._closed.is_set():
            self._beat = self._clock.monotonic()
            try:
                feed = feed or self._open()
                self._beat = self._clock.monotonic()
                picture = feed.next()
                if picture is not None:
                    self._keep(picture)
                    back_off = back_off.came(self._clock.monotonic())
                    continue
                why = "no picture comes from it"
            except SourceError as error:
                why = str(error)
            except Exception as error:  # noqa: BLE001 - a driver's fault must not end the camera for good
                why = f"{type(error).__name__} in its driver"
            self._say_lost(why)
            if feed is not None:
                _let_go(feed)
                feed = None
            pause, back_off = back_off.failed(self._clock.monotonic())
            self._beat = self._clock.monotonic() + pause
            self._closed.wait(pause)
        if feed is not None:
            _let_go(feed)

    def _keep(self, picture: Frame | bytes) -> None:
        if not isinstance(picture, bytes):  # whether bytes are a picture is known when they are read
            self._say_back()  # before somebody can have it
        now = self._clock.monotonic()
        with self._news:
            self._slot = (picture if isinstance(picture, bytes) else np.asarray(picture, np.uint8), self._count, now)
            self._count += 1
            self._last_at = now
            self._news.notify_all()

    def _say_lost(self, why: str) -> None:
        """Once; the return is said by `_say_back`."""
        with self._news:
            news, self._lost = not self._lost and not self._closed.is_set(), True
        if news:
            log.warning("the camera %s is lost: %s; trying on", self._name, why)

    def _say_back(self) -> None:
        with self._news:
            news, self._lost = self._lost, False
        if news:
            log.info("the camera %s is back", self._name)


def _let_go(feed: Feed) -> None:
    try:
        feed.close()
    except Exception:
        log.debug("a camera could not be closed in order", exc_info=True)

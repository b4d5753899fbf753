"""What cameras have in common: a thread that keeps the newest picture only and finds a lost camera again."""

import logging
import threading
from abc import ABC, abstractmethod

import numpy as np

from mask_node.sources.base import Captured, SourceError
from mask_node.sources.opencv import cv2
from mask_node.vision.types import Frame
from maskgate.clock import Clock
from maskgate.messages import CameraState

log = logging.getLogger(__name__)

FIRST_RETRY_S, LAST_RETRY_S = 0.5, 10.0
#: A camera that gives no picture for so long is lost, whatever its driver says.
SILENT_S = 3.0
CLOSE_S = 0.2


class Live(ABC):
    """A camera. patient: a camera that is not there at the start is waited for; else it is a `SourceError`."""

    def __init__(self, name: str, *, patient: bool, clock: Clock) -> None:
        self._name, self._clock = name, clock
        self._slot: Captured | None = None
        self._news = threading.Condition()
        self._closed = threading.Event()
        self._lost = False
        self._count = 0
        self._last_at = clock.monotonic()
        #: The thread's last sign of life; ahead of the clock while it pauses. Monotonic seconds.
        self.beat = clock.monotonic()
        first = None if patient else self._open()
        self._thread = threading.Thread(target=self._run, args=(first,), name=f"camera {name}", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """A camera ends only by being closed."""
        return self._closed.is_set()

    @property
    def live(self) -> bool:
        """Always."""
        return True

    @property
    def state(self) -> CameraState:
        """Whether pictures come."""
        silent = self._clock.monotonic() - self._last_at > SILENT_S
        return CameraState.LOST if self._lost or silent else CameraState.OK

    def read(self, timeout: float) -> Captured | None:
        """See `Source.read`."""
        with self._news:
            self._news.wait_for(lambda: self._slot is not None or self._closed.is_set(), timeout)
            newest, self._slot = self._slot, None
        return None if self._closed.is_set() else newest

    def close(self) -> None:
        """See `Source.close`. A driver that hangs is left behind; its thread ends with it."""
        self._closed.set()
        with self._news:
            self._news.notify_all()
        self._thread.join(CLOSE_S)

    @abstractmethod
    def _open(self) -> "cv2.VideoCapture":
        """Open the camera; raises `SourceError`."""

    def _run(self, capture: "cv2.VideoCapture | None") -> None:
        pause = FIRST_RETRY_S
        while not self._closed.is_set():
            try:
                self.beat = self._clock.monotonic()
                capture = capture or self._open()
                self.beat = self._clock.monotonic()
                ok, frame = capture.read()
                if ok:
                    self._keep(np.asarray(frame, np.uint8))
                    pause = FIRST_RETRY_S
                    continue
                why = "no picture comes from it"
            except SourceError as error:
                why = str(error)
            except Exception as error:  # noqa: BLE001 - a driver's fault must not end the camera for good
                why = f"{type(error).__name__} in its driver"
            self._say_lost(why)
            if capture is not None:
                capture.release()
                capture = None
            self.beat = self._clock.monotonic() + pause
            self._closed.wait(pause)
            pause = min(pause * 2, LAST_RETRY_S)
        if capture is not None:
            capture.release()

    def _keep(self, frame: Frame) -> None:
        now = self._clock.monotonic()
        with self._news:
            self._slot = Captured(frame, self._count, self._clock.now(), now, now)
            self._count += 1
            self._last_at = now
            self._news.notify_all()
        if self._lost:
            log.info("the camera %s is back", self._name)
            self._lost = False

    def _say_lost(self, why: str) -> None:
        """Once; the return is said by `_keep`."""
        if not self._lost and not self._closed.is_set():
            log.warning("the camera %s is lost: %s; trying on", self._name, why)
        self._lost = True

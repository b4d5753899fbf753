"""What files have in common: read whole and fast, or played as a camera would deliver them."""

from abc import ABC, abstractmethod
from threading import Event, Lock

from mask_node.sources.base import Captured, SourceError, file_time
from mask_node.vision.types import Frame
from maskgate.clock import Clock
from maskgate.messages import CameraState

#: A picture due in less than this many seconds is due now.
NOW_S = 1e-6


class Recorded(ABC):
    """A finite row of pictures.

    pace: play at the row's own rate by the machine's clock, skipping what there was no time for; else every
    picture, at once, in the row's own time. loop: begin again at the end (only when paced).
    """

    def __init__(self, *, fps: float, pace: bool, loop: bool, clock: Clock) -> None:
        self.fps, self._pace, self._loop, self._clock = fps, pace, loop and pace, clock
        self._index = 0  # of the next picture, through all rounds
        self._in_round = 0
        self._began: float | None = None
        self._closed = Event()
        self._ended = False
        self._lock = Lock()

    @property
    def ended(self) -> bool:
        """Whether the last picture has been read."""
        return self._ended or self._closed.is_set()

    @property
    def state(self) -> CameraState:
        """A file that has ended shows nothing any more."""
        return CameraState.LOST if self.ended else CameraState.OK

    def read(self, timeout: float) -> Captured | None:
        """See `Source.read`."""
        if self.ended:
            return None
        if self._pace and not self._wait_for_turn(timeout):
            return None
        frame = self._next_wanted()
        if frame is None:
            self._ended = not self._closed.is_set()
            return None
        index, captured = self._index - 1, self._clock.monotonic()
        if self._pace:
            return Captured(frame, index, self._clock.now(), captured, captured)
        return Captured(frame, index, file_time(index, self.fps), index / self.fps, captured)

    def close(self) -> None:
        """See `Source.close`."""
        self._closed.set()
        with self._lock:  # nobody is inside the decoder
            self._release()

    def _wait_for_turn(self, timeout: float) -> bool:
        """Wait until the next picture is due; False when `timeout` passes before, or it is closed."""
        now = self._clock.monotonic()
        self._began = now if self._began is None else self._began
        wait = self._began + self._index / self.fps - now
        if wait > NOW_S:
            self._closed.wait(min(wait, timeout))
        return wait <= timeout + NOW_S and not self._closed.is_set()

    def _next_wanted(self) -> Frame | None:
        """Return the next picture; when paced, the newest that is due. None at the end."""
        with self._lock:
            if self._closed.is_set() or not self._advance():
                return None
            if self._began is not None:
                due = int((self._clock.monotonic() - self._began + NOW_S) * self.fps)
                while self._index <= due and self._advance():
                    pass
            return self._retrieve()

    def _advance(self) -> bool:
        moved = self._grab()
        if not moved and self._loop and self._in_round:
            self._rewind()
            self._in_round = 0
            moved = self._grab()
        if not moved and self._index == 0:
            raise SourceError(self._nothing_in_it())
        self._index += moved
        self._in_round += moved
        return moved

    @abstractmethod
    def _grab(self) -> bool:
        """Go to the next picture; False at the end."""

    @abstractmethod
    def _retrieve(self) -> Frame | None:
        """Return the picture gone to; None when the end was met."""

    @abstractmethod
    def _rewind(self) -> None:
        """Go before the first picture."""

    @abstractmethod
    def _release(self) -> None:
        """Let go of files."""

    @abstractmethod
    def _nothing_in_it(self) -> str:
        """Say that there was no picture at all, and what to do."""

"""The eyes: a source, a detector and the thread that brings them together. Each can be begun anew while all runs."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from mask_node.config import NodeConfig
from mask_node.looking import Looker
from mask_node.passage import Verdict
from mask_node.sources import Captured, Source, SourceError, open_source
from mask_node.supervise import Life, Part, Worker
from mask_node.vision.types import Detector, Face, Frame, Sight
from mask_node.vitals import Vitals
from maskgate.clock import Clock
from maskgate.messages import CameraState, CameraTrouble

log = logging.getLogger(__name__)

#: How long a look waits for a picture before time passes without one, in seconds.
LOOK_S = 0.5
#: A look that lasts so long, in seconds, is told as a failed detector: a door cannot wait until it begins anew (S3).
SLOW_S = 3.0
#: After a fault that is not the detector's, so that it does not fill the log.
PAUSE_S = 1.0
#: A detector that fails so often in a row is loaded anew.
MOST_FAULTS = 20

#: What is done with the verdicts of a picture: the picture is None where time passed without one.
Keep = Callable[[list[Verdict], Captured | None, "Observed"], None]


@runtime_checkable
class Lively(Protocol):
    """A source with a thread of its own, which gives signs of life (monotonic seconds)."""

    @property
    def beat(self) -> float:
        """The last one; ahead of the clock while a long silence is in order."""
        ...


class Observed:
    """A detector that remembers what its last look gave. beat: gives a sign of life."""

    def __init__(self, detector: Detector, beat: Callable[[], None] = lambda: None) -> None:
        self.detector, self._beat = detector, beat
        self.last: Sight | None = None

    @property
    def model_id(self) -> str:
        """See `Detector`."""
        return self.detector.model_id

    def detect(self, frame: Frame) -> Sight:
        """See `Detector`."""
        self.last = self.detector.detect(frame)
        return self.last

    def find(self, part: Frame) -> list[Face]:
        """Return the faces of a part of a picture, beside the looks: many of these in a row may take long."""
        self._beat()
        return self.detector.detect(part).faces

    def forget(self) -> None:
        """Begin a new picture, which may not be looked at."""
        self.last = None


class Eyes:
    """Looks until the source ends or `stop`. detector, source: in place of those configured."""

    def __init__(
        self,
        config: NodeConfig,
        *,
        detector: Detector | None,
        source: Source | None,
        clock: Clock,
        vitals: Vitals,
        keep: Keep,
        changed: Callable[[], None],
    ) -> None:
        self._config, self._given, self._source, self._clock = config, detector, source, clock
        self._vitals, self._keep, self._changed = vitals, keep, changed
        self._worker = Worker("looking", self._live, clock)
        self._detector: Detector | None = None
        self._looker: Looker | None = None  # the thread's; others only ask for its trouble
        self._reading = False
        self.enabled = threading.Event()
        self.enabled.set()
        #: What the models run on, and why not on something faster.
        self.hardware = "cpu"
        #: Set when the source has ended and all it showed was kept.
        self.ended = threading.Event()
        #: Whether it ended by a fault of the source, which the log names.
        self.broke_off = False

    @property
    def model_id(self) -> str:
        """Of the detector in use."""
        return self._detector.model_id if self._detector else ""

    @property
    def camera(self) -> CameraState:
        """What there is of the picture."""
        source = self._source  # asked for once: another thread may be opening it anew
        if source is not None and source.ended and not self.broke_off:
            # A file has come to its end: no camera is lost, and the orderly stop that follows says the rest.
            return CameraState.OK
        state = source.state if source else CameraState.LOST
        return CameraState.DEGRADED if state is CameraState.OK and self.trouble else state

    @property
    def trouble(self) -> CameraTrouble | None:
        """Why the picture cannot be judged now; None while it can."""
        return self._looker.trouble if self._looker else None

    @property
    def people(self) -> int:
        """How many people are in view now."""
        return self._looker.people if self._looker else 0

    @property
    def stuck(self) -> bool:
        """Whether the look under way lasts so long that nobody looks; it may end yet."""
        return self._worker.alive and self._clock.monotonic() - self._sign_of_life() >= SLOW_S

    def open(self) -> None:
        """Load the models and open the source. Raises `ModelError` or `SourceError`."""
        self._detector = self._load()
        if self._source is None:
            self._source = self._open_source()

    def start(self) -> None:
        """Begin to look."""
        self._worker.start()

    def stop(self, timeout: float) -> None:
        """Look no more: what was seen of those still in view is kept. A thread that hangs is left behind."""
        self._worker.end()
        if self._source is not None:
            self._source.close()
        self._worker.stop(timeout)

    @property
    def parts(self) -> tuple[Part, Part]:
        """What a supervisor watches: the thread that looks, and that of the camera."""
        alive = lambda: self._worker.alive or self.ended.is_set()  # noqa: E731
        return (
            Part("looking", alive, self._sign_of_life, self._begin_anew),
            Part("camera", lambda: True, self._camera_beat, self._open_anew),
        )

    def _load(self) -> Detector:
        if self._given is not None:
            return self._given
        from mask_node.accelerator import load_best

        models = self._config.models
        detector, self.hardware = load_best(models.folder, models.threads, edge_tpu=models.edge_tpu)
        return detector

    def _open_source(self) -> Source:
        return open_source(self._config.source, pace=True, patient=True, clock=self._clock)

    def _sign_of_life(self) -> float:
        return self._clock.monotonic() if self.ended.is_set() else self._worker.beat()

    def _camera_beat(self) -> float:
        source = self._source
        own = source.beat if isinstance(source, Lively) else self._clock.monotonic()
        return self._clock.monotonic() if self.ended.is_set() else own

    def _begin_anew(self) -> None:
        self._vitals.failed()
        self._changed()
        self._detector = None  # loaded by the new thread: that takes its time
        if self._reading:
            self._open_anew()  # a source that hangs must not be read by two threads
        self._worker.start()

    def _open_anew(self) -> None:
        old, self._source = self._source, None
        if old is not None:
            old.close()
        self._source = self._open_source()

    # The thread.

    def _live(self, life: Life) -> None:
        if self._detector is None:
            self._detector = self._load()
        eyes = Observed(self._detector, life.beat)
        config = self._config
        looker = Looker(eyes, seeing=config.seeing, tracking=config.tracking, verdict=config.verdict)
        self._looker = looker
        while life.goes_on and self._vitals.in_a_row < MOST_FAULTS:
            try:
                if not self._turn(life, looker, eyes):
                    break
            except SourceError as error:
                log.error("%s", error)  # noqa: TRY400 - a sentence for people, not a fault of ours
                self.broke_off = True
                break
            except Exception:
                log.exception("looking failed; it goes on")
                time.sleep(PAUSE_S)
            self._changed()
        if self._vitals.in_a_row >= MOST_FAULTS:
            self._vitals.in_a_row = 0
            return  # the next life begins with new models
        if not life.abandoned:
            self._keep(looker.finish(), None, eyes)
        if life.goes_on:
            self.ended.set()
            self._changed()

    def _turn(self, life: Life, looker: Looker, eyes: Observed) -> bool:
        """Look once; return False at the end of the source."""
        source = self._source
        if source is None:  # it is being opened anew
            time.sleep(LOOK_S)
            return True
        self._reading = True
        picture = source.read(LOOK_S)
        self._reading = False
        if not life.goes_on:
            return True
        if picture is not None and self.enabled.is_set():
            self._keep_of(life, self._look(life, looker, eyes, picture), picture, eyes)
        elif picture is None and source.ended and source is self._source:
            return False
        else:
            verdicts = looker.pass_time(self._clock.now(), self._clock.monotonic())
            self._keep_of(life, verdicts, None, eyes)
        return True

    def _look(self, life: Life, looker: Looker, eyes: Observed, picture: Captured) -> list[Verdict]:
        began = self._clock.monotonic()
        eyes.forget()
        try:
            verdicts = looker.look(picture)
        except Exception:
            if self._vitals.detector == "ok":
                log.exception("the detector failed; trying on")
            self._vitals.failed()
            return looker.pass_time(picture.at, picture.captured)
        if not life.goes_on:
            return []
        if self._vitals.detector == "failed":
            log.info("the detector works again, after %d faults since the start", self._vitals.faults)
        now = self._clock.monotonic()
        stages = {"wait": began - picture.captured}
        if eyes.last is not None:
            stages |= {name: value / 1e3 for name, value in eyes.last.ms.items() if name != "total"}
            stages["decide"] = max(0.0, now - began - eyes.last.ms.get("total", 0.0) / 1e3)
        self._vitals.looked(now, now - picture.captured, stages)
        return verdicts

    def _keep_of(self, life: Life, verdicts: list[Verdict], picture: Captured | None, eyes: Observed) -> None:
        if life.goes_on:
            self._keep(verdicts, picture, eyes)

"""From pictures to verdicts: detector, tracks and passages in one row."""

from collections.abc import Callable
from datetime import datetime

from mask_node.config import TrackingSettings, VerdictSettings
from mask_node.passage import Moment, Passages, Verdict
from mask_node.sources import Captured
from mask_node.tracking import Tracks, follow
from mask_node.vision.types import Detector, Face
from maskgate.ids import new_id


class Looker:
    """Looks at each picture in order; the same for a file, a camera and a test."""

    def __init__(
        self,
        detector: Detector,
        *,
        tracking: TrackingSettings | None = None,
        verdict: VerdictSettings | None = None,
        make_id: Callable[[datetime], str] = new_id,
    ) -> None:
        self._detector, self._tracking = detector, tracking or TrackingSettings()
        self._tracks = Tracks()
        self._passages = Passages(verdict or VerdictSettings(), make_id)
        self._last: Captured | None = None

    def look(self, picture: Captured) -> list[Verdict]:
        """Return the verdicts that a picture settles. What the detector raises goes through."""
        self._last = picture
        faces = self._detector.detect(picture.frame).faces
        moment = Moment(picture.index, picture.at, picture.seconds)
        return self._go_on(faces, moment, float(min(picture.frame.shape[:2])))

    def pass_time(self, at: datetime, monotonic: float) -> list[Verdict]:
        """Return what is to be said now, when no picture could be looked at: people leave all the same."""
        last = self._last
        if last is None:
            return []
        gone_by = max(0.0, monotonic - last.captured)
        return self._go_on([], Moment(last.index, at, last.seconds + gone_by), 0.0)

    def finish(self) -> list[Verdict]:
        """Return what is still to be said when the source has ended."""
        return self._passages.finish()

    def _go_on(self, faces: list[Face], moment: Moment, picture_side: float) -> list[Verdict]:
        self._tracks = follow(self._tracks, faces, moment.seconds, self._tracking)
        return self._passages.see(self._tracks.live, moment, picture_side=picture_side)

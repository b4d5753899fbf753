"""From pictures to verdicts: detector, tracks and passages in one row."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from mask_node.config_seeing import SeeingSettings, TrackingSettings, VerdictSettings
from mask_node.evidence import Sign
from mask_node.passage import Moment, Passages, Verdict
from mask_node.sight.crop import face_picture
from mask_node.sight.hand import likeness
from mask_node.sight.liveness import Life, first_look, look_again
from mask_node.sight.motion import Motion, wants_look
from mask_node.sight.picture_health import PictureHealth, judge
from mask_node.sight.region import cut_out, put_back
from mask_node.sight.sharpness import sharpness
from mask_node.sight.thumbnail import thumbnail
from mask_node.sources import Captured
from mask_node.tracking import Track, Tracks, follow, hold
from mask_node.vision.types import Box, Detector, Face, Frame, Sight
from maskgate.ids import new_id
from maskgate.messages import CameraTrouble
from maskgate.states import MaskState

#: States that a hand before the mouth may be taken for.
COVERED = frozenset({MaskState.MASK, MaskState.INCORRECT})


@dataclass(frozen=True, slots=True)
class View:
    """What was made of the last picture, for those who show it. ms: milliseconds per stage, with their `total`."""

    tracks: tuple[Track, ...] = ()
    signs: dict[int, Sign] = field(default_factory=dict)
    looked: bool = False
    trouble: CameraTrouble | None = None
    ms: dict[str, float] = field(default_factory=dict)


class Looker:
    """Looks at each picture in order; the same for a file, a camera and a test."""

    def __init__(
        self,
        detector: Detector,
        *,
        seeing: SeeingSettings | None = None,
        tracking: TrackingSettings | None = None,
        verdict: VerdictSettings | None = None,
        make_id: Callable[[datetime], str] = new_id,
    ) -> None:
        self._detector, self._tracking = detector, tracking or TrackingSettings()
        self._seeing, self._verdict = seeing or SeeingSettings(), verdict or VerdictSettings()
        self._tracks, self._lives = Tracks(), dict[int, Life]()
        self._passages = Passages(self._verdict, make_id)
        self._health, self._motion = PictureHealth(), Motion()
        self._last: Captured | None = None
        self._well_again = False  # whether this picture is the first that can be judged again
        self.view = View()

    @property
    def trouble(self) -> CameraTrouble | None:
        """Why no picture can be judged now; None while they can."""
        return self._health.trouble

    @property
    def people(self) -> int:
        """How many living faces are in view now; pictures of faces do not count."""
        lives = self._lives
        return sum(track.id in lives and lives[track.id].alive for track in self._tracks.live)

    def look(self, picture: Captured) -> list[Verdict]:
        """Return the verdicts that a picture settles. What the detector raises goes through."""
        began = time.perf_counter()
        self._last, frame = picture, picture.frame
        small = thumbnail(frame)
        was_bad = self._health.trouble is not None
        self._health = judge(self._health, small, picture.seconds, self._seeing.picture)
        self._well_again = was_bad and self._health.trouble is None
        looked, self._motion = wants_look(
            self._motion, small.cells, picture.seconds, self._seeing.motion, busy=self._busy()
        )
        ready = time.perf_counter()
        sight = self._detect(frame) if looked else Sight([], {})
        seen = time.perf_counter()
        if looked:
            self._tracks = follow(self._tracks, sight.faces, picture.seconds, self._tracking)
        else:
            self._tracks = hold(self._tracks, picture.seconds)
        signs = self._signs(frame, picture.seconds)
        moment, side = Moment(picture.index, picture.at, picture.seconds), float(min(frame.shape[:2]))
        verdicts = self._passages.see(self._tracks.live, moment, picture_side=side, signs=signs)
        ended = time.perf_counter()
        stages = {"picture": ready - began, "faces": seen - ready, "judge": ended - seen, "total": ended - began}
        ms = {stage: 1e3 * seconds for stage, seconds in stages.items()}
        self.view = View(self._tracks.live, signs, looked, self._health.trouble, ms)
        return verdicts

    def pass_time(self, at: datetime, monotonic: float) -> list[Verdict]:
        """Return what is to be said now, when no picture could be looked at: people leave all the same."""
        last = self._last
        if last is None:
            return []
        gone_by = max(0.0, monotonic - last.captured)
        moment = Moment(last.index, at, last.seconds + gone_by)
        self._tracks = follow(self._tracks, [], moment.seconds, self._tracking)
        return self._passages.see(self._tracks.live, moment)

    def told(self) -> dict[int, MaskState]:
        """Return the state told last of each track's person, where one was."""
        return self._passages.told()

    def finish(self) -> list[Verdict]:
        """Return what is still to be said when the source has ended."""
        return self._passages.finish()

    def _detect(self, frame: Frame) -> Sight:
        part, left, top = cut_out(frame, self._seeing.region)
        sight = self._detector.detect(part)
        return Sight(put_back(sight.faces, left, top), sight.ms)

    def _busy(self) -> bool:
        """Whether somebody is in view, or something of which it is not known yet."""
        return any(not (life := self._lives.get(track.id)) or not life.thing for track in self._tracks.live)

    def _signs(self, frame: Frame, now: float) -> dict[int, Sign]:
        lives, signs = dict[int, Life](), dict[int, Sign]()
        judged = self._health.trouble is None and not self._health.same
        for track in self._tracks.live:
            life = self._lives.get(track.id)
            if track.face is not None:
                box = track.face.box
                life = self._life_of(life, frame, box, now)
            if life is not None:
                lives[track.id] = life
            clear = judged and track.face is not None and self._clear(frame, track.face)
            signs[track.id] = Sign(bool(life and life.alive), bool(life and life.thing), clear)
        self._lives = lives
        return signs

    def _life_of(self, before: Life | None, frame: Frame, box: Box, now: float) -> Life | None:
        """Return what is known of a face in `box`. Whoever waited in the dark is no poster when the light goes on."""
        if before is None:
            return first_look(frame, box, now)
        if self._well_again and not (before.alive or before.thing):
            anew = first_look(frame, box, now)
            return anew and replace(anew, changes=before.changes)
        life = look_again(before, frame, box, now, self._seeing)
        return replace(life, thing=before.thing) if self._health.trouble is not None else life

    def _clear(self, frame: Frame, face: Face) -> bool:
        """Whether a face is sharp and no hand is before it. One too small to count is not looked at closer."""
        if min(face.box[2], face.box[3]) < self._verdict.min_face_px or face.score < self._verdict.min_score:
            return False
        picture = face_picture(frame, face.box)
        if picture is None or sharpness(picture) < self._seeing.sharpness:
            return False
        alike = likeness(picture) if face.state in COVERED else None
        return alike is None or alike >= self._seeing.hand

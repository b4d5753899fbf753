"""From tracks to passages: one person's stay, one verdict, revised when the person changes.

No clock, no input, no output: frames with their times come in, verdicts go out.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mask_node.config import VerdictSettings
from mask_node.evidence import Look, Opinion, judge, look, remember, solid, support
from mask_node.tracking import Box, Track, nearness
from maskgate.messages import VerdictReason
from maskgate.states import MODEL_STATES, MaskState

#: A face found again within this many face sizes of where it was lost may be the same person.
SAME_PLACE = 1.0


@dataclass(frozen=True, slots=True)
class Moment:
    """A frame's place in time. at: for records; seconds: of the source, only ever growing."""

    frame: int
    at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of one passage. seen_from: its first frame; seen_to: the frame that settled this verdict."""

    passage: str
    revision: int
    state: MaskState
    confidence: float
    frames: int
    first_frame: int
    last_frame: int
    seen_from: datetime
    seen_to: datetime
    faces_in_view: int
    reason: VerdictReason


@dataclass(slots=True)
class _Person:
    """One open passage."""

    id: str
    first: Moment
    last: Moment
    box: Box
    track: int | None  # None while lost
    window: tuple[Look, ...] = ()
    counted: int = 0  # looks that counted, since `first`
    counted_at: float = 0.0  # the last of them
    solid: bool = False  # whether somebody was ever there for sure
    unsure: float = 1.0  # what the last look that counted left for other states, 0 to 1
    verdict: Verdict | None = None
    leaning: MaskState | None = None  # what the looks agree on now, where that is not told yet,
    leaning_from: float = 0.0  # and since when, in seconds of the source


@dataclass(slots=True)
class Passages:
    """The people in view. `see` each frame in order; what it returns is news."""

    settings: VerdictSettings
    new_id: Callable[[datetime], str]
    _open: list[_Person] = field(default_factory=list)

    def see(self, tracks: Sequence[Track], moment: Moment, *, picture_side: float = 0.0) -> list[Verdict]:
        """Return the verdicts that a frame settles, those of longer-standing people first.

        tracks: all live ones, those that this frame does not show too. picture_side: pixels of the shorter side.
        """
        verdicts = self._close_those_gone({track.id for track in tracks}, moment)
        smallest = max(self.settings.min_face_px, self.settings.min_face_share * picture_side)
        in_view = sum(track.face is not None for track in tracks)
        for track, person in self._with_their_people(tracks, moment):
            new = look(track.face, moment.seconds, smallest, self.settings.min_score)
            person.window = remember(person.window, new, self.settings)
            if track.face is not None:
                person.box, person.last = track.face.box, moment
            if new.weight > 0:
                self._count(person, moment)
                verdicts += self._consider(person, moment, in_view)
        return verdicts

    def finish(self) -> list[Verdict]:
        """End every passage, as when the source ends; return what is still to be said."""
        people, self._open = self._open, []
        return [verdict for person in people for verdict in self._farewell(person)]

    def _with_their_people(self, tracks: Iterable[Track], moment: Moment) -> list[tuple[Track, _Person]]:
        by_track = {person.track: person for person in self._open if person.track is not None}
        found = []
        for track in tracks:
            person = by_track.get(track.id)
            if person is None and track.face is None:
                continue  # it was lost before it became anybody's
            person = person or self._found_again(track)
            if person is None:
                person = _Person(self.new_id(moment.at), moment, moment, track.box, track.id)
                self._open.append(person)
            person.track = track.id
            found.append((track, person))
        return found

    def _found_again(self, track: Track) -> _Person | None:
        lost = [person for person in self._open if person.track is None]
        near = [(nearness(person.box, track.box, SAME_PLACE), person) for person in lost]
        closest = max(near, key=lambda pair: pair[0], default=(0.0, None))
        return closest[1] if closest[0] > 0 else None

    def _count(self, person: _Person, moment: Moment) -> None:
        faded = moment.seconds - person.counted_at > self.settings.window_s
        if person.verdict is None and (not person.counted or (faded and not person.solid)):
            # What looked like a face for a moment and faded was nobody: the passage begins here.
            person.first, person.counted = moment, 0
        person.counted, person.counted_at = person.counted + 1, moment.seconds
        person.solid = person.solid or solid(person.window, self.settings)
        person.unsure = 1 - max(support(person.window, state) for state in MODEL_STATES)

    def _consider(self, person: _Person, moment: Moment, in_view: int) -> list[Verdict]:
        opinion, told, rules = judge(person.window, self.settings), person.verdict, self.settings
        held = _held(person, opinion, moment)
        open_question = told is None or told.state is MaskState.UNCERTAIN
        at_once = open_question and opinion is not None and opinion.probability >= rules.sure
        if opinion is not None and held >= (rules.settle_s if at_once else rules.hold_s):
            reason = VerdictReason.AGREED if open_question else VerdictReason.CHANGED
            return [self._tell(person, opinion, moment, in_view, reason)]
        waited = moment.seconds - person.first.seconds
        if told is None and waited >= rules.undecided_s and solid(person.window, rules):
            return [self._tell(person, None, moment, in_view, VerdictReason.UNDECIDED)]
        return []

    def _close_those_gone(self, tracked: set[int], moment: Moment) -> list[Verdict]:
        verdicts, staying = [], []
        for person in self._open:
            if person.track not in tracked:
                person.track = None
            if person.track is None and moment.seconds - person.last.seconds > self.settings.same_person_s:
                verdicts += self._farewell(person)
            else:
                staying.append(person)
        self._open = staying
        return verdicts

    def _farewell(self, person: _Person) -> list[Verdict]:
        if person.verdict is not None or not person.solid:
            return []
        # Nobody is seen any more: the frame that settled it is the person's last, with that face at least.
        return [self._tell(person, None, person.last, 1, VerdictReason.LEFT)]

    def _tell(
        self, person: _Person, opinion: Opinion | None, moment: Moment, in_view: int, reason: VerdictReason
    ) -> Verdict:
        person.verdict = Verdict(
            passage=person.id,
            revision=person.verdict.revision + 1 if person.verdict else 1,
            state=opinion.state if opinion else MaskState.UNCERTAIN,
            confidence=opinion.probability if opinion else person.unsure,
            frames=opinion.frames if opinion else person.counted,
            first_frame=person.first.frame,
            last_frame=moment.frame,
            seen_from=person.first.at,
            # The time of day may be set back while somebody is there.
            seen_to=max(moment.at, person.first.at),
            faces_in_view=in_view,
            reason=reason,
        )
        return person.verdict


def _held(person: _Person, opinion: Opinion | None, moment: Moment) -> float:
    """Note what the looks lean to; return for how many seconds they have, or -1 where that is no news."""
    if opinion is None or (person.verdict is not None and opinion.state is person.verdict.state):
        person.leaning = None
        return -1.0
    if opinion.state is not person.leaning:
        person.leaning, person.leaning_from = opinion.state, opinion.since
    return moment.seconds - person.leaning_from

"""From tracks to passages: one person's stay, one verdict, revised when the person changes.

No clock, no input, no output: frames with their times come in, verdicts go out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from mask_node.config_seeing import VerdictSettings
from mask_node.evidence import GOOD, Look, Sign, look, remember, solid, support
from mask_node.sprt import Belief, add, decided, tell
from mask_node.tracking import Track, nearness
from mask_node.vision.types import Box
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
    solid: bool = False  # whether something that looks like a face was ever there for a while
    scores: float = 0.0  # the sum of the counted looks' scores as a face
    alive: bool = False  # whether it is no portrait
    belief: Belief = field(default_factory=Belief)
    verdict: Verdict | None = None


@dataclass(slots=True)
class Passages:
    """The people in view. `see` each frame in order; what it returns is news."""

    settings: VerdictSettings
    new_id: Callable[[datetime], str]
    _open: list[_Person] = field(default_factory=list)

    def see(
        self,
        tracks: Sequence[Track],
        moment: Moment,
        *,
        picture_side: float = 0.0,
        signs: Mapping[int, Sign] | None = None,
    ) -> list[Verdict]:
        """Return the verdicts that a frame settles, those of longer-standing people first.

        tracks: all live ones, those that this frame does not show too. picture_side: pixels of the shorter side.
        signs: by track, what the picture says of its face; good where it says nothing.
        """
        signs = signs or {}
        verdicts = self._close_those_gone({track.id for track in tracks}, moment)
        smallest = max(self.settings.min_face_px, self.settings.min_face_share * picture_side)
        in_view = sum(track.face is not None and not signs.get(track.id, GOOD).thing for track in tracks)
        for track, person in self._with_their_people(tracks, moment):
            sign = signs.get(track.id, GOOD)
            person.alive = person.alive or (track.face is not None and sign.alive)
            new = look(track.face, moment.seconds, smallest, self.settings.min_score, clear=sign.clear)
            person.window = remember(person.window, new, self.settings)
            if track.face is not None:
                person.box, person.last = track.face.box, moment
            if new.weight > 0:
                self._count(person, new, moment, track.face.score if track.face else 0.0)
                verdicts += self._consider(person, moment, in_view)
        return verdicts

    def told(self) -> dict[int, MaskState]:
        """Return the state told last of the person behind each track, where one was."""
        return {p.track: p.verdict.state for p in self._open if p.track is not None and p.verdict is not None}

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

    def _count(self, person: _Person, new: Look, moment: Moment, score: float) -> None:
        faded = moment.seconds - person.counted_at > self.settings.window_s
        barely = person.verdict is None and score >= self.settings.sure_score and not self._sure(person)
        if barely:
            person.window, person.solid = person.window[-1:], False
        if person.verdict is None and (not person.counted or barely or (faded and not person.solid)):
            # What looked like a face for a moment, or barely, was nobody: the passage begins here.
            person.first, person.counted, person.belief, person.scores = moment, 0, Belief(), 0.0
        person.counted, person.counted_at = person.counted + 1, moment.seconds
        person.solid = person.solid or solid(person.window, self.settings)
        person.scores += score
        if new.states is not None:
            person.belief = add(person.belief, new.states, moment.seconds, new.weight, self.settings)

    def _sure(self, person: _Person) -> bool:
        """Whether it is a face on the whole: hands and things pass for one now and then, and barely the rest of it."""
        return person.scores >= self.settings.sure_score * person.counted > 0

    def _consider(self, person: _Person, moment: Moment, in_view: int) -> list[Verdict]:
        told, rules, belief = person.verdict, self.settings, person.belief
        if not person.alive or not self._sure(person) or not solid(person.window, rules):
            return []
        state = decided(belief, rules)
        open_question = told is None or told.state is MaskState.UNCERTAIN
        held = open_question or moment.seconds - belief.since >= rules.hold_s
        if state is not None and belief.frames >= rules.frames and held:
            reason = VerdictReason.AGREED if open_question else VerdictReason.CHANGED
            return [self._tell(person, state, moment, in_view, reason)]
        waited = moment.seconds - person.first.seconds
        if told is None and waited >= rules.undecided_s:
            return [self._tell(person, MaskState.UNCERTAIN, moment, in_view, VerdictReason.UNDECIDED)]
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
        if person.verdict is not None or not (person.solid and self._sure(person) and person.alive):
            return []
        # Nobody is seen any more: the frame that settled it is the person's last, with that face at least.
        return [self._tell(person, MaskState.UNCERTAIN, person.last, 1, VerdictReason.LEFT)]

    def _tell(self, person: _Person, state: MaskState, moment: Moment, in_view: int, reason: VerdictReason) -> Verdict:
        if state is MaskState.UNCERTAIN:
            confidence = 1 - max(support(person.window, each) for each in MODEL_STATES)
            frames = person.counted
        else:
            behind = [each for each in person.window if each.at >= person.belief.since]
            confidence, frames = support(behind, state), person.belief.frames
            person.belief = tell(person.belief, state)
        person.verdict = Verdict(
            passage=person.id,
            revision=person.verdict.revision + 1 if person.verdict else 1,
            state=state,
            confidence=confidence,
            frames=frames,
            first_frame=person.first.frame,
            last_frame=moment.frame,
            seen_from=person.first.at,
            # The time of day may be set back while somebody is there.
            seen_to=max(moment.at, person.first.at),
            faces_in_view=in_view,
            reason=reason,
        )
        return person.verdict

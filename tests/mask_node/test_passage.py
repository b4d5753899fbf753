"""One person, one passage; one verdict per change; never one without evidence."""

from datetime import UTC, datetime, timedelta
from itertools import count, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mask_node.config_seeing import TrackingSettings, VerdictSettings
from mask_node.evidence import GOOD, Sign
from mask_node.passage import Moment, Passages, Verdict
from mask_node.tracking import Tracks, follow
from mask_node.vision.types import Face
from maskgate.messages import VerdictReason
from maskgate.states import MaskState
from tests.mask_node.fakes import face, states

RULES, TRACKING = VerdictSettings(), TrackingSettings()
EPOCH = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
M, I, N, U = MaskState.MASK, MaskState.INCORRECT, MaskState.NO_MASK, MaskState.UNCERTAIN  # noqa: E741


class Door:
    """Tracks and passages, fed frame by frame."""

    def __init__(self, fps: float = 25, rules: VerdictSettings = RULES) -> None:
        numbers = count(1)
        self.fps, self.frame, self.tracks = fps, 0, Tracks()
        self.passages = Passages(rules, lambda _now: f"passage-{next(numbers)}")
        self.verdicts: list[Verdict] = []

    def moment(self) -> Moment:
        seconds = self.frame / self.fps
        return Moment(self.frame, EPOCH + timedelta(seconds=seconds), seconds)

    def show(self, *faces: Face, frames: int = 1, sign: Sign = GOOD) -> list[Verdict]:
        news = []
        for _ in range(frames):
            moment = self.moment()
            self.tracks = follow(self.tracks, faces, moment.seconds, TRACKING)
            signs = {track.id: sign for track in self.tracks.live}
            news += self.passages.see(self.tracks.live, moment, signs=signs)
            self.frame += 1
        self.verdicts += news
        return news

    def states(self) -> list[tuple[str, int, MaskState]]:
        return [(v.passage, v.revision, v.state) for v in self.verdicts]


@pytest.mark.parametrize("state", [M, I, N])
@pytest.mark.parametrize("fps", [5, 12.5, 25, 60])
def test_a_clear_face_gets_one_verdict_soon(state: MaskState, fps: float) -> None:
    door = Door(fps)
    door.show(face(100, state=state), frames=int(5 * fps))
    (verdict,) = door.verdicts
    assert (verdict.state, verdict.revision, verdict.reason) == (state, 1, VerdictReason.AGREED)
    assert verdict.confidence == pytest.approx(0.9)
    assert verdict.first_frame == 0
    assert verdict.seen_to - verdict.seen_from <= timedelta(seconds=1)


def test_a_change_revises_the_same_passage_after_it_held() -> None:
    door = Door()
    door.show(face(100, state=N), frames=50)
    door.show(face(100, state=M), frames=50)
    assert door.states() == [("passage-1", 1, N), ("passage-1", 2, M)]
    change = door.verdicts[1]
    assert change.reason is VerdictReason.CHANGED
    assert change.seen_to - EPOCH >= timedelta(seconds=2 + RULES.hold_s)


def test_what_is_less_sure_takes_longer() -> None:
    waits = []
    for probability in (0.95, 0.8, 0.6):
        door = Door()
        door.show(Face((100, 100, 80, 80), 0.9, states(M, probability)), frames=200)
        waits.append((door.verdicts[0].seen_to - door.verdicts[0].seen_from).total_seconds())
        assert door.verdicts[-1].state is M
    assert waits == sorted(waits)
    assert waits[0] < 0.6 < waits[2]


def test_twice_as_many_frames_a_second_tell_no_more() -> None:
    waits = []
    for fps in (12.5, 25, 50):
        door = Door(fps)
        door.show(Face((100, 100, 80, 80), 0.9, states(M, 0.8)), frames=int(4 * fps))
        waits.append((door.verdicts[0].seen_to - door.verdicts[0].seen_from).total_seconds())
    assert max(waits) - min(waits) < 0.15


def test_a_grant_needs_more_evidence_than_a_refusal() -> None:
    waits = {}
    for state in (M, N):
        door = Door()
        door.show(face(100, state=state), frames=50)
        waits[state] = door.verdicts[0].frames
    assert waits[M] > waits[N]


UNCLEAR, PORTRAIT = Sign(clear=False), Sign(alive=False)


def test_a_face_that_cannot_be_judged_is_uncertain_until_more_is_seen() -> None:
    door = Door()
    door.show(face(100), frames=100, sign=UNCLEAR)  # a hand before the mouth, a blurred or a frozen picture
    assert [(v.state, v.reason) for v in door.verdicts] == [(U, VerdictReason.UNDECIDED)]
    door.show(face(100), frames=30)
    assert door.states()[1:] == [("passage-1", 2, M)]


def test_a_portrait_is_no_passage_and_not_in_view() -> None:
    door = Door()
    door.show(face(100), frames=200, sign=Sign(alive=False, thing=True))
    door.show(frames=100)
    assert door.verdicts == door.passages.finish() == []


def test_somebody_who_moves_at_last_gets_the_verdict_at_once() -> None:
    door = Door()
    door.show(face(100), frames=100, sign=PORTRAIT)
    door.show(face(100), frames=1)
    assert door.states() == [("passage-1", 1, M)]


def test_a_mask_being_put_on_is_not_told_as_worn_wrongly() -> None:
    door = Door()
    door.show(Face((100, 100, 80, 80), 0.9, states(I, 0.7)), frames=20)
    door.show(face(100, state=M), frames=60)
    assert door.states() == [("passage-1", 1, M)]


def test_a_hand_that_passes_over_the_mouth_changes_nothing() -> None:
    door = Door()
    door.show(face(100, state=N), frames=50)
    for _ in range(5):
        door.show(face(100, state=M), frames=10)
        door.show(face(100, state=N), frames=10)
    assert door.states() == [("passage-1", 1, N)]


def test_evidence_that_never_agrees_is_uncertain_after_a_while_and_settled_later() -> None:
    door = Door()
    for number in range(100):
        door.show(face(100, state=(M, N)[number // 3 % 2]))
    (verdict,) = door.verdicts
    assert (verdict.state, verdict.reason) == (U, VerdictReason.UNDECIDED)
    assert 3 <= (verdict.seen_to - verdict.seen_from).total_seconds() < 3.2
    assert door.show(face(100, state=M), frames=20)[0].state is M
    assert [v.revision for v in door.verdicts] == [1, 2]


def test_somebody_who_leaves_before_the_frames_agree_is_uncertain() -> None:
    door = Door()
    for number in range(30):
        door.show(face(100, state=(M, N)[number // 2 % 2]))
    door.show(frames=60)
    assert [(v.state, v.reason, v.last_frame) for v in door.verdicts] == [(U, VerdictReason.LEFT, 29)]


def test_hands_that_barely_pass_for_a_face_are_nobody_and_a_face_is_told_of_from_its_first_sure_look_on() -> None:
    door = Door()
    door.show(face(100, score=RULES.sure_score - 0.05), frames=100)
    assert door.verdicts == []
    door.show(face(100, score=RULES.sure_score), frames=1)
    assert [verdict.state for verdict in door.verdicts] == [M]


def test_too_few_too_small_or_too_weak_says_nothing() -> None:
    for shown, frames in ((face(100), 4), (face(100, size=20), 100)):
        door = Door()
        door.show(shown, frames=frames)
        door.show(frames=100)
        assert door.states() == []
    door = Door()
    door.show(face(100))
    door.show(face(100, score=0.4), frames=100)
    assert door.states() == []


def test_a_face_lost_and_found_at_the_same_place_is_the_same_passage_and_elsewhere_another() -> None:
    door = Door()
    door.show(face(100), frames=25)
    door.show(frames=40)
    door.show(face(110), frames=25)
    assert door.states() == [("passage-1", 1, M)]
    door.show(frames=40)
    door.show(face(500), frames=25)
    assert door.states() == [("passage-1", 1, M), ("passage-2", 1, M)]


def test_who_comes_after_a_pause_is_somebody_else() -> None:
    door = Door()
    door.show(face(100), frames=25)
    door.show(frames=60)
    door.show(face(100), frames=25)
    assert [passage for passage, _, _ in door.states()] == ["passage-1", "passage-2"]


def test_two_people_get_a_verdict_each_and_the_number_in_view() -> None:
    door = Door()
    door.show(face(100, state=M), face(400, state=N), frames=25)
    assert {(v.state, v.faces_in_view) for v in door.verdicts} == {(M, 2), (N, 2)}


def test_a_clock_set_back_does_not_turn_a_passage_around() -> None:
    passages, tracks = Passages(RULES, lambda _now: "passage-1"), Tracks()
    for number in range(20):
        tracks = follow(tracks, [face(100)], number / 25, TRACKING)
        at = EPOCH - timedelta(hours=number)
        for verdict in passages.see(tracks.live, Moment(number, at, number / 25)):
            assert verdict.seen_from <= verdict.seen_to


looks = st.one_of(
    st.just(None),
    st.tuples(st.sampled_from((M, I, N)), st.sampled_from((0.4, 0.6, 0.95)), st.sampled_from((20, 50, 90))),
)
stretches = st.lists(st.tuples(st.lists(looks, min_size=2, max_size=2), st.integers(1, 40)), max_size=12)


@settings(deadline=None, max_examples=60)
@given(stretches=stretches, fps=st.sampled_from((5.0, 15.0, 30.0)), data=st.data())
def test_whatever_is_shown_the_promises_hold(
    stretches: list[tuple[list[tuple[MaskState, float, int] | None], int]], fps: float, data: st.DataObject
) -> None:
    one, other = Door(fps), Door(fps)
    good: list[int] = []  # frames with a face that may be evidence
    for looks, frames in stretches:
        faces = [
            face(100 + 300 * place, size=look[2], score=look[1], state=look[0])
            for place, look in enumerate(looks) if look
        ]  # fmt: skip
        if any(f.score >= RULES.min_score and f.box[2] >= RULES.min_face_px for f in faces):
            good += range(one.frame, one.frame + frames)
        one.show(*faces, frames=frames)
        other.show(*data.draw(st.permutations(faces)), frames=frames)
    one.verdicts += one.passages.finish()
    other.verdicts += other.passages.finish()
    assert one.verdicts == other.verdicts
    told: dict[str, list[Verdict]] = {}
    for verdict in one.verdicts:
        told.setdefault(verdict.passage, []).append(verdict)
        assert verdict.frames >= RULES.frames
        assert sum(verdict.first_frame <= frame <= verdict.last_frame for frame in good) >= RULES.frames
        assert verdict.faces_in_view >= 1
        assert 0 <= verdict.confidence <= 1
    for verdicts in told.values():
        assert [v.revision for v in verdicts] == list(range(1, len(verdicts) + 1))
        assert all(a.state is not b.state for a, b in pairwise(verdicts))
        assert all(v.state is not U for v in verdicts[1:])
        assert all(a.seen_to < b.seen_to for a, b in pairwise(verdicts))

"""What an operator must notice is found, said in words that every language has, and does not flicker."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.notices.language import BASE, CODES, words
from hub.watch.facts import CertificateFacts, ChannelFacts, DiskFacts, Facts, LockFacts, NodeFacts
from hub.watch.judge import judge
from hub.watch.problem import Finding, Kind, Severity
from hub.watch.standing import OVER_AFTER_S, TELL_AFTER_S, State, step
from maskgate.messages import Availability, CameraState, NodeHealth

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=1)
GB = 1024**3


def node(name: str = "cam", *, ago: float = 5.0, ahead: float = 0.0, **health: object) -> NodeFacts:
    heard = NOW - timedelta(seconds=ago)
    values = {
        "node": name, "at": heard + timedelta(seconds=ahead), "version": "1", "camera": "ok", "detector": "ok",
        "model": "m", "fps": 10, "memory_mb": 90, "outbox": 0, **health,
    }  # fmt: skip
    return NodeFacts(name, "front", Availability.ONLINE, NodeHealth.model_validate(values), heard)


def site(*nodes: NodeFacts, **more: object) -> Facts:
    return replace(Facts(NOW, LONG_AGO, nodes=nodes), **more)  # type: ignore[arg-type]


ENDED, URGENT = NOW - timedelta(days=1), NOW + timedelta(days=2)
WRONG: list[tuple[Facts, str, Kind, Severity]] = [
    (site(listening_since=None), "broker", Kind.BROKER, Severity.SEVERE),
    (site(replace(node(), availability=Availability.OFFLINE)), "node/cam", Kind.NODE, Severity.WARNING),
    (site(replace(node(), availability=Availability.STOPPED)), "node/cam", Kind.NODE, Severity.WARNING),
    (site(node(ago=70)), "node/cam", Kind.NODE, Severity.WARNING),
    (site(NodeFacts("cam", "front")), "node/cam", Kind.NODE, Severity.WARNING),
    (site(node(camera=CameraState.LOST)), "camera/cam", Kind.CAMERA, Severity.WARNING),
    (site(node(camera=CameraState.DEGRADED)), "camera/cam", Kind.CAMERA, Severity.WARNING),
    (site(node(detector="failed")), "detector/cam", Kind.DETECTOR, Severity.WARNING),
    (site(node(storage="memory")), "node-disk/cam", Kind.DISK, Severity.WARNING),
    (site(locks=(LockFacts("front", "The lock says that it is jammed"),)), "lock/front", Kind.LOCK, Severity.SEVERE),
    (site(channels=(ChannelFacts("guard", tried=3),)), "mail/guard", Kind.MAIL, Severity.SEVERE),
    (site(channels=(ChannelFacts("guard", given_up=2),)), "given-up/guard", Kind.MAIL, Severity.WARNING),
    (site(disks=(DiskFacts("/var/hub.db", GB, 64 * GB),)), "disk//var/hub.db", Kind.DISK, Severity.WARNING),
    (site(disks=(DiskFacts("/var/hub.db", GB // 50, 8 * GB),)), "disk//var/hub.db", Kind.DISK, Severity.SEVERE),
    (site(clock_set=False), "clock/unset", Kind.CLOCK, Severity.WARNING),
    (site(node("a", ahead=9), node("b", ahead=10), node("c")), "clock/hub", Kind.CLOCK, Severity.SEVERE),
    (site(node("a", ahead=-9), node("b", ahead=-10)), "clock/hub", Kind.CLOCK, Severity.SEVERE),
    (site(node("a", ahead=9), node("b"), node("c")), "clock/a", Kind.CLOCK, Severity.WARNING),
    (site(certificates=(CertificateFacts("pages", NOW + timedelta(days=20)),)), "certificate/pages",
     Kind.CERTIFICATE, Severity.WARNING),
    (site(certificates=(CertificateFacts("pages", ENDED),)), "certificate/pages", Kind.CERTIFICATE, Severity.SEVERE),
    (site(certificates=(CertificateFacts("broker", URGENT),)), "certificate/broker", Kind.CERTIFICATE, Severity.SEVERE),
    (site(certificates=(CertificateFacts("broker", ENDED),)), "certificate/broker", Kind.CERTIFICATE, Severity.SEVERE),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "key", "kind", "severity"), WRONG, ids=[f"{n}-{w[1]}" for n, w in enumerate(WRONG)])
def test_what_an_operator_must_notice_is_found_and_nothing_beside_it(
    facts: Facts, key: str, kind: Kind, severity: Severity
) -> None:
    assert [(one.key, one.kind, one.severity) for one in judge(facts)] == [(key, kind, severity)]


@pytest.mark.parametrize("code", [code for code in CODES if code != BASE])
def test_every_problem_is_said_in_the_language_of_its_reader(code: str) -> None:
    said = {one.text for facts, *_ in WRONG for one in judge(facts)}
    said.add("The hub's clock is fast by 5 s, as most camera boards have it")
    for text in said:
        assert ";" not in text, "clauses are translated one by one"
        assert words(BASE).said(text) == text
        assert words(code).said(text) != text, text


def test_a_healthy_site_has_no_problem() -> None:
    well = site(
        node("a"), node("b", ahead=0.5), disks=(DiskFacts("/var/hub.db", 10 * GB, 64 * GB),), clock_set=True,
        channels=(ChannelFacts("guard", tried=2),), certificates=(CertificateFacts("pages", NOW + timedelta(days=60)),),
    )  # fmt: skip
    assert judge(well) == []


def test_a_large_disk_with_room_for_months_is_not_nearly_full() -> None:
    assert judge(site(disks=(DiskFacts("/var/hub.db", 40 * GB, 4000 * GB),))) == []


def test_of_nodes_nothing_is_said_while_the_broker_is_away() -> None:
    silent = replace(node(ago=600), availability=Availability.OFFLINE)
    assert [one.key for one in judge(site(silent, listening_since=None))] == ["broker"]


def test_a_node_that_was_silent_before_the_broker_went_is_silent_until_it_is_heard() -> None:
    silent = replace(node(ago=600), availability=Availability.OFFLINE)
    (before,) = judge(site(silent))
    standing = {before.key: before}
    assert [one.key for one in judge(site(silent, listening_since=None), standing)] == ["broker", "node/cam"]
    assert [one.key for one in judge(site(node(ago=600), listening_since=NOW), standing)] == ["node/cam"]
    assert judge(site(node(), listening_since=NOW), standing) == []


def test_after_a_reconnect_every_node_has_its_time_to_be_heard() -> None:
    since = NOW - timedelta(seconds=30)
    assert judge(site(node(ago=600), NodeFacts("new", "front"), listening_since=since)) == []


LOOKS = st.lists(st.tuples(st.booleans(), st.integers(1, 90)), max_size=60)
DISK = Finding("disk/x", Kind.DISK, Severity.WARNING, "The disk of x is nearly full: 3 MB are left")


@given(LOOKS)
def test_a_problem_is_told_once_when_it_begins_and_once_when_it_ends_however_it_flickers(
    looks: Sequence[tuple[bool, int]],
) -> None:
    state: State = {}
    told: list[tuple[str, float]] = []
    seen_at: list[float] = []
    moment = 0.0
    for present, pause in looks:
        moment += pause
        made = step(state, [DISK] if present else [], NOW + timedelta(seconds=moment), moment)
        state = made.state
        seen_at += [moment] if present else []
        assert not (made.began and made.over)
        told += [("began", moment) for _ in made.began] + [("over", moment) for _ in made.over]
    assert [word for word, _ in told] == ["began", "over"] * (len(told) // 2) + ["began"] * (len(told) % 2)
    for word, at in told:
        if word == "over":
            assert not any(at - OVER_AFTER_S < seen <= at for seen in seen_at)
        else:
            assert any(seen <= at - TELL_AFTER_S for seen in seen_at)
    # No more than one of each within the time that an end needs.
    overs = [at for word, at in told if word == "over"]
    assert all(later - earlier >= OVER_AFTER_S for earlier, later in pairwise(overs))


@given(st.lists(st.floats(0.99, 1.24), min_size=1, max_size=40))
def test_free_space_that_hovers_at_its_limit_is_one_problem(shares: Sequence[float]) -> None:
    limit = 2 * GB  # less than the share of this disk
    standing = {"disk/x": DISK}
    for share in shares:
        found = judge(site(disks=(DiskFacts("x", int(limit * share), 64 * GB),)), standing)
        assert [one.key for one in found] == ["disk/x"]


def test_what_becomes_severe_is_told_again_and_stays_severe_until_it_is_over() -> None:
    worse = replace(DISK, severity=Severity.SEVERE)
    state: State = {}
    told = []
    for moment, finding in ((0.0, DISK), (60.0, DISK), (90.0, worse), (120.0, DISK), (150.0, worse)):
        made = step(state, [finding], NOW, moment)
        state = made.state
        told += [(moment, one.severe) for one in made.began]
    assert told == [(60.0, False), (90.0, True)]
    assert state["disk/x"].problem.severe


def test_what_the_door_has_told_is_not_told_again_but_its_end_is() -> None:
    jam = Finding("lock/front", Kind.LOCK, Severity.SEVERE, "The lock says that it is jammed", "front", told=True)
    made = step({}, [jam], NOW, 0.0)
    made = step(made.state, [jam], NOW, 300.0)
    assert made.began == ()
    made = step(made.state, [], NOW, 330.0)
    made = step(made.state, [], NOW, 330.0 + OVER_AFTER_S)
    assert [one.key for one in made.over] == ["lock/front"]


def test_nobody_is_called_for_what_somebody_stopped() -> None:
    stopped = judge(site(replace(node(), availability=Availability.STOPPED)))
    made = step({}, stopped, NOW, 0.0)
    made = step(made.state, stopped, NOW, 600.0)
    assert made.began == ()
    assert [one.problem.finding.kind for one in made.state.values()] == [Kind.NODE]
    gone = step(step(made.state, [], NOW, 700.0).state, [], NOW, 800.0)
    assert (gone.began, gone.over) == ((), ())

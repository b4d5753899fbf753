"""What stands from look to look, and who is told once of its beginning and once of its end. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from hub.watch.problem import Finding, Kind, Problem, Severity

#: What is found stands at once, but people are called only for what lasts, in seconds ...
TELL_AFTER_S = 60.0
#: ... a clock even longer: after a start, time servers need a while.
CLOCK_TELL_AFTER_S = 900.0
#: Nor is it over before it has been gone for so long.
OVER_AFTER_S = 60.0


@dataclass(frozen=True, slots=True)
class Standing:
    """One problem; moments in seconds of the monotonic clock."""

    problem: Problem
    found_at: float
    gone_at: float | None = None
    told: bool = False


State = Mapping[str, Standing]


@dataclass(frozen=True, slots=True)
class Step:
    """The next state, and of what people are told: what lasts (or has become severe), what is over."""

    state: State
    began: tuple[Problem, ...] = ()
    over: tuple[Problem, ...] = ()


def step(state: State, found: Iterable[Finding], now: datetime, monotonic: float) -> Step:
    """Take one look's findings in."""
    ahead: dict[str, Standing] = {}
    for finding in found:
        old = state.get(finding.key)
        ahead[finding.key] = _again(old, finding) if old else Standing(Problem(finding, now), monotonic)
    over = []
    for key, old in state.items():
        if key not in ahead:
            gone = monotonic if old.gone_at is None else old.gone_at
            if monotonic - gone < OVER_AFTER_S:
                ahead[key] = replace(old, gone_at=gone)
            elif old.told:
                over.append(old.problem)
    began = []
    for key, one in ahead.items():
        finding = one.problem.finding
        if one.told or one.gone_at is not None or finding.quiet:
            continue
        if finding.told:  # by the door, already
            ahead[key] = replace(one, told=True)
        elif monotonic - one.found_at >= _patience(finding):
            ahead[key] = replace(one, told=True)
            began.append(one.problem)
    return Step(ahead, tuple(began), tuple(over))


def problems(state: State) -> tuple[Problem, ...]:
    """Return what stands, the gravest first, then the oldest."""
    return tuple(sorted((one.problem for one in state.values()), key=lambda one: (not one.severe, one.since, one.key)))


def _again(old: Standing, finding: Finding) -> Standing:
    """Go on with a problem; one that was severe stays so until it is over, one that becomes so is told anew."""
    before = old.problem.finding
    if before.severity is Severity.SEVERE:
        finding = replace(finding, severity=Severity.SEVERE)
    worse = finding.severity is not before.severity
    return replace(
        old,
        problem=Problem(finding, old.problem.since),
        gone_at=None,
        told=old.told and not (worse and not finding.told),
    )


def _patience(finding: Finding) -> float:
    return CLOCK_TELL_AFTER_S if finding.kind is Kind.CLOCK and finding.severity is Severity.WARNING else TELL_AFTER_S

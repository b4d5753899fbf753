"""What time does to a door: things end, the hub starts, the calendar turns, the clock is set."""

from dataclasses import replace
from datetime import datetime, time, timedelta

from hub.policy.lock import overdue, settle
from hub.policy.outcome import LockCommand, Outcome, Rules, seconds
from hub.policy.problems import problems
from hub.policy.state import Claim, Hold, HoldKind, Machine
from maskgate.messages import Counters, Entry, LockState, Mode

#: How long after a start a hold that ended in the meantime still stands: time for the lock to be measured, in seconds.
START_GRACE_S = 2.0
#: A hold of any kind cannot lie further ahead than this after a start; more means that the clock was wrong.
LONGEST_HOLD_S = 86_400.0


def initial(rules: Rules, now: datetime) -> Machine:
    """Return a door that nothing has happened to."""
    mode = rules.door.policy.mode
    return Machine(mode=mode, configured_mode=mode, day=rules.day(now))


def start(rules: Rules, state: Machine, now: datetime) -> Outcome:
    """Take up a stored state; moves nothing (S7).

    The lock is unknown until measured: it may have moved while nobody looked. What was held and has ended in the
    meantime is still to be ended, but a little later (see `START_GRACE_S`), by `tick` as always. What a person set
    (mode, override, emergency) stands, unless the configuration's mode was edited since.
    """
    mode, policy = state.mode, rules.door.policy
    if state.configured_mode is not policy.mode:
        mode = policy.mode
    state = replace(
        state, mode=mode, configured_mode=policy.mode, outstanding=None, lock=LockState.UNKNOWN, sure=False,
        contact=None, node_faults=tuple(f for f in state.node_faults if _node_of(f[0]) in rules.door.nodes),
    )  # fmt: skip
    holds = HoldKind.DENY if policy.entry is Entry.OPEN else HoldKind.GRANT
    if state.hold and (state.hold.kind is not holds or mode is not Mode.HARD):
        # The configuration was edited while the hub was down. In `hard` the entry still goes to its new rest, by a
        # hold that fits it; in the other modes the lock is nobody's business now.
        state = replace(state, hold=Hold(holds, state.hold.claims) if mode is Mode.HARD else None)
    earliest, latest = now + seconds(START_GRACE_S), now + seconds(LONGEST_HOLD_S)
    if state.hold:
        longest = now + seconds(policy.deny_hold if holds is HoldKind.DENY else policy.grant_hold)
        claims = (Claim(c.passage, c.node, max(earliest, min(c.until, longest))) for c in state.hold.claims)
        state = replace(state, hold=replace(state.hold, claims=tuple(claims)))
    if state.by_hand:
        state = replace(state, by_hand=replace(state.by_hand, until=max(earliest, min(state.by_hand.until, latest))))
    return Outcome(_turn_page(rules, state, now))


def tick(rules: Rules, state: Machine, now: datetime) -> Outcome:
    """End what is over by `now`; when something ended that held the entry, the entry goes back to its rule."""
    state, decided = overdue(rules, _turn_page(rules, state, now), now)
    held = (state.hold, state.by_hand)
    if state.by_hand and state.by_hand.until <= now:
        state = replace(state, by_hand=None)
    if state.hold:
        claims = tuple(claim for claim in state.hold.claims if claim.until > now)
        if len(claims) != len(state.hold.claims):
            state = replace(state, hold=replace(state.hold, claims=claims) if claims else None)
    command: LockCommand | None = None
    if (held[0] and not state.hold) or (held[1] and not state.by_hand):
        state, command = settle(rules, state, now)
    if state.shown and state.shown.until <= now:
        state = replace(state, shown=None)
    if state.message and state.message.until <= now:
        state = replace(state, message=None)
    return Outcome(_forget_mended(rules, state), command, decided)


def clock_set(state: Machine, by: timedelta) -> Outcome:
    """The time of day was set forward (or back) by this much: what lasts, lasts as long as it was meant to."""
    if state.outstanding:
        due = state.outstanding
        state = replace(state, outstanding=replace(due, sent_at=due.sent_at + by, deadline=due.deadline + by))
    if state.hold:
        claims = tuple(replace(claim, until=claim.until + by) for claim in state.hold.claims)
        state = replace(state, hold=replace(state.hold, claims=claims))
    return Outcome(
        replace(
            state,
            by_hand=state.by_hand and replace(state.by_hand, until=state.by_hand.until + by),
            shown=state.shown and replace(state.shown, until=state.shown.until + by),
            message=state.message and replace(state.message, until=state.message.until + by),
        )
    )


def node_fault(rules: Rules, state: Machine, node: str, kind: str, text: str | None) -> Outcome:
    """Note what is wrong with a node, or that nothing is; `kind` tells its sources apart."""
    key = f"{node}/{kind}"
    others = tuple(fault for fault in state.node_faults if fault[0] != key)
    faults = (*others, (key, text)) if text else others
    return Outcome(_forget_mended(rules, replace(state, node_faults=tuple(sorted(faults)))))


def next_moment(rules: Rules, state: Machine, now: datetime) -> datetime:
    """Return when `tick` is due next, at the latest at the site's midnight."""
    tomorrow = now.astimezone(rules.zone).date() + timedelta(days=1)
    midnight = datetime.combine(tomorrow, time(), rules.zone)
    return min((midnight, *state.moments()))


def _node_of(key: str) -> str:
    return key.split("/", 1)[0]


def _turn_page(rules: Rules, state: Machine, now: datetime) -> Machine:
    day = rules.day(now)
    return state if day == state.day else replace(state, day=day, counters=Counters())


def _forget_mended(rules: Rules, state: Machine) -> Machine:
    """A problem that was acknowledged and mended is a new one when it returns."""
    if not state.acknowledged:
        return state
    standing = problems(rules, state)
    return replace(state, acknowledged=tuple(text for text in state.acknowledged if text in standing))

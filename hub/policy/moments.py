"""What time does to a door: things end, the hub starts, the schedule and the calendar turn, the clock is set."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

from hub.policy.evolve import replace
from hub.policy.faults import TELL_AFTER_S, told
from hub.policy.lock import change_mode, overdue, owed, settle, wanted
from hub.policy.outcome import LockCommand, Outcome, Rules, seconds
from hub.policy.problems import problems
from hub.policy.state import Claim, Hold, HoldKind, Machine, Seen
from hub.policy.times import longest_hold
from maskgate.messages import Counters, Decision, Entry, LockState, Mode

#: How long after a start a hold that ended in the meantime still stands: time for the lock to be measured, in seconds.
START_GRACE_S = 2.0
#: A hold of any kind cannot lie further ahead than this after a start; more means that the clock was wrong.
LONGEST_HOLD_S = 86_400.0


def initial(rules: Rules, now: datetime) -> Machine:
    """Return a door that nothing has happened to."""
    regime = rules.calendar.at(now)
    return Machine(
        mode=regime.mode, configured_mode=regime.mode, entry=regime.entry, day=rules.day(now), counting_since=now
    )


def start(rules: Rules, state: Machine, now: datetime) -> Outcome:
    """Take up a stored state; moves nothing (S7).

    The lock is unknown until measured: it may have moved while nobody looked. What was held and has ended in the
    meantime, what the schedule has changed, what a fault of the site had called for (it comes anew if it still
    stands), a command that nobody answered, and an emergency whose lock does not say by then that it is open, are still
    to be seen to, but a little later (see `START_GRACE_S`), by `tick` as always.
    What a person set (mode, override, emergency) stands, unless configuration or schedule have another mode since.
    """
    regime = rules.calendar.at(now)
    earliest, latest = now + seconds(START_GRACE_S), now + seconds(LONGEST_HOLD_S)
    mode = state.mode if state.configured_mode is regime.mode else regime.mode
    lasting = replace(state, faults=tuple(fault for fault in state.faults if fault.source in rules.door.nodes))
    ended = state.cut is None and wanted(rules, lasting) is not wanted(rules, state)
    missed = rules.calendar.scheduled and (state.configured_mode, state.entry) != (regime.mode, regime.entry)
    due = missed or ended or state.settle_at or state.emergency or owed(rules, lasting)
    state = replace(
        lasting, mode=mode, configured_mode=regime.mode, entry=regime.entry, outstanding=None, cut=None,
        lock=LockState.UNKNOWN, sure=False, contact=None, present=(), settle_at=earliest if due else None,
    )  # fmt: skip
    holds = HoldKind.DENY if state.entry is Entry.OPEN else HoldKind.GRANT
    if state.hold and (state.hold.kind is not holds or mode is not Mode.HARD):
        # The configuration was edited while the hub was down. In `hard` the entry still goes to its new rest, by a
        # hold that fits it; in the other modes the lock is nobody's business now.
        state = replace(state, hold=Hold(holds, state.hold.claims) if mode is Mode.HARD else None)
    if state.hold:
        longest = now + seconds(longest_hold(rules, state, holds))
        claims = (Claim(c.passage, c.node, max(earliest, min(c.until, longest))) for c in state.hold.claims)
        state = replace(state, hold=replace(state.hold, claims=tuple(claims)))
    if state.by_hand:
        state = replace(state, by_hand=replace(state.by_hand, until=max(earliest, min(state.by_hand.until, latest))))
    if state.tell_at:
        state = replace(state, tell_at=max(earliest, min(state.tell_at, now + seconds(TELL_AFTER_S))))
    return Outcome(_turn_page(rules, state, now))


def tick(rules: Rules, state: Machine, now: datetime) -> Outcome:
    """End what is over by `now`; when something ended that held the entry, the entry goes back to its rule."""
    turned = _turn_page(rules, state, now)
    turned, command = _follow_schedule(rules, turned, now)
    held, state = (turned.hold, turned.by_hand, turned.settle_at), turned
    if state.by_hand and state.by_hand.until <= now:
        state = replace(state, by_hand=None)
    if state.hold:
        claims = tuple(claim for claim in state.hold.claims if claim.until > now)
        if len(claims) != len(state.hold.claims):
            state = replace(state, hold=replace(state.hold, claims=claims) if claims else None)
    if state.settle_at and state.settle_at <= now:
        state = replace(state, settle_at=None)
        if state.hold and state.hold.kind is HoldKind.GRANT:
            # Time lets nobody in, not even again (S8). When the grant ends, the entry goes where it should be.
            held = (*held[:2], None)
    if any(was and not is_ for was, is_ in zip(held, (state.hold, state.by_hand, state.settle_at), strict=True)):
        state, later = settle(rules, state, now)
        command = later or command
    late = overdue(rules, state, now)
    state, told_of = told(rules, late.state, now)
    if state.shown and state.shown.until <= now:
        state = replace(state, shown=None)
    if state.message and state.message.until <= now:
        state = replace(state, message=None)
    if state.sounding and state.sounding.until <= now:
        state = replace(state, sounding=None)
    return Outcome(forget_mended(rules, state), late.command or command, (*late.decided, *told_of))


def _follow_schedule(rules: Rules, state: Machine, now: datetime) -> tuple[Machine, LockCommand | None]:
    """Do what the schedule says, once, at the moment when it says something else than before."""
    regime, hard = rules.calendar.at(now), state.mode is Mode.HARD
    if (regime.mode, regime.entry) == (state.configured_mode, state.entry):
        return state, None
    mode = regime.mode if regime.mode is not state.configured_mode else state.mode
    state = replace(state, configured_mode=regime.mode)
    command: LockCommand | None = None
    if regime.entry is not state.entry:
        # A hold of the old kind has no meaning at the new entry.
        state = replace(state, entry=regime.entry, hold=None, shown=None)
        if hard and mode is Mode.HARD:
            return settle(rules, state, now)
    if mode is not state.mode:
        state, command = change_mode(rules, state, now, mode)
    return state, command


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
            seen=tuple(replace(seen, at=seen.at and seen.at + by) for seen in state.seen),
            offences=tuple(moment + by for moment in state.offences),
            settle_at=state.settle_at and state.settle_at + by,
            tell_at=state.tell_at and state.tell_at + by,
            tell_away_at=state.tell_away_at and state.tell_away_at + by,
            by_hand=state.by_hand and replace(state.by_hand, until=state.by_hand.until + by),
            shown=state.shown and replace(state.shown, until=state.shown.until + by),
            message=state.message and replace(state.message, until=state.message.until + by),
            sounding=state.sounding and replace(state.sounding, until=state.sounding.until + by),
        )
    )


def next_moment(rules: Rules, state: Machine, now: datetime) -> datetime:
    """Return when `tick` is due next, at the latest at the site's midnight."""
    tomorrow = now.astimezone(rules.zone).date() + timedelta(days=1)
    midnight = datetime.combine(tomorrow, time(), rules.zone)
    moments = [midnight, *state.moments()]
    if change := rules.calendar.next_change(now):
        moments.append(change)
    return min(moments)


def forget(state: Machine, covers: Callable[[Decision | Seen], bool]) -> Machine:
    """Forget the people whom `covers` says; what holds the entry at this moment ends by itself."""
    last = None if state.last and covers(state.last) else state.last
    return replace(state, last=last, seen=tuple(seen for seen in state.seen if not covers(seen)))


def _turn_page(rules: Rules, state: Machine, now: datetime) -> Machine:
    day = rules.day(now)
    if day == state.day:
        return state
    return replace(state, day=day, counters=Counters(), counting_since=rules.midnight(day))


def forget_mended(rules: Rules, state: Machine) -> Machine:
    """A problem that was acknowledged and mended is a new one when it returns."""
    if not state.acknowledged:
        return state
    standing = problems(rules, state)
    return replace(state, acknowledged=tuple(text for text in state.acknowledged if text in standing))

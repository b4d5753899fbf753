"""A verdict at a door: what it means, whether it counts, what is done about it."""

from dataclasses import dataclass
from datetime import datetime

from hub.config import Group, SafeState, UncertainRule
from hub.policy import words
from hub.policy.evolve import replace
from hub.policy.faults import blind, safe_state
from hub.policy.lock import settle
from hub.policy.outcome import Decided, LockCommand, Outcome, Rules, seconds
from hub.policy.state import CLAIMS, REMEMBERED_PASSAGES, Claim, Hold, HoldKind, Machine, Seen, Shown
from hub.policy.times import times
from hub.policy.translations import Phrase
from maskgate.messages import Decision, DisplayKind, Entry, EventType, LockAction, Mode, Passage, Sound
from maskgate.messages.base import age_s
from maskgate.states import DecisionKind, MaskState

#: How long `look_here` is shown, in seconds.
LOOK_S = 5.0

_MEANING = {
    MaskState.MASK: (EventType.GRANTED, words.MASK),
    MaskState.NO_MASK: (EventType.DENIED, words.NO_MASK),
    MaskState.INCORRECT: (EventType.IMPROPER, words.INCORRECT),
    MaskState.UNCERTAIN: (EventType.UNCERTAIN, words.UNCERTAIN),
}


@dataclass(frozen=True, slots=True)
class _Judged:
    """What became of a verdict, before it is written down."""

    state: Machine
    decision: DecisionKind
    text: str
    event: EventType
    command: LockCommand | None = None
    announce: bool = True
    severe: bool = False


def why_late(passage: Passage, now: datetime, max_age: float) -> str | None:
    """Say why a verdict must move nothing (S1); None when it is fresh by the sender's clock and by ours."""
    held, age = age_s(passage.seen_to, passage.published_at), age_s(passage.seen_to, now)
    if held > max_age:
        return f"Sent {held:.0f} s after it was seen"
    if age > max_age:
        return f"Came {age:.0f} s after it was seen"
    if age < -max_age:
        return f"Seen {-age:.0f} s ahead of the hub's clock"
    return None


def verdict(rules: Rules, state: Machine, passage: Passage, now: datetime, *, newest_stored: int = 0) -> Outcome:
    """Decide about one verdict.

    `newest_stored` is the highest revision of this passage that the store had before (0: none): the machine
    remembers the last passages only. The same revision again is no news and changes nothing at all.
    """
    known = state.recall(passage.passage, passage.node)
    newest = max(newest_stored, known.revision if known else 0)
    if known and known.revision == passage.revision:
        return Outcome(state)
    # Forgotten but stored: the person was counted then.
    seen = known or Seen(passage.passage, passage.node, newest, person=newest > 0, violation=newest > 0)
    if passage.revision <= newest:
        return _recorded(rules, state, passage, now, "A newer verdict about this person is known")
    seen = replace(seen, revision=passage.revision)
    if late := why_late(passage, now, rules.door.policy.max_age):
        if not (seen.late or seen.person):
            state = replace(state, counters=state.counters.model_copy(update={"late": state.counters.late + 1}))
        return _recorded(rules, _remember(state, replace(seen, late=True)), passage, now, late)
    violation = passage.state in rules.door.policy.violations
    state = _count(state, seen, violation=violation)
    # A denial that is only confirmed by a further revision is no second refusal.
    again = known is not None and known.refused
    judged = _judge(rules, state, passage, now, again=again)
    refused = judged.decision is DecisionKind.DENY and violation
    seen = replace(
        seen, person=True, violation=seen.violation or violation, refused=refused, state=passage.state, at=now
    )
    decision = _decision(
        rules, judged.state, passage, now,
        event=judged.event, kind=judged.decision, text=judged.text, severe=judged.severe,
    )  # fmt: skip
    tell = refused and not again
    return Outcome(
        replace(_remember(judged.state, seen), last=decision),
        judged.command,
        (Decided(decision, announce=judged.announce, tell=tell),),
    )


def _judge(rules: Rules, state: Machine, passage: Passage, now: datetime, *, again: bool) -> _Judged:
    event, text = _MEANING[passage.state]
    if silent := _not_judged(state):
        return _Judged(state, DecisionKind.OBSERVE, f"{text}; {silent}", event, announce=False)
    if passage.state is MaskState.UNCERTAIN and rules.door.policy.uncertain is UncertainRule.OBSERVE:
        shown = Shown(DisplayKind.LOOK_HERE, now + seconds(LOOK_S))
        return _Judged(replace(state, shown=shown), DecisionKind.OBSERVE, text, event)
    if passage.state is MaskState.UNCERTAIN or passage.state in rules.door.policy.violations:
        return _deny(rules, state, passage, now, again=again)
    return _grant(rules, state, passage, now)


def _not_judged(state: Machine) -> str | None:
    """Say why the rule does not apply to anybody now; None when it does."""
    if state.emergency:
        return "only counted, the entry is released in an emergency"
    if state.by_hand and state.by_hand.action is LockAction.LOCK:
        return "only counted, the entry is held shut by hand"
    if state.mode is Mode.OFF:
        return "only counted, the rule is off"
    return None


def _moves_lock(rules: Rules, state: Machine) -> bool:
    return state.mode is Mode.HARD and rules.door.lock is not None and state.by_hand is None


def _deny(rules: Rules, state: Machine, passage: Passage, now: datetime, *, again: bool) -> _Judged:
    event, text = _MEANING[passage.state]
    state, severe = _offence(rules, state, passage, now, again=again)
    policy = rules.door.policy
    until = now + seconds(policy.repeat.hold if severe and policy.repeat else times(rules, state).deny_hold)
    moves = _moves_lock(rules, state) and safe_state(rules, state) is not SafeState.UNLOCK
    command = None
    if severe:
        text += f", number {len(state.offences)} in a row"
    if passage.state is MaskState.INCORRECT:
        kind = DisplayKind.COVER_NOSE
    elif passage.state is MaskState.UNCERTAIN:
        kind = DisplayKind.LOOK_HERE
    else:
        kind = DisplayKind.DENIED if moves else DisplayKind.MASK_REQUIRED
    heard = (
        None if state.sounding and state.sounding.sound is Sound.NONE else state.sounding
    )  # silence was for the last
    state = replace(state, shown=Shown(kind, until), sounding=heard)
    if moves:
        # On a controlled entry a denial ends every grant: the last person asks, and shut is the safe answer.
        claim = Claim(passage.passage, passage.node, until) if state.entry is Entry.OPEN else None
        state, command = settle(rules, replace(state, hold=_with(state.hold, HoldKind.DENY, claim)), now)
        text += words.REFUSED
    return _Judged(state, DecisionKind.DENY, text, event, command, severe=severe)


def _offence(rules: Rules, state: Machine, passage: Passage, now: datetime, *, again: bool) -> tuple[Machine, bool]:
    """Note a refusal where refusals in a row matter; returns whether this one is one too many."""
    repeat = rules.door.policy.repeat
    if repeat is None or passage.state is MaskState.UNCERTAIN:
        return state, False
    recent = [moment for moment in state.offences if now - moment <= seconds(repeat.within)]
    if not again:
        recent.append(now)
    state = replace(state, offences=tuple(recent[-REMEMBERED_PASSAGES:]))
    return state, len(recent) >= repeat.count


def _withheld(rules: Rules, state: Machine, passage: Passage, now: datetime) -> str | None:
    """Say why a mask lets nobody in now; None when it does (S8, no tailgating)."""
    if blind(state, passage.node) or safe_state(rules, state) is not None:
        return "the camera is not to be trusted now"
    policy = rules.door.policy
    if state.entry is Entry.OPEN or policy.group is Group.EACH:
        return None
    others = [
        seen for seen in state.seen
        if (seen.passage, seen.node) != (passage.passage, passage.node)
        and seen.at is not None and now - seen.at <= seconds(policy.group_window)
    ]  # fmt: skip
    if any(seen.state in policy.violations for seen in others):
        return "somebody without one is too near"
    fine = sum(seen.node == passage.node and seen.state is not MaskState.UNCERTAIN for seen in others)
    if policy.group is Group.EVERYBODY and fine < passage.faces_in_view - 1:
        return "not everybody in view has been judged"
    return None


def _grant(rules: Rules, state: Machine, passage: Passage, now: datetime) -> _Judged:
    text, command = _MEANING[passage.state][1], None
    until = now + seconds(times(rules, state).grant_hold)
    if _moves_lock(rules, state):
        if why := _withheld(rules, state, passage, now):
            shown = Shown(DisplayKind.LOOK_HERE, now + seconds(LOOK_S), phrase=Phrase.ONE_BY_ONE)
            text = f"{text}, but {why}"
            return _Judged(replace(state, shown=shown), DecisionKind.OBSERVE, text, EventType.GRANTED, announce=False)
        if state.entry is Entry.CONTROLLED:
            claim = Claim(passage.passage, passage.node, until)
            state = replace(state, hold=_with(state.hold, HoldKind.GRANT, claim))
        else:
            state = replace(state, hold=_without(state.hold, passage))
            if state.hold:
                # Somebody else's denial still stands; it ends by itself, not because a second person came.
                text += ", but the entry is still shut because of somebody else"
                return _Judged(state, DecisionKind.OBSERVE, text, EventType.GRANTED, announce=False)
        state, command = settle(rules, state, now)
    state = replace(state, shown=Shown(DisplayKind.WELCOME, until))
    return _Judged(state, DecisionKind.GRANT, text, EventType.GRANTED, command)


def _with(hold: Hold | None, kind: HoldKind, claim: Claim | None) -> Hold | None:
    """Add a claim to a hold of this kind; a hold of the other kind ends."""
    if claim is None:
        return None
    others = hold.claims if hold and hold.kind is kind else ()
    kept = tuple(c for c in others if (c.passage, c.node) != (claim.passage, claim.node))
    return Hold(kind, (*kept, claim)[-CLAIMS:])


def _without(hold: Hold | None, passage: Passage) -> Hold | None:
    """Take one passage's claim out of a hold."""
    kept = tuple(c for c in hold.claims if (c.passage, c.node) != (passage.passage, passage.node)) if hold else ()
    return replace(hold, claims=kept) if hold and kept else None


def _count(state: Machine, seen: Seen, *, violation: bool) -> Machine:
    people = 0 if seen.person else 1
    violations = 1 if violation and not seen.violation else 0
    counters = state.counters.model_copy(
        update={
            "people": state.counters.people + people,
            "violations": state.counters.violations + violations,
        }
    )
    return replace(state, counters=counters)


def _remember(state: Machine, seen: Seen) -> Machine:
    others = state.seen
    if state.recall(seen.passage, seen.node):
        others = tuple(s for s in others if (s.passage, s.node) != (seen.passage, seen.node))
    return replace(state, seen=(*others, seen)[-REMEMBERED_PASSAGES:])


def _recorded(rules: Rules, state: Machine, passage: Passage, now: datetime, why: str) -> Outcome:
    """Write the verdict down and do nothing else; it does not even become the door's last decision."""
    decision = _decision(rules, state, passage, now, event=EventType.LATE, kind=DecisionKind.OBSERVE, text=why)
    return Outcome(state, decided=(Decided(decision),))


def _decision(
    rules: Rules, state: Machine, passage: Passage, now: datetime, *,
    event: EventType, kind: DecisionKind, text: str, severe: bool = False,
) -> Decision:  # fmt: skip
    return Decision(
        id=rules.new_id(now), door=rules.door.id, at=now, event_type=event, decision=kind, mode=state.mode,
        entry=state.entry, text=text, passage=passage.passage, revision=passage.revision, node=passage.node,
        state=passage.state, confidence=passage.confidence, faces_in_view=passage.faces_in_view,
        seen_to=passage.seen_to, severe=severe,
    )  # fmt: skip

"""One input at one door: which function of the policy it is for. Pure."""

from datetime import datetime
from typing import assert_never

from hub import policy
from hub.inputs import CommandIn, DoorInput, FaultIn, FeedbackIn, NodeIn, PassageIn
from hub.policy import FaultKind, Machine, Outcome, Rules
from hub.policy.evolve import replace
from maskgate.messages import Availability


def apply(rules: Rules, state: Machine, item: DoorInput, now: datetime, *, newest_stored: int = 0) -> Outcome:
    """Return what follows from `item`; see `hub.policy.verdict` for `newest_stored`.

    Time is made up for first: an input never meets a hold that is over.
    """
    ticked = policy.tick(rules, state, now)
    outcome = _signed(_apply(rules, ticked.state, item, now, newest_stored), item)
    # Of two commands only the later one counts: they are for the same lock, and it is where the lock should be.
    return Outcome(outcome.state, outcome.command or ticked.command, (*ticked.decided, *outcome.decided))


def _apply(rules: Rules, state: Machine, item: DoorInput, now: datetime, newest_stored: int) -> Outcome:
    match item:
        case PassageIn(passage=passage):
            return policy.verdict(rules, state, passage, now, newest_stored=newest_stored)
        case CommandIn(command=command, mark=mark):
            return policy.command(rules, state, command, now, mark=mark)
        case FeedbackIn(feedback=feedback, retained=retained):
            return policy.feedback(rules, state, feedback, now, retained=retained)
        case NodeIn(node=node, availability=availability, health=health):
            found: dict[FaultKind, str | None] = policy.health_faults(health) if health else {}
            if availability is not None:
                found[FaultKind.NODE] = policy.availability_fault(node, availability)
            if availability is Availability.STOPPED:  # what it said of its eyes on its way out means nothing
                found |= {FaultKind.CAMERA: None, FaultKind.DETECTOR: None}
            state = policy.look_around(state, node, availability=availability, health=health)
            return policy.fault(rules, state, found, now, source=node, orderly=availability is Availability.STOPPED)
        case FaultIn(found=faults):
            return policy.fault(rules, state, faults, now)
        case _:
            assert_never(item)


def _signed(outcome: Outcome, item: DoorInput) -> Outcome:
    """Write into what was decided who wanted it."""
    if not isinstance(item, CommandIn | PassageIn) or item.by is None or not outcome.decided:
        return outcome
    made = tuple(replace(one, decision=one.decision.model_copy(update={"by": item.by})) for one in outcome.decided)
    state, last = outcome.state, made[-1].decision
    if state.last and state.last.id == last.id:
        state = replace(state, last=last)
    return replace(outcome, state=state, decided=made)

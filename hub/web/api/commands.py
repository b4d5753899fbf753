"""What people want of doors. A command goes the way of all commands, by the policy; it is answered once on disk."""

import queue
from concurrent.futures import TimeoutError as NotYetError
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException

from hub.config import Door
from hub.inputs import Answer, CommandIn, PassageIn
from hub.policy import AnyCommand
from hub.questions import NotTakenError
from hub.roles import Role
from hub.web.api import models
from hub.web.api.doors import known
from hub.web.context import Context
from hub.web.security.guard import Guard
from hub.web.security.visitor import Visitor
from maskgate.ids import Slug, new_id
from maskgate.messages import (
    Acknowledge,
    Emergency,
    EventType,
    Override,
    Passage,
    SetLock,
    SetMode,
    ShowMessage,
    VerdictReason,
)

#: Whoever commands waits no longer than this for the disk, in seconds.
PATIENCE_S = 8.0


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return them."""
    router = APIRouter(prefix="/doors/{door}", tags=["doors"])
    Operator = Annotated[Visitor, Depends(guard.needs(Role.OPERATOR))]  # noqa: N806 - a type

    def which(door: Slug) -> Door:
        return known(context, door)

    Known = Annotated[Door, Depends(which)]  # noqa: N806 - a type

    @router.post("/mode")
    def mode(door: Known, body: models.ModeBody, who: Operator) -> models.Done:
        """Change the mode."""
        return command(context, door, who, SetMode(sent_at=context.clock.now(), mode=body.mode))

    @router.post("/lock")
    def lock(door: Known, body: models.LockBody, who: Operator) -> models.Done:
        """Lock or unlock by hand."""
        return command(context, door, who, SetLock(sent_at=context.clock.now(), action=body.action))

    @router.post("/override")
    def override(door: Known, body: models.OverrideBody, who: Operator) -> models.Done:
        """Hold the entry open or shut, or end that."""
        return command(context, door, who, Override(sent_at=context.clock.now(), **body.model_dump()))

    @router.post("/acknowledge")
    def acknowledge(door: Known, who: Operator) -> models.Done:
        """Say that somebody has seen the problem."""
        return command(context, door, who, Acknowledge(sent_at=context.clock.now()))

    @router.post("/emergency")
    def emergency(door: Known, body: models.EmergencyBody, who: Operator) -> models.Done:
        """Release the entry, or end that."""
        return command(context, door, who, Emergency(sent_at=context.clock.now(), active=body.active))

    @router.post("/message")
    def message(door: Known, body: models.MessageBody, who: Operator) -> models.Done:
        """Show words on the displays."""
        return command(context, door, who, ShowMessage(sent_at=context.clock.now(), **body.model_dump()))

    @router.post("/test")
    def test(door: Known, body: models.TestBody, who: Operator) -> models.Done:
        """Try the whole line: display, lock, mails. It counts, and its model says that it was a test.

        Nobody is let in by a test: `mask` is refused.
        """
        if body.state == "mask":
            raise HTTPException(409, "a test lets nobody in; unlock by hand instead")
        return _submit(context, PassageIn(door.id, _nobody(context.clock.now(), door, body, who), context.clock.now(),
                                          by=who.actor))  # fmt: skip

    return router


def _nobody(now: datetime, door: Door, body: models.TestBody, who: Visitor) -> Passage:
    """Return the verdict about somebody who is not there."""
    return Passage(
        passage=f"test-{new_id(now)}", revision=1, node=door.nodes[0], seen_from=now, seen_to=now, published_at=now,
        state=body.state, confidence=1, frames=1, faces_in_view=1, model=f"test by {who.actor}",
        reason=VerdictReason.AGREED,
    )  # fmt: skip


def command(context: Context, door: Door, who: Visitor, command: AnyCommand) -> models.Done:
    """Hand a command to a door and wait until it is on disk; raises `HTTPException` where it was not obeyed."""
    mark = f"web-{new_id(context.clock.now())}"
    done = _submit(context, CommandIn(door.id, command, mark, by=who.actor))
    if isinstance(command, SetLock | Override) and any(one.event_type is EventType.EMERGENCY for one in done.decisions):
        raise HTTPException(409, done.decisions[-1].text)
    return done


def _submit(context: Context, item: CommandIn | PassageIn) -> models.Done:
    """Hand in and wait until it is on disk."""
    if context.submit is None:
        raise HTTPException(503, "this hub takes no commands")
    try:
        waiting = context.submit(item)
    except queue.Full:
        raise HTTPException(503, "too much waits at the doors; try again", headers={"Retry-After": "1"}) from None
    except NotTakenError as error:
        raise HTTPException(503, str(error), headers={"Retry-After": "5"}) from None
    try:
        answer: Answer = waiting.result(PATIENCE_S)
    except NotTakenError as error:
        raise HTTPException(503, str(error), headers={"Retry-After": "5"}) from None
    except NotYetError:
        if waiting.cancel():
            raise HTTPException(503, "the doors are too busy; it was not obeyed; try again") from None
        raise HTTPException(503, "the store has not taken it yet; look before you try again") from None
    if not answer.obeyed:
        raise HTTPException(503, "it took too long to reach the door, and was not obeyed; try again")
    return models.Done(door=answer.state, decisions=list(answer.decisions))

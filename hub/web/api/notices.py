"""Notices and what became of them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query

from hub.notices import queue, render
from hub.notices.plan import Status
from hub.roles import Role
from hub.store import audits, lists, writing
from hub.web.api import cursors
from hub.web.api.models import NoticeOut, NoticePage
from hub.web.context import Context
from hub.web.security.guard import Guard
from hub.web.security.visitor import Visitor
from maskgate.ids import EventId, Slug


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return them."""
    router = APIRouter(prefix="/notices", tags=["notices"])
    Operator = Annotated[Visitor, Depends(guard.needs(Role.OPERATOR))]  # noqa: N806 - a type

    @router.get("", dependencies=[Depends(guard.needs(Role.VIEWER))])
    def notices(
        status: Status | None = None, recipient: Slug | None = None, limit: cursors.Limit = 50,
        cursor: Annotated[int | None, Query(ge=1, lt=2**53)] = None,
    ) -> NoticePage:  # fmt: skip
        """Return notices."""
        with context.db.connect() as connection:
            rows = lists.notice_rows(connection, limit, cursor, status=status, recipient=recipient)
        return NoticePage(items=[_out(row) for row in rows], next=str(rows[-1].seq) if len(rows) == limit else None)

    @router.post("/{notice}/resend", status_code=204)
    def resend(notice: EventId, who: Operator) -> None:
        """Try again what was given up."""
        now = context.clock.now()
        with writing(context.db) as tx:
            if not queue.revive(tx, now, [notice]):
                raise HTTPException(404, "no such notice was given up")
            audits.note(tx, now, who.actor, "resend", notice=notice)

    return router


def _out(row: Any) -> NoticeOut:
    try:
        about = render.headline(row.facts, 0)
    except (KeyError, TypeError, ValueError):  # of another version
        about = None
    values = {name: getattr(row, name) for name in set(NoticeOut.model_fields) - {"about"}}
    return NoticeOut(**values, about=about)

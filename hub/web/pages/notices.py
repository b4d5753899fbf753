"""Who was told what, whether it arrived, and trying again what was given up."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from starlette.requests import Request

from hub.notices import queue, render
from hub.notices.plan import Status
from hub.roles import Role
from hub.store import audits, lists, writing
from hub.web.context import Context
from hub.web.pages import console, layout, views
from hub.web.security.guard import Guard
from hub.web.security.visitor import Visitor
from maskgate.ids import EventId

#: Notices of a page.
ROWS = 50


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return the page and its one button."""
    router = APIRouter(prefix="/notices", include_in_schema=False)
    Signed = Annotated[Visitor, Depends(guard.needs(Role.VIEWER))]  # noqa: N806 - a type
    Operator = Annotated[Visitor, Depends(guard.needs(Role.OPERATOR))]  # noqa: N806 - a type

    def shown(who: Visitor, query: dict[str, str], status: int = 200, problem: str = "") -> Response:
        config, now, names = context.config, context.clock.now(), console.door_names(context)
        fate = next((one for one in Status if one == query.get("status")), None)
        recipients = [one.id for one in config.notices.recipients]
        to = query["recipient"] if query.get("recipient") in recipients else None
        after = int(query["cursor"]) if query.get("cursor", "").isdecimal() and len(query["cursor"]) < 16 else None
        with context.db.connect() as connection:
            rows = lists.notice_rows(connection, ROWS, after, status=fate, recipient=to)
        kept = {name: value for name, value in (("status", fate), ("recipient", to)) if value}
        older = "/notices?" + urlencode(kept | {"cursor": rows[-1].seq}) if len(rows) == ROWS else ""
        return layout.page(
            context, who, "notices.html", status, here="/notices", done=query.get("done", ""), problem=problem,
            rows=[views.notice_row(row, _headline(row), names, config.zone, now) for row in rows], older=older,
            later=after is not None, fates=views.NOTICE, recipients=recipients, fate=fate or "", recipient=to or "",
            filtered=bool(kept), first="/notices?" + urlencode(kept),
        )  # fmt: skip

    @router.get("")
    def notices(request: Request, who: Signed) -> Response:
        return shown(who, dict(request.query_params))

    @router.post("/{notice}/resend")
    def resend(notice: EventId, who: Operator) -> Response:
        now = context.clock.now()
        with writing(context.db) as tx:
            found = queue.revive(tx, now, [notice])
            if found:
                audits.note(tx, now, who.actor, "resend", notice=notice)
        if not found:
            return shown(who, {}, 404, "Not done: that notice is not given up (any more).")
        return layout.onward("/notices", "resent")

    return router


def _headline(row: Any) -> str | None:
    try:
        return render.headline(row.facts, 0)
    except (KeyError, TypeError, ValueError):  # of another version
        return None

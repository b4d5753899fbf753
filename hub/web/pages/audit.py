"""What people and machines did at the pages and by the API."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from hub.roles import Role
from hub.store import lists
from hub.web.api import cursors
from hub.web.context import Context
from hub.web.pages import console, layout, views
from hub.web.security.guard import Guard
from hub.web.security.visitor import Visitor

ROWS = 50


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return the page."""
    router = APIRouter(include_in_schema=False)
    Admin = Annotated[Visitor, Depends(guard.needs(Role.ADMIN))]  # noqa: N806 - a type

    @router.get("/audit")
    def audit(who: Admin, cursor: cursors.Cursor = None) -> Response:
        config, now, names = context.config, context.clock.now(), console.door_names(context)
        with context.db.connect() as connection:
            rows = lists.audit_rows(connection, ROWS, cursors.read(cursor))
        older = f"/audit?cursor={cursors.write(rows[-1].at, rows[-1].seq)}" if len(rows) == ROWS else ""
        told: list[dict[str, Any]] = [
            {"key": row.seq, "at": views.moment(row.at, config.zone, now), "actor": row.actor, "action": row.action,
             "door": names.get(row.door, row.door or ""),
             "facts": ", ".join(f"{name} {value}" for name, value in row.facts.items())}
            for row in rows
        ]  # fmt: skip
        return layout.page(context, who, "audit.html", here="/audit", rows=told, older=older, later=cursor is not None)

    return router

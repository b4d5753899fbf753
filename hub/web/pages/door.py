"""One door: how it stands, and the page that asks before an emergency."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from hub.config import Door
from hub.roles import Role
from hub.store import lists
from hub.store.lists import Wanted
from hub.web.api.doors import known
from hub.web.context import Context
from hub.web.pages import console, layout, views
from hub.web.security.guard import Guard, form_of
from hub.web.security.visitor import Visitor
from maskgate.ids import Slug
from maskgate.messages import Decision

Fields = Annotated[dict[str, str], Depends(form_of)]
#: How long people hold a door, in seconds, and how that is called.
HOLDS = ((60, "1 minute"), (300, "5 minutes"), (900, "15 minutes"), (3600, "1 hour"), (14_400, "4 hours"),
         (28_800, "8 hours"))  # fmt: skip
#: Why they usually do; anything else may be written.
REASONS = ("Delivery", "Visitors", "Cleaning", "Maintenance", "Evacuation drill")
LATEST = 15


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return both pages."""
    router = APIRouter(prefix="/doors/{door}", include_in_schema=False)
    Signed = Annotated[Visitor, Depends(guard.needs(Role.VIEWER))]  # noqa: N806 - a type
    Operator = Annotated[Visitor, Depends(guard.needs(Role.OPERATOR))]  # noqa: N806 - a type

    def which(door: Slug) -> Door:
        return known(context, door)

    Known = Annotated[Door, Depends(which)]  # noqa: N806 - a type

    @router.get("")
    def page(who: Signed, door: Known, done: str = "") -> Response:
        return shown(context, who, door, done=done)

    @router.get("/emergency")
    def ask(who: Operator, door: Known) -> Response:
        card = console.cards(context)[door.id]
        return layout.page(context, who, "emergency.html", here="/", door=card)

    return router


def shown(
    context: Context, who: Visitor, door: Door, status: int = 200, *, done: str = "", problem: str = ""
) -> Response:
    """Return a door's page; `done` and `problem` say what became of a form."""
    config, now = context.config, context.clock.now()
    with context.db.connect() as connection:
        found = lists.decision_rows(connection, Wanted(door=door.id), LATEST)
    rows = [Decision.model_validate(row.document) for row in found]
    return layout.page(
        context, who, "door.html", status, here="/", done=done, problem=problem, modes=views.MODE, holds=HOLDS,
        reasons=REASONS, door=console.cards(context)[door.id],
        events=[views.event_row(row, {door.id: door.name}, config.zone, now) for row in rows],
        nodes=[one for one in console.node_rows(context) if one["door_id"] == door.id],
    )  # fmt: skip

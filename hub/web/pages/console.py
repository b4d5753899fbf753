"""The console's routes. They read; nothing here moves a door."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response

from hub.roles import Role
from hub.store import read
from hub.web.context import Context
from hub.web.pages import views
from hub.web.security.guard import Guard
from hub.web.security.visitor import Visitor
from hub.web.stream import SIGNED_S, room_for_one_more, stream

#: Events on the console.
LATEST = 50


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return the console and what keeps it fresh."""
    router = APIRouter(include_in_schema=False)
    Signed = Annotated[Visitor, Depends(guard.needs(Role.VIEWER))]  # noqa: N806 - a type

    @router.get("/", response_class=HTMLResponse)
    def console(who: Signed) -> str:
        return context.pages.get_template("console.html").render(_console(context), who=who)

    @router.get("/parts", response_class=HTMLResponse)
    def parts(_who: Signed) -> str:
        return context.pages.get_template("parts.html").render(_console(context))

    @router.get("/events")
    async def events(_who: Signed) -> Response:
        room_for_one_more(context.live)
        return stream(
            context.live, None, "change", lambda update: {"door": update.door if update else None}, lasts_s=SIGNED_S
        )

    return router


def _console(context: Context) -> dict[str, Any]:
    """Return all that the console shows."""
    config, now, zone = context.config, context.clock.now(), context.config.zone
    names = {door.id: door.name for door in config.doors}
    stored, heard = read.door_documents(context.db), read.node_rows(context.db)
    cards = []
    for door in config.doors:
        live = context.live.latest(door.id)
        state = live.state if live else stored[door.id][0] if door.id in stored else None
        cards.append(views.door_card(door, state, zone, now))
    nodes = [views.node_row(node, door, heard.get(node), zone, now) for door in config.doors for node in door.nodes]
    return {
        "site": config.site, "zone": config.timezone, "now": views.moment(now, zone, now),
        "doors": cards, "nodes": nodes, "trouble": views.trouble(config, cards, nodes),
        "events": [views.event_row(event.decision, names, zone, now) for event in read.recent(context.db, LATEST)],
    }  # fmt: skip

"""The first page: doors as they stand, what must be noticed, what happened last; and the news that keep pages fresh."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from hub.roles import Role
from hub.store import read
from hub.web.context import Context
from hub.web.health import checked
from hub.web.pages import attention, layout, views
from hub.web.security.guard import Guard
from hub.web.security.visitor import Visitor
from hub.web.stream import SIGNED_S, room_for_one_more, stream
from maskgate.messages import DoorState

#: Events on the first page.
LATEST = 15


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return the first page and the stream of news."""
    router = APIRouter(include_in_schema=False)
    Signed = Annotated[Visitor, Depends(guard.needs(Role.VIEWER))]  # noqa: N806 - a type

    @router.get("/")
    def console(who: Signed, done: str = "") -> Response:
        config, now = context.config, context.clock.now()
        names, shown = door_names(context), cards(context)
        rows = [views.event_row(event.decision, names, config.zone, now) for event in read.recent(context.db, LATEST)]
        found = attention.problems(
            checked(context.health, config), list(shown.values()), node_rows(context), context.problems()
        )
        return layout.page(
            context, who, "overview.html", here="/", done=done, doors=list(shown.values()), events=rows, problems=found
        )

    @router.get("/events")
    async def events(_who: Signed) -> Response:
        room_for_one_more(context.live)
        return stream(
            context.live, None, "change", lambda update: {"door": update.door if update else None}, lasts_s=SIGNED_S
        )

    return router


def door_names(context: Context) -> dict[str, str]:
    """Return the name of every door, by id."""
    return {door.id: door.name for door in context.config.doors}


def states(context: Context) -> dict[str, DoorState]:
    """Return every door as it stands: the newest told, else the one stored."""
    stored = {name: state for name, (state, _) in read.door_documents(context.db).items()}
    return stored | {name: update.state for name in stored if (update := context.live.latest(name))}


def cards(context: Context) -> dict[str, dict[str, Any]]:
    """Return what is shown of each door, by id."""
    known, now = states(context), context.clock.now()
    return {
        door.id: views.door_card(door, known.get(door.id), context.config.zone, now) for door in context.config.doors
    }


def node_rows(context: Context) -> list[dict[str, Any]]:
    """Return what is shown of each node."""
    heard, now = read.node_rows(context.db), context.clock.now()
    return [
        views.node_row(node, door, heard.get(node), context.config.zone, now)
        for door in context.config.doors
        for node in door.nodes
    ]

"""The display's routes. They read; nothing here moves a door."""

from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, Response

from hub.config import Door
from hub.live import Update
from hub.store import read
from hub.web.context import Context
from hub.web.display import views
from hub.web.stream import room_for_one_more, stream
from maskgate.clock import rfc3339
from maskgate.messages import Display


def routes(context: Context) -> APIRouter:
    """Return the page of each door and its stream."""
    router = APIRouter()
    doors = {door.id: door for door in context.config.doors}

    def known(door: str) -> Door:
        if door not in doors:
            raise HTTPException(404, "no door of that name")
        return doors[door]

    @router.get("/display/{door}", response_class=HTMLResponse)
    def display(door: str) -> str:
        return context.pages.get_template("display.html").render(_page(context, known(door)))

    @router.get("/display/{door}/events")
    async def display_events(door: str) -> Response:
        place = known(door)
        room_for_one_more(context.live)
        return stream(context.live, door, "display", lambda update: _document(context, place, update))

    return router


def _page(context: Context, door: Door) -> dict[str, Any]:
    """Return what a door's display page begins with."""
    update, now = context.live.latest(door.id), context.clock.now()
    return {
        "site": context.config.site, "zone": context.config.timezone, "door": door.id, "name": door.name,
        "view": _document(context, door, update)["display"],
        "idle": views.display_view(views.idle(door.id, now), now),
    }  # fmt: skip


def _document(context: Context, door: Door, update: Update | None) -> dict[str, Any]:
    """Return one event of a display page."""
    now = context.clock.now()
    shown = update.display if update else _stored(context, door)
    return {"now": rfc3339(now), "display": views.display_view(shown, now)}


def _stored(context: Context, door: Door) -> Display:
    stored = read.door_documents(context.db)
    return stored[door.id][1] if door.id in stored else views.idle(door.id, context.clock.now())

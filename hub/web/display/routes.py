"""The display's routes. They read; nothing here moves a door."""

import hashlib
from importlib.resources import files
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import HTMLResponse, Response

from hub.config import Door
from hub.live import Update
from hub.policy.translations import Phrase
from hub.store import read
from hub.web.context import Context
from hub.web.display import views
from hub.web.display.stills import LARGEST, SMALLEST, Stills
from hub.web.stream import MOST_VIEWERS, room_for_one_more, stream
from maskgate.clock import rfc3339
from maskgate.messages import Display, Language

#: Seconds between two signs of life. With three missed, a display says within five seconds that the hub is away.
BEAT_S = 1.0
#: Displays that have room when consoles have taken all of theirs: a door's screen must not go dark for lookers-on.
KEPT_FOR_DISPLAYS = 100

Side = Annotated[int, Query(ge=SMALLEST, le=LARGEST)]


def routes(context: Context) -> APIRouter:
    """Return the page of each door, its stream and its still picture."""
    router = APIRouter()
    doors = {door.id: door for door in context.config.doors}
    stills, build = Stills(context.pages), _build(context)

    def document(door: Door, update: Update | None) -> dict[str, Any]:
        now = context.clock.now()
        shown = views.display_view(_shown(context, door, update), now)
        return {"now": rfc3339(now), "build": build, "name": door.name, "display": shown}

    # Before the page: its pattern would take the dot for a part of the door's name.
    @router.get("/display/{door}.png")
    def picture(
        door: str,
        width: Side = 800,
        height: Side = 480,
        language: Language | None = None,
        if_none_match: Annotated[str | None, Header()] = None,
    ) -> Response:
        if door not in doors:
            return _nowhere(context)
        place = doors[door]
        shown = _shown(context, place, context.live.latest(door))
        made = stills.of(shown, width, height, language)
        headers = {"Cache-Control": "no-cache", "ETag": f'"{made.tag}"', "Content-Language": ", ".join(made.languages)}
        if if_none_match == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(made.png, headers=headers, media_type="image/png")

    @router.get("/display/{door}", response_class=HTMLResponse)
    def display(door: str) -> Response:
        if door not in doors:
            return _nowhere(context)
        place, now = doors[door], context.clock.now()
        speaks = context.config.languages(place)
        told = document(place, context.live.latest(door))
        page = context.pages.get_template("display.html").render(
            site=context.config.site, zone=context.config.timezone, door=door, name=place.name, build=build,
            view=told["display"], idle=views.display_view(views.idle(door, speaks, now), now),
            offline=views.own_view(Phrase.OFFLINE, speaks), nowhere=views.own_view(Phrase.NO_DOOR, speaks),
        )  # fmt: skip
        return HTMLResponse(page, headers={"Cache-Control": "no-store"})

    @router.get("/display/{door}/events")
    async def display_events(door: str) -> Response:
        if door not in doors:
            return _nowhere(context)
        place = doors[door]
        room_for_one_more(context.live, MOST_VIEWERS + KEPT_FOR_DISPLAYS)
        return stream(context.live, door, "display", lambda update: document(place, update), beat_s=BEAT_S)

    return router


def _shown(context: Context, door: Door, update: Update | None) -> Display:
    """Return the document as it counts now: the newest told, else the one stored, else idle."""
    now, speaks = context.clock.now(), context.config.languages(door)
    if update is not None:
        return views.current(update.display, speaks, now)
    stored = read.door_documents(context.db)
    return views.current(stored[door.id][1], speaks, now) if door.id in stored else views.idle(door.id, speaks, now)


def _nowhere(context: Context) -> Response:
    """Say so where the person who hangs up the screen reads it; the page asks again by itself."""
    words = views.own_view(Phrase.NO_DOOR, (context.config.language,))["words"][0]
    page = context.pages.get_template("nowhere.html").render(words=words, site=context.config.site)
    return HTMLResponse(page, 404, headers={"Cache-Control": "no-store"})


def _build(context: Context) -> str:
    """Return a mark of the page's parts: an open page that has another one loads itself anew."""
    static = files("hub.web") / "static"
    parts = [(static / name).read_bytes() for name in ("display.js", "display.css")]
    source = context.pages.loader.get_source(context.pages, "display.html")[0] if context.pages.loader else ""
    return hashlib.sha256(b"".join([*parts, source.encode()])).hexdigest()[:12]

"""The routes. They read; nothing here moves a door."""

from importlib.resources import files
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.config import Door, HubConfig
from hub.live import Live, Update
from hub.store import read
from hub.web import views
from hub.web.health import Health, HealthCheck, checked
from hub.web.stream import MOST_VIEWERS, stream
from maskgate.clock import Clock, rfc3339
from maskgate.messages import Display

#: Events on the console.
LATEST = 50

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors {framed}"
)


def make_app(config: HubConfig, db: Engine, live: Live, clock: Clock, health: HealthCheck | None = None) -> FastAPI:
    """Return the pages of one hub; `health` says how its parts are."""
    app = FastAPI(title="maskgate", docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(directory=str(files("hub.web") / "static")), name="static")
    app.add_middleware(_Headers)
    doors = {door.id: door for door in config.doors}
    pages = Environment(
        loader=PackageLoader("hub.web", "templates"), autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    board = Board(config, db, live, clock)

    def known(door: str) -> Door:
        if door not in doors:
            raise HTTPException(404, "no door of that name")
        return doors[door]

    def room_for_one_more() -> None:
        if live.viewers() >= MOST_VIEWERS:
            raise HTTPException(503, "too many viewers", headers={"Retry-After": "5"})

    @app.get("/", response_class=HTMLResponse)
    def console() -> str:
        return pages.get_template("console.html").render(board.console())

    @app.get("/parts", response_class=HTMLResponse)
    def parts() -> str:
        return pages.get_template("parts.html").render(board.console())

    @app.get("/events")
    async def events() -> Response:
        room_for_one_more()
        return stream(live, None, "change", lambda update: {"door": update.door if update else None})

    @app.get("/display/{door}", response_class=HTMLResponse)
    def display(door: str) -> str:
        return pages.get_template("display.html").render(board.display(known(door)))

    @app.get("/display/{door}/events")
    async def display_events(door: str) -> Response:
        place = known(door)
        room_for_one_more()
        return stream(live, door, "display", lambda update: board.display_document(place, update))

    @app.get("/healthz")
    def healthz() -> JSONResponse:
        found = checked(health or board.health, config)
        return JSONResponse(found.document(), 200 if found.working else 503, {"Cache-Control": "no-store"})

    @app.exception_handler(SQLAlchemyError)
    def store_fails(_request: Request, _error: Exception) -> Response:
        return HTMLResponse(pages.get_template("sorry.html").render(site=config.site), 503, {"Retry-After": "5"})

    return app


class Board:
    """What the pages show, gathered from the store and from what is live."""

    def __init__(self, config: HubConfig, db: Engine, live: Live, clock: Clock) -> None:
        self._config, self._db, self._live, self._clock = config, db, live, clock
        self._names = {door.id: door.name for door in config.doors}

    def console(self) -> dict[str, Any]:
        """Return all that the console shows."""
        now, zone = self._clock.now(), self._config.zone
        stored, heard = read.door_documents(self._db), read.node_rows(self._db)
        cards = []
        for door in self._config.doors:
            live = self._live.latest(door.id)
            state = live.state if live else stored[door.id][0] if door.id in stored else None
            cards.append(views.door_card(door, state, zone, now))
        nodes = [
            views.node_row(node, door, heard.get(node), zone, now) for door in self._config.doors for node in door.nodes
        ]
        return {
            "site": self._config.site, "zone": self._config.timezone, "now": views.moment(now, zone, now),
            "doors": cards, "nodes": nodes, "trouble": views.trouble(self._config, cards, nodes),
            "events": [
                views.event_row(event.decision, self._names, zone, now) for event in read.recent(self._db, LATEST)
            ],
        }  # fmt: skip

    def display(self, door: Door) -> dict[str, Any]:
        """Return what a door's display page begins with."""
        update = self._live.latest(door.id)
        return {
            "site": self._config.site, "zone": self._config.timezone, "door": door.id, "name": door.name,
            "view": self.display_document(door, update)["display"],
            "idle": views.display_view(views.idle(door.id, self._clock.now()), self._clock.now()),
        }  # fmt: skip

    def display_document(self, door: Door, update: Update | None) -> dict[str, Any]:
        """Return one event of a display page."""
        now = self._clock.now()
        shown = update.display if update else self._stored_display(door)
        return {"now": rfc3339(now), "display": views.display_view(shown, now)}

    def _stored_display(self, door: Door) -> Display:
        stored = read.door_documents(self._db)
        return stored[door.id][1] if door.id in stored else views.idle(door.id, self._clock.now())

    def health(self) -> Health:
        """Say how the store is: all that the pages know by themselves."""
        read.door_documents(self._db)
        return Health()


class _Headers:
    """What every answer carries: nothing is loaded from elsewhere, nothing is guessed, the console is not framed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # A display shows nothing to press, and may stand inside a dashboard.
        framed = "*" if scope["path"].startswith("/display/") else "'none'"
        added = [
            (b"content-security-policy", _POLICY.format(framed=framed).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
        ]
        if scope["path"].startswith("/static/"):
            added.append((b"cache-control", b"no-cache"))

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self._app(scope, receive, send_with)

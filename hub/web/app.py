"""The rooms of the pages put together."""

from importlib.resources import files

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from hub.config import HubConfig
from hub.live import Live
from hub.store import read
from hub.web import display
from hub.web.context import Context, templates
from hub.web.health import Health, HealthCheck, checked
from hub.web.pages import console
from hub.web.security.headers import SecurityHeaders
from maskgate.clock import Clock


def make_app(config: HubConfig, db: Engine, live: Live, clock: Clock, health: HealthCheck | None = None) -> FastAPI:
    """Return the pages of one hub; `health` says how its parts are."""

    def store_alone() -> Health:
        read.door_documents(db)
        return Health()

    context = Context(config, db, live, clock, health or store_alone, templates())
    app = FastAPI(title="maskgate", docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(directory=str(files("hub.web") / "static")), name="static")
    app.add_middleware(SecurityHeaders)
    for room in (console.routes, display.routes):
        app.include_router(room(context))

    @app.get("/healthz")
    def healthz() -> JSONResponse:
        found = checked(context.health, config)
        return JSONResponse(found.document(), 200 if found.working else 503, {"Cache-Control": "no-store"})

    @app.exception_handler(SQLAlchemyError)
    def store_fails(_request: Request, _error: Exception) -> Response:
        page = context.pages.get_template("sorry.html").render(site=config.site)
        return HTMLResponse(page, 503, {"Retry-After": "5"})

    return app

"""The rooms of the pages put together."""

from importlib.resources import files

from fastapi import Depends, FastAPI
from fastapi.staticfiles import StaticFiles

from hub.roles import Role
from hub.web import api, display, errors, health, metrics, pages
from hub.web.context import PREFIX, Context
from hub.web.security.guard import Guard
from hub.web.security.headers import SecurityHeaders
from hub.web.security.limits import BodyLimit


def make_app(context: Context) -> FastAPI:
    """Return the pages and the API of one hub."""
    app = FastAPI(
        title="maskgate", version="1", openapi_url=f"{PREFIX}/openapi.json", docs_url=None, redoc_url=None,
        description="Doors, passages and notices of one site. A person's session or a token lets in; errors are "
        "problem details (RFC 9457); lists are read page by page with `cursor`.",
        separate_input_output_schemas=False,
    )  # fmt: skip
    guard, measured = Guard(context), metrics.Requests()
    app.mount("/static", StaticFiles(directory=str(files("hub.web") / "static")), name="static")
    app.add_middleware(metrics.Timing, measured=measured)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    for room in (pages.routes, api.routes):
        app.include_router(room(context, guard))
    closed = [] if context.config.web.open_displays else [Depends(guard.needs(Role.VIEWER))]
    app.include_router(display.routes(context), dependencies=closed, include_in_schema=False)
    app.include_router(health.routes(context))
    app.include_router(metrics.routes(context, guard, measured))
    errors.add(app, context)
    return app

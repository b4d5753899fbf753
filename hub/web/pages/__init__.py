"""The console for the building manager.

Reading order: views and charting (rows into words and bars; pure), attention (what must be noticed), assets, layout
(the page around all), then a file for each page.
"""

from fastapi import APIRouter

from hub.web.context import Context
from hub.web.pages import (
    account,
    assets,
    audit,
    charts,
    console,
    door,
    machines,
    nodes,
    notices,
    orders,
    passages,
    people,
    sign_in,
)
from hub.web.security.guard import Guard


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return all pages."""
    router = APIRouter(include_in_schema=False)
    router.include_router(assets.routes())
    for room in (console, door, orders, passages, charts, notices, nodes, people, machines, audit, sign_in, account):
        router.include_router(room.routes(context, guard))
    return router

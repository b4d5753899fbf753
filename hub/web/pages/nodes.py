"""The cameras' health."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from hub.roles import Role
from hub.web.context import Context
from hub.web.pages import console, layout
from hub.web.security.guard import Guard
from hub.web.security.visitor import Visitor


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return the page."""
    router = APIRouter(include_in_schema=False)
    Signed = Annotated[Visitor, Depends(guard.needs(Role.VIEWER))]  # noqa: N806 - a type

    @router.get("/nodes")
    def nodes(who: Signed) -> Response:
        return layout.page(context, who, "nodes.html", here="/nodes", nodes=console.node_rows(context))

    return router

"""The REST API, `/api/v1`. Reading order: problems (errors), models, cursors, then a file for each kind of thing."""

from fastapi import APIRouter

from hub.web.api import commands, counts, doors, events, export, nodes, notices, passages, people, standing, tokens
from hub.web.api.problems import ANSWERS
from hub.web.context import PREFIX, Context
from hub.web.security.guard import Guard


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return the whole API."""
    router = APIRouter(prefix=PREFIX, responses=ANSWERS)
    for room in (doors, commands, nodes, passages, notices, counts, export, events, people, standing, tokens):
        router.include_router(room.routes(context, guard))
    return router

"""Nodes, as last heard."""

from fastapi import APIRouter, Depends, HTTPException

from hub.roles import Role
from hub.store import read
from hub.web.api.models import NodeOut
from hub.web.context import Context
from hub.web.security.guard import Guard
from maskgate.ids import Slug


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return them."""
    router = APIRouter(prefix="/nodes", tags=["nodes"], dependencies=[Depends(guard.needs(Role.VIEWER))])

    @router.get("")
    def all_nodes() -> list[NodeOut]:
        """Return every node."""
        heard = read.node_rows(context.db)
        return [_out(node, door.id, heard.get(node)) for door in context.config.doors for node in door.nodes]

    @router.get("/{node}")
    def one_node(node: Slug) -> NodeOut:
        """Return one node."""
        door = context.config.door_of(node)
        if door is None:
            raise HTTPException(404, "no node of that name")
        return _out(node, door.id, read.node_rows(context.db).get(node))

    return router


def _out(node: str, door: str, row: read.Node | None) -> NodeOut:
    if row is None:
        return NodeOut(id=node, door=door, availability=None, heard_at=None, health=None)
    return NodeOut(id=node, door=door, availability=row.availability, heard_at=row.heard_at, health=row.health)

"""Doors as they stand."""

from fastapi import APIRouter, Depends, HTTPException

from hub.config import Door
from hub.roles import Role
from hub.store import read
from hub.web.api import models
from hub.web.context import Context
from hub.web.security.guard import Guard
from maskgate.ids import Slug
from maskgate.messages import DoorState


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return them."""
    router = APIRouter(prefix="/doors", tags=["doors"], dependencies=[Depends(guard.needs(Role.VIEWER))])

    @router.get("")
    def all_doors() -> list[models.DoorOut]:
        """Return every door as it stands."""
        states = _states(context)
        return [_out(door, states.get(door.id)) for door in context.config.doors]

    @router.get("/{door}")
    def one_door(door: Slug) -> models.DoorOut:
        """Return one door as it stands."""
        return _out(known(context, door), _states(context).get(door))

    return router


def known(context: Context, name: str) -> Door:
    """Return a door; raises `HTTPException` where there is none of that name."""
    for door in context.config.doors:
        if door.id == name:
            return door
    raise HTTPException(404, "no door of that name")


def _states(context: Context) -> dict[str, DoorState]:
    stored = {name: state for name, (state, _) in read.door_documents(context.db).items()}
    live = {name: update.state for name in stored if (update := context.live.latest(name))}
    return stored | live


def _out(door: Door, state: DoorState | None) -> models.DoorOut:
    return models.DoorOut(
        id=door.id, name=door.name, nodes=list(door.nodes), has_lock=door.lock is not None, state=state
    )

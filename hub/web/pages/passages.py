"""Who came by: the list with its filters, and the story of one passage."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy import select
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request

from hub.roles import Role
from hub.store import lists
from hub.store.lists import Place, Wanted
from hub.store.schema import evidence
from hub.web.api import cursors
from hub.web.context import Context
from hub.web.pages import console, layout, views
from hub.web.security.guard import Guard
from hub.web.security.visitor import Visitor
from maskgate.clock import rfc3339
from maskgate.ids import EventId
from maskgate.states import MaskState

#: Passages of a page.
ROWS = 50
#: Years that a filter may name; far beyond them time zones and databases disagree.
FIRST, LAST = 1971, 2999


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks for; `problem` says what of it cannot be read, and was left out."""

    wanted: Wanted
    place: Place | None
    values: dict[str, str]
    problem: str = ""


def asked(query: QueryParams, zone: ZoneInfo) -> Asked:
    """Return what the filters say. Empty ones say nothing; times are the site's."""
    names = ("door", "node", "state", "since", "until")
    values = {name: query.get(name, "").strip()[:64] for name in names}
    problem, times, state = "", dict.fromkeys(("since", "until")), None
    for name in times:
        if values[name]:
            try:
                times[name] = _moment(values[name], zone)
            except ValueError:
                problem = f"“{values[name]}” is no time; choose one, or leave the field empty."
    if values["state"]:
        try:
            state = MaskState(values["state"])
        except ValueError:
            problem = f"“{values['state']}” is no state that a face can have."
    if times["since"] and times["until"] and times["since"] >= times["until"]:
        problem = "“From” is not before “to”, so nothing fits."
    place = None
    if cursor := query.get("cursor"):
        try:
            place = cursors.read(cursor)
        except (ValueError, OverflowError, OSError):
            problem = "This page of the list is not there; here is the first."
    wanted = Wanted(door=values["door"] or None, node=values["node"] or None, state=state, **times)
    return Asked(wanted, place, values, problem)


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return both pages."""
    router = APIRouter(prefix="/passages", include_in_schema=False)
    Signed = Annotated[Visitor, Depends(guard.needs(Role.VIEWER))]  # noqa: N806 - a type

    @router.get("")
    def passages(request: Request, who: Signed) -> Response:
        config, now = context.config, context.clock.now()
        found, names = asked(request.query_params, config.zone), console.door_names(context)
        with context.db.connect() as connection:
            rows = lists.passage_rows(connection, found.wanted, ROWS, found.place)
        kept = {name: value for name, value in found.values.items() if value}
        older = ""
        if len(rows) == ROWS:
            last = rows[-1][0]
            older = "/passages?" + urlencode(kept | {"cursor": cursors.write(last.received_at, last.seq)})
        times = {name: rfc3339(at) for name in ("since", "until") if (at := getattr(found.wanted, name))}
        plain = {name: kept[name] for name in ("door", "node", "state") if name in kept and not found.problem}
        return layout.page(
            context, who, "passages.html", here="/passages", older=older, first="/passages?" + urlencode(kept),
            rows=[views.passage_row(row, made, names, config.zone, now) for row, made in rows], values=found.values,
            problem=found.problem, filtered=bool(kept), later=found.place is not None,
            export="/api/v1/export/passages.csv?" + urlencode(plain | times),
            doors=names, nodes=[node for door in config.doors for node in door.nodes], states=views.STATE,
        )  # fmt: skip

    @router.get("/{passage}")
    def story(passage: EventId, who: Signed) -> Response:
        config, now, names = context.config, context.clock.now(), console.door_names(context)
        with context.db.connect() as connection:
            rows = lists.verdicts(connection, passage)
            pictures = connection.scalars(select(evidence.c.node).where(evidence.c.passage == passage)).all()
        if not rows:
            raise HTTPException(404, "There is no passage of that name, or no longer: what is old is deleted")
        told = [views.passage_row(row, made, names, config.zone, now) for row, made in rows]
        sees = who.role.includes(config.web.pictures_for)
        return layout.page(
            context, who, "passage.html", here="/passages", last=told[-1], verdicts=told, sees=sees,
            pictures=list(pictures), pictures_for=config.web.pictures_for.value,
        )  # fmt: skip

    return router


def _moment(text: str, zone: ZoneInfo) -> datetime:
    found = datetime.fromisoformat(text)
    if not FIRST <= found.year <= LAST:
        raise ValueError(text)
    return found if found.tzinfo else found.replace(tzinfo=zone)

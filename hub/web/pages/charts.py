"""Who kept the rule: by day, by hour of the day, by door."""

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from starlette.requests import Request

from hub.roles import Role
from hub.store import tallies
from hub.web.context import Context
from hub.web.pages import charting, console, layout
from hub.web.security.guard import Guard
from hub.web.security.visitor import Visitor

#: How far back one looks, in days, and how that is called.
SPANS = {"1": "Today", "7": "7 days", "30": "30 days", "90": "90 days"}


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return the page."""
    router = APIRouter(include_in_schema=False)
    Signed = Annotated[Visitor, Depends(guard.needs(Role.VIEWER))]  # noqa: N806 - a type

    @router.get("/charts")
    def charts(request: Request, who: Signed) -> Response:
        names = console.door_names(context)
        days = request.query_params.get("days", "7")
        days = days if days in SPANS else "7"
        door = request.query_params.get("door", "")
        door = door if door in names else ""
        last = context.clock.now().astimezone(context.config.zone).date()
        first = last - timedelta(days=int(days) - 1)
        span = (first.isoformat(), (last + timedelta(days=1)).isoformat())
        with context.db.connect() as connection:
            by_day, by_hour = (
                {
                    row.key: (row.people, row.violations)
                    for row in tallies.by_time(connection, unit, *span, door or None)
                }
                for unit in ("day", "hour")
            )
            doors = tallies.by_door(connection, *span)
        counted = [
            charting.Count(names.get(row.key, row.key), row.people, row.violations)
            for row in doors if door in ("", row.key)
        ]  # fmt: skip
        whole = charting.Count("All", sum(one.people for one in counted), sum(one.violations for one in counted))
        shown = [
            charting.chart("By hour of the day", "Hour", charting.by_hour(by_hour)),
            charting.chart("By door", "Door", counted),
        ]
        if days != "1":
            shown.insert(0, charting.chart("By day", "Day", charting.by_day(by_day, first, last)))
        asked = {"since": span[0], "until": last.isoformat()} | ({"door": door} if door else {})
        return layout.page(
            context, who, "charts.html", here="/charts", charts=shown, whole=whole, spans=SPANS, days=days, door=door,
            doors=names, export={unit: "/api/v1/export/counts.csv?" + urlencode(
                asked | {"by": unit}) for unit in ("day", "door")} | (
                {"hour": "/api/v1/export/counts.csv?" + urlencode(asked | {"by": "hour"})} if int(days) <= 62 else {}),
            size=(charting.WIDTH, charting.HEIGHT, charting.LEFT, charting.BASE),
        )  # fmt: skip

    return router

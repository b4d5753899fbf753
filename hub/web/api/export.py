"""Tables for spreadsheets, sent row by row however many there are."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from hub.roles import Role
from hub.store import audits, lists, tallies, writing
from hub.store.lists import Wanted
from hub.web.api import cursors
from hub.web.api.counts import LONGEST, Day, Unit, span
from hub.web.context import Context
from hub.web.security.guard import Guard
from hub.web.security.visitor import Visitor
from maskgate.clock import rfc3339
from maskgate.ids import Slug

PASSAGES = (
    "passage", "revision", "door", "node", "state", "confidence", "seen_from", "seen_to", "received_at", "decision",
    "event_type", "mode", "text", "by",
)  # fmt: skip
COUNTS = ("key", "people", "violations", "late")
_CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "Comma-separated, UTF-8."}
}
#: What begins a formula, wide letters too, at the beginning of a cell; many countries' spreadsheets end one at `;`.
_FORMULA = re.compile(r"(^\s*|[;,|]\s*)(?=[=+\-@|%＝＋－＠])")
#: Rows that are sent together.
_STEP = 200


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return them."""
    router = APIRouter(prefix="/export", tags=["export"], default_response_class=StreamingResponse)
    Signed = Annotated[Visitor, Depends(guard.needs(Role.VIEWER))]  # noqa: N806 - a type

    def noted(who: Visitor, what: str) -> None:
        with writing(context.db) as tx:
            audits.note(tx, context.clock.now(), who.actor, "export", what=what)

    @router.get("/passages.csv", responses=_CSV)
    def passages(wanted: cursors.PassageFilter, who: Signed) -> StreamingResponse:
        """Return passages, the newest first."""
        noted(who, "passages")
        return _table("passages.csv", PASSAGES, _passages(context, wanted))

    @router.get("/counts.csv", responses=_CSV)
    def counts(
        who: Signed, by: Unit = Unit.DAY, since: Day = None, until: Day = None, door: Slug | None = None
    ) -> StreamingResponse:
        """Return counts."""
        today = context.clock.now().astimezone(context.config.zone).date()
        first, last = span(today, since, until, LONGEST[by])
        noted(who, "counts")
        with context.db.connect() as connection:
            if by is Unit.DOOR:
                found = [row for row in tallies.by_door(connection, first, last) if door in (None, row.key)]
            else:
                found = tallies.by_time(connection, by, first, last, door)
        return _table("counts.csv", COUNTS, ((row.key, row.people, row.violations, row.late) for row in found))

    return router


def _passages(context: Context, wanted: Wanted) -> Iterator[Sequence[Any]]:
    for row, document in lists.every_passage(context.db, wanted):
        said = document or {}
        yield (
            row.passage, row.revision, row.door, row.node, row.state, f"{row.confidence:.3f}", rfc3339(row.seen_from),
            rfc3339(row.seen_to), rfc3339(row.received_at), said.get("decision"), said.get("event_type"),
            said.get("mode"), said.get("text"), said.get("by"),
        )  # fmt: skip


def _table(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_lines(head, rows), media_type="text/csv; charset=utf-8", headers=headers)


def _lines(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(head)
    for number, row in enumerate(rows, 1):
        writer.writerow([cell(value) for value in row])
        if number % _STEP == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def cell(value: Any) -> Any:
    """Return a value that no spreadsheet takes for a formula, whatever it takes for the end of a cell."""
    if not isinstance(value, str):
        return value
    plain = "".join(letter if letter.isprintable() else " " for letter in value)
    return _FORMULA.sub(r"\1'", plain)

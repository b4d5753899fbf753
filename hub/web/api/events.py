"""The event stream: how doors stand, as it changes, and every decision, in order and without a gap."""

import time
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, HTTPException
from fastapi.responses import Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from hub.roles import Role
from hub.store import lists
from hub.web.context import Context
from hub.web.security.guard import Guard
from hub.web.stream import BEAT_S, RETRY_MS, SIGNED_S, event, events_of, room_for_one_more
from maskgate.ids import Slug

#: Decisions that are read at once.
_STEP = 200


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return it."""
    router = APIRouter(tags=["events"], dependencies=[Depends(guard.needs(Role.VIEWER))])
    doors = {door.id for door in context.config.doors}

    @router.get(
        "/events", response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "Events."}},
    )  # fmt: skip
    async def events(
        door: Slug | None = None,
        last_event_id: Annotated[str | None, Header(pattern=r"^[0-9]{1,15}$", description="Go on after it.")] = None,
    ) -> Response:
        """Follow one door or all: `door` (a `DoorState`), `decision` (a `Decision`, numbered), `beat`."""
        if door is not None and door not in doors:
            raise HTTPException(404, "no door of that name")
        room_for_one_more(context.live)
        after = int(last_event_id) if last_event_id else await run_in_threadpool(_last, context)
        return events_of(_follow(context, door, after))

    return router


async def _follow(context: Context, door: str | None, after: int) -> AsyncIterator[bytes]:
    viewer, ends = context.live.subscribe(door), time.monotonic() + SIGNED_S
    try:
        yield f"retry: {RETRY_MS}\n\n".encode()
        while not viewer.ended and time.monotonic() < ends:
            made = await run_in_threadpool(_decisions, context, after)
            for row in made:
                after = row.seq
                if door in (None, row.door):
                    yield event("decision", row.document, row.seq)
            if len(made) == _STEP:
                continue
            news = await viewer.updates(BEAT_S)
            for update in news:
                yield event("door", update.state.model_dump(mode="json"))
            if not news and not viewer.ended:
                yield event("beat", {})
    finally:
        context.live.unsubscribe(viewer)


def _last(context: Context) -> int:
    with context.db.connect() as connection:
        return lists.last_decision(connection)


def _decisions(context: Context, after: int) -> Any:
    with context.db.connect() as connection:
        return lists.decisions_since(connection, after, _STEP)

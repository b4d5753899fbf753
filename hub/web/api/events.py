"""The event stream: how doors stand, as it changes, and every decision, in order and without a gap."""

import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header, HTTPException
from fastapi.responses import Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from hub.roles import Role
from hub.web.context import Context
from hub.web.following import PLACE, Follower
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
        last_event_id: Annotated[str | None, Header(pattern=PLACE, description="Go on after it.")] = None,
    ) -> Response:
        """Follow one door or all: `door` (a `DoorState`), `decision` (a `Decision`, numbered), `beat`."""
        if door is not None and door not in doors:
            raise HTTPException(404, "no door of that name")
        room_for_one_more(context.live)
        reader = await run_in_threadpool(Follower, context.db, context.clock, last_event_id or None, _STEP)
        return events_of(_follow(context, door, reader))

    return router


async def _follow(context: Context, door: str | None, reader: Follower) -> AsyncIterator[bytes]:
    viewer, ends = context.live.subscribe(door), time.monotonic() + SIGNED_S
    try:
        # With a place at once: who has heard of nothing yet misses nothing either when the line breaks.
        yield f"retry: {RETRY_MS}\nid: {reader.place}\n\n".encode()
        while not viewer.ended and time.monotonic() < ends:
            made = await run_in_threadpool(reader.read)
            for row in made:
                reader.take(row)
                if door in (None, row.door):
                    yield event("decision", row.document, reader.place)
            if len(made) >= _STEP:
                continue
            reader.forget()
            news = await viewer.updates(BEAT_S)
            for update in news:
                yield event("door", update.state.model_dump(mode="json"))
            if not news and not viewer.ended:
                yield event("beat", {})
    finally:
        context.live.unsubscribe(viewer)

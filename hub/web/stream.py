"""Server-sent events: news at once, a beat in between, so that both ends know that the other is there."""

import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import HTTPException
from starlette.responses import StreamingResponse

from hub.live import Live, Update

#: Seconds between two signs of life; a page that hears nothing for three of them says so.
BEAT_S = 2.0
#: How long a page waits before it comes back, in milliseconds.
RETRY_MS = 1000
#: After so many seconds a stream for somebody who is signed in ends; whoever still may, comes back at once.
SIGNED_S = 300.0
#: More viewers than this are turned away; they ask again.
MOST_VIEWERS = 200


def room_for_one_more(live: Live, most: int = MOST_VIEWERS) -> None:
    """Turn a viewer away, by `HTTPException`, where there are too many."""
    if live.viewers() >= most:
        raise HTTPException(503, "too many viewers", headers={"Retry-After": "5"})


def event(name: str, document: Any, number: str | None = None) -> bytes:
    """Write one event; one with a number is where a reader may go on."""
    head = "" if number is None else f"id: {number}\n"
    return f"{head}event: {name}\ndata: {json.dumps(document, separators=(',', ':'))}\n\n".encode()


def stream(
    live: Live,
    door: str | None,
    name: str,
    document: Callable[[Update | None], Any],
    *,
    lasts_s: float | None = None,
    beat_s: float = BEAT_S,
) -> StreamingResponse:
    """Return the response that carries `document` of each update as the event `name`.

    It begins with one, made of what is known now (None: nothing yet).
    """

    async def events() -> AsyncIterator[bytes]:
        viewer = live.subscribe(door)
        ends = time.monotonic() + (lasts_s or float("inf"))
        try:
            yield f"retry: {RETRY_MS}\n\n".encode() + event(name, document(live.latest(door) if door else None))
            while not viewer.ended and time.monotonic() < ends:
                news = await viewer.updates(beat_s)
                if news:
                    yield b"".join(event(name, document(update)) for update in news)
                elif not viewer.ended:
                    yield event("beat", {})
        finally:
            live.unsubscribe(viewer)

    return events_of(events())


def events_of(events: AsyncIterator[bytes]) -> StreamingResponse:
    """Return the response that carries these."""
    return StreamingResponse(
        events, media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )

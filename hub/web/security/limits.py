"""No request is larger than anything that we take."""

import contextlib
import json

from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Bytes of a body.
MOST_BYTES = 64 * 1024


class _TooLargeError(Exception):
    pass


class BodyLimit:
    """Answers 413 to a body that says, or turns out, to be too large."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        said = dict(scope["headers"]).get(b"content-length", b"0")
        if not said.isdigit() or int(said) > MOST_BYTES:
            await _refuse(send)
            return
        taken, over = 0, False

        async def counted() -> Message:
            nonlocal taken, over
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MOST_BYTES:
                over = True
                raise _TooLargeError
            return message

        async def noted(message: Message) -> None:
            if not over:  # else whatever the app makes of a body that broke off
                await send(message)

        with contextlib.suppress(_TooLargeError):
            await self._app(scope, counted, noted)
        if over:
            await _refuse(send)


async def _refuse(send: Send) -> None:
    text = f"no more than {MOST_BYTES} bytes are taken"
    body = json.dumps({"type": "about:blank", "title": "Content Too Large", "status": 413, "detail": text}).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode()),
               (b"connection", b"close")]  # fmt: skip
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})

"""What every answer carries: nothing is loaded from elsewhere, nothing is guessed, the console is not framed."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors {framed}"
)


class SecurityHeaders:
    """Adds them to every answer of `app`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        # A display shows nothing to press, and may stand inside a dashboard.
        framed = "*" if scope["path"].startswith("/display/") else "'none'"
        added = [
            (b"content-security-policy", _POLICY.format(framed=framed).encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
        ]
        if scope["path"].startswith("/static/"):
            added.append((b"cache-control", b"no-cache"))

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self._app(scope, receive, send_with)

"""What every answer carries: nothing is loaded from elsewhere, nothing is guessed, the console is not framed."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'{drawn}; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors {framed}"
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
            # The console's style sheet holds its small marks (arrows, ticks) as data; nothing of them runs.
            (
                b"content-security-policy",
                _POLICY.format(framed=framed, drawn="" if framed == "*" else " data:").encode(),
            ),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
        ]
        if framed != "*":
            added += [(b"x-frame-options", b"DENY"), (b"cross-origin-opener-policy", b"same-origin"),
                      (b"cross-origin-resource-policy", b"same-origin")]  # fmt: skip
        if scope["scheme"] == "https":
            added.append((b"strict-transport-security", b"max-age=31536000"))
        kept = b"no-cache" if scope["path"].startswith("/static/") else b"no-store"

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name for name, _ in message["headers"]}
                more = [] if b"cache-control" in said else [(b"cache-control", kept)]
                message["headers"] = [*message["headers"], *added, *more]
            await send(message)

        await self._app(scope, receive, send_with)

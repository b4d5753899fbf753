"""What the browser keeps."""

from starlette.requests import Request
from starlette.responses import Response

from hub.store.attempts import REMEMBERED
from hub.web.context import Context
from hub.web.security.signing import SignedIn
from hub.web.security.visitor import cookie_name

#: By which a browser is known that signed in before, and by which the sign-in form knows its own.
DEVICE, FORM = "maskgate-device", "maskgate-form"


def put(response: Response, request: Request, context: Context, signed: SignedIn) -> None:
    """Keep a session and what the browser is known by."""
    hours = context.config.web.session_hours
    _set(response, request, cookie_name(request), signed.session, int(hours * 3600), strict=False)
    _set(response, request, DEVICE, signed.device, int(REMEMBERED.total_seconds()))


def put_form(response: Response, request: Request, secret: str) -> None:
    """Keep what the sign-in form knows its own by."""
    _set(response, request, FORM, secret, None)


def drop(response: Response, request: Request) -> None:
    """Forget the session."""
    secure = request.url.scheme == "https"
    response.delete_cookie(cookie_name(request), httponly=True, secure=secure, samesite="lax")


def _set(
    response: Response, request: Request, name: str, value: str, seconds: int | None, *, strict: bool = True
) -> None:
    response.set_cookie(
        name, value, max_age=seconds, httponly=True, secure=request.url.scheme == "https",
        # Lax, so that a link in a mail finds its reader signed in; forms have their own guard.
        samesite="strict" if strict else "lax",
    )  # fmt: skip

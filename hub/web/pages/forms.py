"""What the plain forms share: the page around them, the answer that begins a session, words for what went wrong."""

import re
from typing import Any

from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.requests import Request

from hub.web.context import Context
from hub.web.pages import assets, cookies
from hub.web.security import secrets, signing
from hub.web.security.guard import FORM_FIELD

#: Where a sign-in may lead: a place of ours, never another site.
_OURS = re.compile(r"/(?![/\\])[A-Za-z0-9/_.~%?&=+:-]*")


def page(
    context: Context, template: str, status: int = 200, *, title: str, problem: str = "", **words: Any
) -> HTMLResponse:
    """Return one of the small pages."""
    shown = {
        "site": context.config.site,
        "build": assets.build(),
        "title": title,
        "problem": problem,
        "shortest": secrets.SHORTEST,
        **words,
    }
    return HTMLResponse(context.pages.get_template(template).render(shown), status)


def begun(context: Context, request: Request, signed: signing.SignedIn, onward: str = "/") -> Response:
    """Return the answer that begins a session."""
    answer = RedirectResponse(onward, 303)
    cookies.put(answer, request, context, signed)
    return answer


def ours(path: str) -> str:
    """Return `path`, or the console's where it leads elsewhere."""
    return path if _OURS.fullmatch(path) else "/"


def from_our_form(request: Request, form: dict[str, str]) -> bool:
    """Whether a form that nobody is signed in for came from our page (nobody may be signed in as somebody else)."""
    secret = request.cookies.get(cookies.FORM, "")
    return bool(secret) and secrets.same(form.get(FORM_FIELD, ""), secrets.form_token(secret))


def address(request: Request) -> str:
    """Return where somebody asks from."""
    return request.client.host if request.client else "?"


def too_soon(error: signing.TooSoonError) -> str:
    """Say that nobody looks at a password yet."""
    wait = f"{error.seconds:.0f} seconds" if error.seconds >= 1.5 else "a second"
    return f"Too many wrong passwords. Wait {wait} and try again."


def sentence(error: object) -> str:
    """Return the text of an error as a sentence."""
    text = str(error).rstrip(".")
    return text[:1].upper() + text[1:] + "."

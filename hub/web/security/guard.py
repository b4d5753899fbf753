"""What a route asks of its visitor. Every route names one of these; a test holds the list of them."""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from hub.roles import Role
from hub.web.context import Context
from hub.web.security.secrets import same
from hub.web.security.visitor import Visitor, visitor

#: Methods that change nothing.
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: Where scripts put what forms hold in a field.
FORM_HEADER, FORM_FIELD = "x-csrf-token", "csrf"


class NotSignedInError(Exception):
    """Nobody that we know asks."""


class NotAllowedError(Exception):
    """Somebody asks who may not; the text says what for."""


class Guard:
    """Makes the dependencies of routes."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def needs(self, role: Role) -> Callable[[Request], Awaitable[Visitor]]:
        """Return the dependency that lets those with `role` or more pass."""

        async def admit(request: Request) -> Visitor:
            found = await run_in_threadpool(visitor, self._context, request)
            if found is None:
                raise NotSignedInError
            if request.method not in SAFE and found.form is not None:
                await _own_form(request, found.form)
            if not found.role.includes(role):
                raise NotAllowedError(f"this is for the role {role}; {found.name} is {found.role}")
            return found

        return admit


async def _own_form(request: Request, right: str) -> None:
    """Refuse what another site's page made a browser send: it knows neither the field nor may it set the header."""
    given = request.headers.get(FORM_HEADER) or (await form_of(request)).get(FORM_FIELD, "")
    if not same(given, right) or request.headers.get("sec-fetch-site") == "cross-site":
        raise NotAllowedError("this did not come from a form of ours; load the page anew and try again")


async def form_of(request: Request) -> dict[str, str]:
    """Return the fields of a form."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    body = (await request.body()).decode("utf-8", "replace")
    return dict(parse_qsl(body, keep_blank_values=True, max_num_fields=20))

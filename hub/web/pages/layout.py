"""The page around all pages: who looks, where they may go, how a form's end is told."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse, RedirectResponse, Response

from hub.roles import Role
from hub.web.context import Context
from hub.web.pages import assets, views
from hub.web.security.visitor import Visitor

#: What a form did, as its answer says it; only these are shown, whatever an address says.
DONE = {
    "mode": "The mode is changed.",
    "override": "Done: the entry is held by hand.",
    "ended": "The entry is no longer held by hand.",
    "acknowledged": "Acknowledged. Whoever was called is told no further.",
    "emergency": "The entry is released until the emergency is ended here.",
    "over": "The emergency is over; the rule stands again.",
    "message": "The displays show it.",
    "resent": "It will be tried again at once.",
    "role": "The role is changed, from the next request on.",
    "removed": "Removed; whoever was signed in, is not any more.",
    "revoked": "The token is revoked, at once.",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A place in the menu."""

    path: str
    name: str
    icon: str
    role: Role = Role.VIEWER


MENU = (
    Link("/", "Doors", "door-open"),
    Link("/passages", "Passages", "person-walking"),
    Link("/charts", "Charts", "chart-column"),
    Link("/notices", "Notices", "bell"),
    Link("/nodes", "Cameras", "video"),
    Link("/people", "People", "users", Role.ADMIN),
    Link("/audit", "Audit", "clipboard-list", Role.ADMIN),
)


def page(
    context: Context, who: Visitor, template: str, status: int = 200, *, here: str, done: str = "", **words: Any
) -> HTMLResponse:
    """Return a page; `here` is its place in the menu, `done` the key of what a form did just now."""
    config, now = context.config, context.clock.now()
    shown = {
        "site": config.site, "zone": config.timezone, "now": views.moment(now, config.zone, now), "who": who,
        "may": who.role.includes(Role.OPERATOR), "build": assets.build(), "here": here, "done": DONE.get(done),
        "menu": [link for link in MENU if who.role.includes(link.role)],
        **words,
    }  # fmt: skip
    return HTMLResponse(context.pages.get_template(template).render(shown), status)


def onward(path: str, done: str) -> Response:
    """Return the answer to a form that was obeyed: a load anew does not send it again."""
    return RedirectResponse(f"{path}?{urlencode({'done': done})}", 303)

"""Tokens, which machines show instead of a password: the forms of the people's page."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from hub.roles import Role
from hub.store import access, audits, writing
from hub.web.api.models import TokenBody
from hub.web.context import Context
from hub.web.pages import layout
from hub.web.pages.people import Fields, changed, shown
from hub.web.security.guard import Guard
from hub.web.security.issuing import new_token
from hub.web.security.visitor import Visitor
from maskgate.ids import EventId


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return them."""
    router = APIRouter(prefix="/tokens", include_in_schema=False)
    Admin = Annotated[Visitor, Depends(guard.needs(Role.ADMIN))]  # noqa: N806 - a type

    @router.post("")
    def add_token(who: Admin, form: Fields) -> Response:
        def change() -> Response:
            days = float(form["days"]) if form.get("days", "").isdecimal() else None
            asked = {"name": form.get("name", "").strip(), "role": form.get("role"), "days": days}
            body = TokenBody.model_validate(asked)
            with writing(context.db) as tx:
                _, secret = new_token(
                    tx, context.clock.now(), name=body.name, role=body.role, days=body.days, by=who.actor
                )
            return shown(context, who, 201, secret=secret, whose=body.name)

        return changed(context, who, change)

    @router.post("/{token}/revoke")
    def revoke(token: EventId, who: Admin) -> Response:
        def change() -> Response:
            with writing(context.db) as tx:
                access.remove_token(tx, token)
                audits.note(tx, context.clock.now(), who.actor, "token revoked", token=token)
            return layout.onward("/people", "revoked")

        return changed(context, who, change)

    return router

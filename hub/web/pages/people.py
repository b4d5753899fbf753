"""Who may sign in and which machines may ask; for administrators.

Secrets are shown once, in the answer that makes them.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import ValidationError

from hub.roles import Role
from hub.store import access, audits, writing
from hub.store.access import AccessError
from hub.web.api.models import PersonBody, RoleBody
from hub.web.context import Context
from hub.web.pages import layout, views
from hub.web.security import signing
from hub.web.security.guard import Guard, form_of
from hub.web.security.visitor import Visitor
from maskgate.ids import Slug

Fields = Annotated[dict[str, str], Depends(form_of)]
#: What each role may, in words.
ROLES = {
    Role.VIEWER: "looks",
    Role.OPERATOR: "also commands doors and sees pictures",
    Role.ADMIN: "also says who may do what",
}
DAYS = {"30": "30 days", "365": "a year", "": "without an end"}


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return the page and its forms."""
    router = APIRouter(include_in_schema=False)
    Admin = Annotated[Visitor, Depends(guard.needs(Role.ADMIN))]  # noqa: N806 - a type

    @router.get("/people")
    def people(who: Admin, done: str = "") -> Response:
        return shown(context, who, done=done)

    @router.post("/people")
    def add(who: Admin, form: Fields) -> Response:
        def change() -> Response:
            body = PersonBody.model_validate({"name": form.get("name", "").strip().lower(), "role": form.get("role")})
            now = context.clock.now()
            with writing(context.db) as tx:
                access.add_person(tx, body.name, body.role, None, now)
                audits.note(tx, now, who.actor, "person added", person=body.name, role=body.role)
                link = signing.new_link(tx, context.config.web, now, body.name)
            return shown(context, who, 201, link=link, whose=body.name)

        return changed(context, who, change)

    @router.post("/people/{name}/link")
    def link(name: Slug, who: Admin) -> Response:
        def change() -> Response:
            now = context.clock.now()
            if access.person(context.db, name) is None:
                raise AccessError(f"there is nobody named {name}")
            with writing(context.db) as tx:
                audits.note(tx, now, who.actor, "link", person=name)
                made = signing.new_link(tx, context.config.web, now, name)
            return shown(context, who, 201, link=made, whose=name)

        return changed(context, who, change)

    @router.post("/people/{name}/role")
    def role(name: Slug, who: Admin, form: Fields) -> Response:
        def change() -> Response:
            body = RoleBody.model_validate({"role": form.get("role")})
            with writing(context.db) as tx:
                access.set_role(tx, name, body.role)
                audits.note(tx, context.clock.now(), who.actor, "role", person=name, role=body.role)
            return layout.onward("/people", "role")

        return changed(context, who, change)

    @router.post("/people/{name}/remove")
    def remove(name: Slug, who: Admin) -> Response:
        def change() -> Response:
            with writing(context.db) as tx:
                access.remove_person(tx, name)
                audits.note(tx, context.clock.now(), who.actor, "person removed", person=name)
            return layout.onward("/people", "removed")

        return changed(context, who, change)

    return router


def shown(
    context: Context, who: Visitor, status: int = 200, *, done: str = "", problem: str = "", **made: Any
) -> Response:
    """Return the page; `link` or `secret` of `whose` is what was made just now."""
    zone, now = context.config.zone, context.clock.now()
    tokens = [
        {"id": one.id, "name": one.name, "role": one.role.value, "by": one.created_by,
         "ends": views.moment(one.expires_at, zone, now) if one.expires_at else None,
         "over": one.expires_at is not None and one.expires_at <= now,
         "used": views.moment(one.used_at, zone, now) if one.used_at else None}
        for one in access.all_tokens(context.db)
    ]  # fmt: skip
    return layout.page(
        context, who, "people.html", status, here="/people", done=done, problem=problem, roles=ROLES, days=DAYS,
        people=access.everybody(context.db), tokens=tokens, link=made.get("link"), secret=made.get("secret"),
        whose=made.get("whose", ""),
    )  # fmt: skip


def changed(context: Context, who: Visitor, change: Callable[[], Response]) -> Response:
    """Do `change`; say on the page why it cannot be done."""
    try:
        return change()
    except ValidationError as error:
        fault = error.errors()[0]
        return shown(
            context, who, 422, problem=f"Not done: {fault['loc'][0] if fault['loc'] else 'the form'}: {fault['msg']}."
        )
    except AccessError as error:
        return shown(context, who, 409, problem=f"Not done: {error}.")

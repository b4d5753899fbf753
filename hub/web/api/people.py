"""Who may sign in, and what was done."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy import Connection

from hub.roles import Role
from hub.store import access, audits, lists, writing
from hub.store.access import AccessError
from hub.web.api import cursors
from hub.web.api.models import AuditOut, AuditPage, Me, PersonBody, PersonLink, PersonOut, RoleBody
from hub.web.context import Context
from hub.web.security import signing
from hub.web.security.guard import Guard
from hub.web.security.visitor import Visitor
from maskgate.ids import Slug


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return them."""
    router = APIRouter(tags=["people"])
    Signed = Annotated[Visitor, Depends(guard.needs(Role.VIEWER))]  # noqa: N806 - a type
    Admin = Annotated[Visitor, Depends(guard.needs(Role.ADMIN))]  # noqa: N806 - a type
    rules = [Depends(guard.needs(Role.ADMIN))]

    @router.get("/me")
    def me(who: Signed) -> Me:
        """Return who asks."""
        return Me(name=who.name, role=who.role, csrf=who.form)

    @router.get("/people", dependencies=rules)
    def people() -> list[PersonOut]:
        """Return all who may sign in."""
        return [
            PersonOut(name=one.name, role=one.role, created_at=one.created_at, has_password=one.password is not None)
            for one in access.everybody(context.db)
        ]

    @router.post("/people", status_code=201)
    def add(body: PersonBody, who: Admin) -> PersonLink:
        """Add somebody; they choose their password by the link that is returned."""
        now = context.clock.now()
        with changing(context) as tx:
            access.add_person(tx, body.name, body.role, None, now)
            audits.note(tx, now, who.actor, "person added", person=body.name, role=body.role)
            return PersonLink(name=body.name, link=signing.new_link(tx, context.config.web, now, body.name))

    @router.post("/people/{name}/link", status_code=201)
    def link(name: Slug, who: Admin) -> PersonLink:
        """Let somebody choose a new password, who has forgotten theirs."""
        with changing(context) as tx:
            if access.person(context.db, name) is None:
                raise AccessError(f"there is nobody named {name}")
            now = context.clock.now()
            audits.note(tx, now, who.actor, "link", person=name)
            return PersonLink(name=name, link=signing.new_link(tx, context.config.web, now, name))

    @router.put("/people/{name}/role", status_code=204)
    def role(name: Slug, body: RoleBody, who: Admin) -> None:
        """Change what somebody may do, from their next request on."""
        with changing(context) as tx:
            access.set_role(tx, name, body.role)
            audits.note(tx, context.clock.now(), who.actor, "role", person=name, role=body.role)

    @router.delete("/people/{name}", status_code=204)
    def remove(name: Slug, who: Admin) -> None:
        """Remove somebody; whoever is signed in as them, is not any more."""
        with changing(context) as tx:
            access.remove_person(tx, name)
            audits.note(tx, context.clock.now(), who.actor, "person removed", person=name)

    @router.get("/audit", dependencies=rules)
    def audit(limit: cursors.Limit = 50, cursor: cursors.Cursor = None) -> AuditPage:
        """Return what people and machines did at the pages and by the API."""
        with context.db.connect() as connection:
            rows = lists.audit_rows(connection, limit, cursors.read(cursor))
        onward = cursors.write(rows[-1].at, rows[-1].seq) if len(rows) == limit else None
        fields = AuditOut.model_fields
        return AuditPage(items=[AuditOut(**{name: getattr(row, name) for name in fields}) for row in rows], next=onward)

    return router


@contextmanager
def changing(context: Context) -> Iterator[Connection]:
    """Write; what cannot be done is a conflict."""
    try:
        with writing(context.db) as tx:
            yield tx
    except AccessError as error:
        raise HTTPException(404 if str(error).startswith("there is no") else 409, str(error)) from error

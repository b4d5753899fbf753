"""Passages, decisions and pictures."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import Response
from sqlalchemy import select

from hub.roles import Role
from hub.store import audits, lists, writing
from hub.store.schema import evidence
from hub.web.api import cursors
from hub.web.api.models import DecisionPage, PassageOut, PassagePage, PassageStory
from hub.web.context import Context
from hub.web.security.guard import Guard
from hub.web.security.visitor import Visitor
from maskgate.ids import EventId, Slug
from maskgate.messages import Decision


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return them."""
    router = APIRouter(tags=["passages"])
    looks = [Depends(guard.needs(Role.VIEWER))]
    Sees = Annotated[Visitor, Depends(guard.needs(context.config.web.pictures_for))]  # noqa: N806 - a type

    @router.get("/passages", dependencies=looks)
    def passages(
        wanted: cursors.PassageFilter, limit: cursors.Limit = 50, cursor: cursors.Cursor = None
    ) -> PassagePage:
        """Return passages by their newest verdict, in the order in which the hub heard of them."""
        with context.db.connect() as connection:
            rows = lists.passage_rows(connection, wanted, limit, cursors.read(cursor))
        last = rows[-1][0] if len(rows) == limit else None
        return PassagePage(
            items=[out(*row) for row in rows], next=cursors.write(last.received_at, last.seq) if last else None
        )

    @router.get("/passages/{passage}", dependencies=looks)
    def story(passage: EventId) -> PassageStory:
        """Return every verdict about one passage."""
        with context.db.connect() as connection:
            rows = lists.verdicts(connection, passage)
            pictures = connection.scalars(select(evidence.c.node).where(evidence.c.passage == passage)).all()
        if not rows:
            raise HTTPException(404, "no passage of that name, or no longer")
        return PassageStory(items=[out(*row) for row in rows], pictures=list(pictures))

    @router.get(
        "/passages/{passage}/picture", response_class=Response,
        responses={200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
                         "description": "The picture."}},
    )  # fmt: skip
    def picture(passage: EventId, who: Sees, node: Slug | None = None) -> Response:
        """Return the picture of a passage, where the site keeps any. Who looked is written down."""
        wanted = select(evidence).where(evidence.c.passage == passage)
        if node is not None:
            wanted = wanted.where(evidence.c.node == node)
        with context.db.connect() as connection:
            row = connection.execute(wanted.order_by(evidence.c.seq).limit(1)).first()
        if row is None:
            raise HTTPException(404, "there is no picture of it, or no longer")
        with writing(context.db) as tx:
            audits.note(
                tx, context.clock.now(), who.actor, "picture", door=row.door, passage=row.passage, node=row.node
            )
        return Response(row.jpeg, media_type="image/jpeg")

    @router.get("/decisions", dependencies=looks)
    def decisions(
        wanted: cursors.DecisionFilter, limit: cursors.Limit = 50, cursor: cursors.Cursor = None
    ) -> DecisionPage:
        """Return what was decided: about people, by hand, in emergencies, for faults."""
        with context.db.connect() as connection:
            rows = lists.decision_rows(connection, wanted, limit, cursors.read(cursor))
        onward = cursors.write(rows[-1].at, rows[-1].seq) if len(rows) == limit else None
        return DecisionPage(items=[Decision.model_validate(row.document) for row in rows], next=onward)

    return router


def out(row: Any, document: dict[str, Any] | None) -> PassageOut:
    """Return a row as it is given."""
    names = set(PassageOut.model_fields) - {"decision"}
    values = {name: getattr(row, name) for name in names}
    return PassageOut(**values, decision=Decision.model_validate(document) if document else None)

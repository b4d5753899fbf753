"""What machines show instead of a password."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Depends

from hub.roles import Role
from hub.store import access, audits
from hub.web.api.models import TokenBody, TokenMade, TokenOut
from hub.web.api.people import changing
from hub.web.context import Context
from hub.web.security.guard import Guard
from hub.web.security.issuing import new_token
from hub.web.security.visitor import Visitor
from maskgate.ids import EventId


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return them."""
    router = APIRouter(prefix="/tokens", tags=["tokens"])
    Admin = Annotated[Visitor, Depends(guard.needs(Role.ADMIN))]  # noqa: N806 - a type

    @router.get("", dependencies=[Depends(guard.needs(Role.ADMIN))])
    def tokens() -> list[TokenOut]:
        """Return all tokens, without what they show."""
        return [TokenOut(**asdict(one)) for one in access.all_tokens(context.db)]

    @router.post("", status_code=201)
    def add(body: TokenBody, who: Admin) -> TokenMade:
        """Make a token; its secret is shown this once."""
        with changing(context) as tx:
            made, secret = new_token(
                tx, context.clock.now(), name=body.name, role=body.role, days=body.days, by=who.actor
            )
        return TokenMade(**asdict(made), secret=secret)

    @router.delete("/{token}", status_code=204)
    def revoke(token: EventId, who: Admin) -> None:
        """Revoke a token, at once."""
        with changing(context) as tx:
            access.remove_token(tx, token)
            audits.note(tx, context.clock.now(), who.actor, "token revoked", token=token)

    return router

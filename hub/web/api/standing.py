"""What an operator must notice of the site."""

from datetime import datetime

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from hub.notices.language import words
from hub.roles import Role
from hub.watch.problem import Kind, Problem, Severity
from hub.web.context import Context
from hub.web.security.guard import Guard
from maskgate.ids import Slug
from maskgate.messages import Language


class ProblemOut(BaseModel):
    """Something that does not work, or soon will not."""

    key: str = Field(description="The same for as long as it is the same problem.")
    kind: Kind
    severity: Severity = Field(description="severe: somebody must look at once.")
    text: str = Field(description="In words for people.")
    since: datetime
    door: Slug | None = Field(description="Where it concerns one door.")
    node: Slug | None = Field(description="Where it concerns one camera board.")


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return them."""
    router = APIRouter(prefix="/problems", tags=["problems"], dependencies=[Depends(guard.needs(Role.VIEWER))])

    @router.get("")
    def problems(language: Language = context.config.language) -> list[ProblemOut]:
        """Return what an operator must notice, the gravest first; in the site's language where none is asked for."""
        return [_out(one, language) for one in context.problems()]

    return router


def _out(one: Problem, language: Language) -> ProblemOut:
    finding = one.finding
    return ProblemOut(
        key=one.key, kind=finding.kind, severity=finding.severity, text=words(language).said(finding.text),
        since=one.since, door=finding.door, node=finding.node,
    )  # fmt: skip

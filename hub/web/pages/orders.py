"""The few things that one does to a door. Each goes the way of all commands, by the policy."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from pydantic import TypeAdapter, ValidationError
from starlette.exceptions import HTTPException

from hub.config import Door
from hub.policy import AnyCommand
from hub.roles import Role
from hub.web.api import commands
from hub.web.api.doors import known
from hub.web.api.models import MessageBody, ModeBody, OverrideBody
from hub.web.context import Context
from hub.web.pages import layout
from hub.web.pages.door import shown
from hub.web.security.guard import Guard, form_of
from hub.web.security.visitor import Visitor
from maskgate.ids import Slug
from maskgate.messages import Acknowledge, Emergency, Override, SetMode, ShowMessage

Fields = Annotated[dict[str, str], Depends(form_of)]


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return the forms."""
    router = APIRouter(prefix="/doors/{door}", include_in_schema=False)
    Operator = Annotated[Visitor, Depends(guard.needs(Role.OPERATOR))]  # noqa: N806 - a type

    def which(door: Slug) -> Door:
        return known(context, door)

    Known = Annotated[Door, Depends(which)]  # noqa: N806 - a type

    @router.post("/mode")
    def mode(who: Operator, door: Known, form: Fields) -> Response:
        def make() -> AnyCommand:
            return SetMode(sent_at=context.clock.now(), mode=_read(ModeBody, form, "mode").mode)

        return _obeyed(context, who, door, "mode", make)

    @router.post("/override")
    def override(who: Operator, door: Known, form: Fields) -> Response:
        def make() -> AnyCommand:
            body = _read(OverrideBody, form, "action", "reason", "seconds")
            return Override(sent_at=context.clock.now(), **body.model_dump())

        return _obeyed(context, who, door, "ended" if form.get("action") == "end" else "override", make)

    @router.post("/acknowledge")
    def acknowledge(who: Operator, door: Known) -> Response:
        return _obeyed(context, who, door, "acknowledged", lambda: Acknowledge(sent_at=context.clock.now()))

    @router.post("/emergency")
    def emergency(who: Operator, door: Known, form: Fields) -> Response:
        active = form.get("active") != "no"
        if active and form.get("sure") != "yes":
            return shown(context, who, door, 422, problem="Not done: tick that you mean it.")
        return _obeyed(
            context, who, door, "emergency" if active else "over",
            lambda: Emergency(sent_at=context.clock.now(), active=active),
        )  # fmt: skip

    @router.post("/message")
    def message(who: Operator, door: Known, form: Fields) -> Response:
        def make() -> AnyCommand:
            body = _read(MessageBody, form, "text", "seconds")
            return ShowMessage(sent_at=context.clock.now(), **body.model_dump())

        return _obeyed(context, who, door, "message", make)

    return router


def _obeyed(context: Context, who: Visitor, door: Door, done: str, make: Callable[[], AnyCommand]) -> Response:
    try:
        commands.command(context, door, who, make())
    except ValidationError as error:
        return shown(context, who, door, 422, problem=_first(error))
    except HTTPException as error:
        said = str(error.detail)
        return shown(context, who, door, error.status_code, problem=f"Not done: {said[:1].lower()}{said[1:]}.")
    return layout.onward(f"/doors/{door.id}", done)


def _read(model: Any, form: dict[str, str], *names: str) -> Any:
    """Return what a form holds, checked as the API checks it."""
    return TypeAdapter(model).validate_python({name: form[name].strip() for name in names if name in form})


def _first(error: ValidationError) -> str:
    fault = error.errors()[0]
    where = " ".join(str(part) for part in fault["loc"])
    if fault["type"] in ("missing", "string_too_short") or not fault["input"]:
        return f"Not done: say the {where}."
    return f"Not done: {where}: {fault['msg'].lower()}."

"""Choosing a password: by a one-time link, or by the one that was."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response
from starlette.requests import Request

from hub.roles import Role
from hub.store.access import AccessError
from hub.web.context import Context
from hub.web.pages import cookies, forms
from hub.web.security import signing
from hub.web.security.guard import Guard, NotAllowedError, form_of
from hub.web.security.visitor import Visitor

Fields = Annotated[dict[str, str], Depends(form_of)]


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return the forms."""
    router = APIRouter(include_in_schema=False)
    Signed = Annotated[Visitor, Depends(guard.needs(Role.VIEWER))]  # noqa: N806 - a type

    def welcome_page(code: str, *, problem: str = "", name: str = "") -> HTMLResponse:
        holds, person = signing.link_for(context, code)
        status = (400 if problem else 200) if holds else 404
        return forms.page(
            context, "welcome.html", status, title="Welcome", holds=holds, person=person, code=code, name=name,
            problem=problem if holds else "This link was used, or is too old.",
        )  # fmt: skip

    @router.get("/welcome")
    def welcome(code: str = "") -> Response:
        return welcome_page(code)

    @router.post("/welcome")
    def choose(request: Request, form: Fields) -> Response:
        code, name, password = (form.get(field, "") for field in ("code", "name", "password"))
        try:
            signed = signing.use_link(context, code, name=name, password=password, address=forms.address(request))
        except AccessError as error:
            return welcome_page(code, problem=forms.sentence(error), name=name)
        return forms.begun(context, request, signed)

    @router.get("/account")
    def account(who: Signed) -> Response:
        return forms.page(context, "account.html", title="Your account", who=who)

    @router.post("/account")
    def change(request: Request, who: Signed, form: Fields) -> Response:
        if who.session is None:
            raise NotAllowedError("a token has no password")
        try:
            signed = signing.change_password(
                context, who.name, old=form.get("old", ""), new=form.get("new", ""),
                address=forms.address(request), device=request.cookies.get(cookies.DEVICE),
            )  # fmt: skip
        except signing.WrongPasswordError:
            problem, status = "The present password is wrong.", 400
        except signing.TooSoonError as error:
            problem, status = forms.too_soon(error), 429
        except AccessError as error:
            problem, status = forms.sentence(error), 400
        else:
            return forms.begun(context, request, signed)
        return forms.page(context, "account.html", status, title="Your account", problem=problem, who=who)

    return router

"""Signing in and out."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.requests import Request

from hub.roles import Role
from hub.web.context import Context
from hub.web.pages import cookies, forms
from hub.web.security import secrets, signing
from hub.web.security.guard import Guard, form_of
from hub.web.security.visitor import Visitor

Fields = Annotated[dict[str, str], Depends(form_of)]


def routes(context: Context, guard: Guard) -> APIRouter:
    """Return the form and the way out."""
    router = APIRouter(include_in_schema=False)

    def form_page(
        request: Request, status: int = 200, *, problem: str = "", name: str = "", onward: str = "/"
    ) -> HTMLResponse:
        secret = request.cookies.get(cookies.FORM) or secrets.new_secret()
        found = forms.page(
            context, "sign_in.html", status, title="Sign in", problem=problem, name=name, next=onward,
            csrf=secrets.form_token(secret),
        )  # fmt: skip
        cookies.put_form(found, request, secret)
        return found

    @router.get("/sign-in")
    def sign_in_form(request: Request) -> Response:
        return form_page(request, onward=forms.ours(request.query_params.get("next", "/")))

    @router.post("/sign-in")
    def sign_in(request: Request, form: Fields) -> Response:
        name, onward = form.get("name", ""), forms.ours(form.get("next", "/"))
        if not forms.from_our_form(request, form):
            return form_page(request, 400, problem="Please try once more.", name=name, onward=onward)
        device = request.cookies.get(cookies.DEVICE)
        try:
            signed = signing.sign_in(
                context, name, form.get("password", ""), address=forms.address(request), device=device
            )
        except signing.WrongPasswordError:
            return form_page(request, 401, problem="Name or password is wrong.", name=name, onward=onward)
        except signing.TooSoonError as error:
            late = form_page(request, 429, problem=forms.too_soon(error), name=name, onward=onward)
            late.headers["Retry-After"] = str(int(error.seconds) + 1)
            return late
        return forms.begun(context, request, signed, onward)

    @router.post("/sign-out")
    def sign_out(request: Request, who: Annotated[Visitor, Depends(guard.needs(Role.VIEWER))]) -> Response:
        if who.session:
            signing.sign_out(context, who.session, who.name)
        answer = RedirectResponse("/sign-in", 303)
        cookies.drop(answer, request)
        return answer

    return router

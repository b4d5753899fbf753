"""What is answered when something is not as it should be: problem details to machines, pages to people."""

from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from hub.web.api.problems import invalid, problem, refused
from hub.web.context import PREFIX, Context
from hub.web.pages import forms
from hub.web.security.guard import NotAllowedError, NotSignedInError


def add(app: FastAPI, context: Context) -> None:
    """Let `app` answer errors."""

    @app.exception_handler(NotSignedInError)
    def not_signed_in(request: Request, _error: Exception) -> Response:
        if _is_api(request) or request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
            words = "sign in, or send a token: Authorization: Bearer ..."
            return problem(401, words, headers={"WWW-Authenticate": "Bearer"})
        onward = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse("/sign-in" if onward == "/" else f"/sign-in?next={quote(onward, safe='')}", 303)

    @app.exception_handler(NotAllowedError)
    def not_allowed(request: Request, error: Exception) -> Response:
        if _is_api(request):
            return problem(403, str(error))
        return forms.page(context, "said.html", 403, title="Not for you", problem=forms.sentence(error))

    @app.exception_handler(HTTPException)
    def other(request: Request, error: HTTPException) -> Response:
        if _is_api(request):
            return refused(error)
        return PlainTextResponse(str(error.detail), error.status_code, dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    def not_as_described(request: Request, error: RequestValidationError) -> Response:
        return invalid(error) if _is_api(request) else PlainTextResponse("not understood", 422)

    @app.exception_handler(SQLAlchemyError)
    def store_fails(request: Request, _error: Exception) -> Response:
        if _is_api(request):
            return problem(503, "the hub cannot read or write its store just now", headers={"Retry-After": "5"})
        words = context.pages.get_template("sorry.html").render(site=context.config.site)
        return HTMLResponse(words, 503, {"Retry-After": "5"})


def _is_api(request: Request) -> bool:
    return request.url.path.startswith(PREFIX)

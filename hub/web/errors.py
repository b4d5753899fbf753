"""What is answered when something is not as it should be: problem details to machines, pages to people."""

from http import HTTPStatus
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
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
        if _is_api(request) or request.method != "GET" or not _reads_pages(request):
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
        if not _reads_pages(request):
            return PlainTextResponse(str(error.detail), error.status_code, dict(error.headers or {}))
        title = "Not here" if error.status_code == 404 else "That did not work"
        usual = error.status_code == 404 and error.detail == HTTPStatus.NOT_FOUND.phrase
        words = "There is no such page." if usual else forms.sentence(error.detail)
        return forms.page(context, "said.html", error.status_code, title=title, problem=words)

    @app.exception_handler(RequestValidationError)
    def not_as_described(request: Request, error: RequestValidationError) -> Response:
        if _is_api(request):
            return invalid(error)
        return forms.page(context, "said.html", 422, title="Not here", problem="This address is not understood.")

    @app.exception_handler(SQLAlchemyError)
    def store_fails(request: Request, _error: Exception) -> Response:
        if _is_api(request):
            return problem(503, "the hub cannot read or write its store just now", headers={"Retry-After": "5"})
        words = "The hub cannot read its store just now."
        answer = forms.page(context, "sorry.html", 503, title="One moment", problem=words)
        answer.headers["Retry-After"] = "5"
        return answer


def _is_api(request: Request) -> bool:
    return request.url.path.startswith(PREFIX)


def _reads_pages(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")

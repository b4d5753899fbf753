"""Errors of the API: problem details, RFC 9457."""

from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

MEDIA = "application/problem+json"


class Problem(BaseModel):
    """What went wrong."""

    type: str = "about:blank"
    title: str = Field(description="The status in words.")
    status: int
    detail: str = Field(description="What is wrong with this request, in words for people.")
    errors: list[str] | None = Field(default=None, description="Each place that is wrong, where there are several.")


def problem(
    status: int, detail: str, *, errors: list[str] | None = None, headers: dict[str, str] | None = None
) -> JSONResponse:
    """Return the answer that says what is wrong."""
    title = HTTPStatus(status).phrase
    document = Problem(title=title, status=status, detail=detail, errors=errors).model_dump(exclude_none=True)
    return JSONResponse(document, status, headers, MEDIA)


def invalid(error: RequestValidationError) -> JSONResponse:
    """Return the answer to a request that breaks the schema; it repeats nothing of what was sent."""
    found = [f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}" for fault in error.errors()]
    return problem(422, "the request is not as the description of the API says", errors=found)


def refused(error: HTTPException) -> JSONResponse:
    """Return the answer to one that was refused."""
    return problem(error.status_code, str(error.detail), headers=dict(error.headers or {}))


def _answer(text: str) -> dict[str, Any]:
    return {"description": text, "content": {MEDIA: {"schema": Problem.model_json_schema()}}}


#: What any route may answer besides its own.
ANSWERS: dict[int | str, dict[str, Any]] = {
    400: _answer("The request cannot be read."),
    401: _answer("Nobody that we know asks: sign in, or send a token."),
    403: _answer("Whoever asks may not."),
    404: _answer("There is no such thing."),
    409: _answer("It cannot be done as things stand."),
    413: _answer("The body is too large."),
    422: _answer("The request is not as described here."),
    503: _answer("The hub cannot do it just now."),
}

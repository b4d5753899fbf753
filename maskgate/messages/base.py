"""What all messages have in common: the version, the writing of times, reading and writing."""

import json
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, PlainSerializer, ValidationError

from maskgate.clock import rfc3339

#: No message of ours comes near this; a larger one is refused before it is parsed.
MAX_PAYLOAD_BYTES = 64 * 1024

#: An aware time; read in any zone, kept in UTC, written as RFC 3339 with milliseconds.
Timestamp = Annotated[
    AwareDatetime,
    AfterValidator(lambda moment: moment.astimezone(UTC)),
    PlainSerializer(rfc3339, return_type=str, when_used="json"),
]


class Flaw(StrEnum):
    """What is wrong with a payload."""

    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    VERSION = "version"
    SCHEMA = "schema"


class MessageError(ValueError):
    """A payload that is not what its topic promises; the text says what is wrong with it, `flaw` of which kind."""

    def __init__(self, text: str, flaw: Flaw = Flaw.SCHEMA) -> None:
        super().__init__(text)
        self.flaw = flaw


class Message(BaseModel):
    """One payload: a JSON object with `"v": 1`. Immutable, unknown fields ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)

    v: Literal[1] = 1


class Command(Message):
    """A request that moves something: it says when it was sent, so that an old one can be refused (S1)."""

    sent_at: Timestamp


M = TypeVar("M", bound=Message)


def encode(message: Message) -> bytes:
    """Return the message as UTF-8 JSON."""
    return message.model_dump_json().encode()


def decode(payload: bytes, model: type[M]) -> M:
    """Read a payload as `model`.

    Raises `MessageError` when it is too large, no JSON object, of another version, or breaks the model.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise MessageError(f"{len(payload)} bytes, {MAX_PAYLOAD_BYTES} is the most a message may have", Flaw.TOO_LARGE)
    try:
        document = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise MessageError(f"not JSON: {error}", Flaw.NOT_JSON) from error
    if not isinstance(document, dict):
        raise MessageError(f"a JSON {type(document).__name__}, not an object", Flaw.NOT_JSON)
    if document.get("v") != 1 or isinstance(document["v"], bool):
        raise MessageError(f'version {document.get("v")!r}, this program reads "v": 1', Flaw.VERSION)
    try:
        return model.model_validate_json(payload)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "payload"
        raise MessageError(f"{where}: {first['msg']}") from error


def age_s(then: datetime, now: datetime) -> float:
    """Seconds from `then` to `now`; negative when `then` lies ahead."""
    return (now - then).total_seconds()

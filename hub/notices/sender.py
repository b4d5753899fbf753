"""The edge to the services that carry notices, as the worker sees it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that the HTML of a letter shows: `<img src="cid:NAME">`."""

    name: str
    mimetype: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice in words. `id` stands in the text too: a letter may come twice after a time-out."""

    id: str
    subject: str
    text: str
    html: str
    language: str = "en"
    pictures: tuple[Picture, ...] = ()


class SendError(Exception):
    """A letter that did not go through, as far as we know; the text holds no secret."""


class AddressError(ValueError):
    """An address that no service takes; the text holds no secret."""


class Sender(Protocol):
    """One recipient's channel."""

    @property
    def takes_pictures(self) -> bool:
        """Whether the pictures of a letter get through."""
        ...

    def send(self, letter: Letter) -> None:
        """Deliver within bounded time; raises `SendError`."""
        ...

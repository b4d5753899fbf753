"""What goes over the line, and how a message under way is known again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message as it came. `ticket` confirms it (see `Link.confirm`).

    retain: the broker kept it from before we subscribed; on a topic that the link takes `as_published`, also that its
    sender wanted it kept.
    """

    topic: str
    payload: bytes
    retain: bool
    ticket: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Outbound:
    """A message to send. `expiry_s` is told to brokers that know it; the payload says it too where it matters."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    expiry_s: int | None = None


def token(generation: int, mid: int) -> int:
    """Return a number that no other message under way has: message ids are unique within a connection."""
    return generation << 16 | mid

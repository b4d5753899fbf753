"""What the hub needs of a lock, whatever its maker."""

from typing import Protocol

from hub.policy import LockCommand
from maskgate.messages import Feedback
from maskgate.mqtt import Outbound


class LockDriver(Protocol):
    """Turns commands into messages, and messages into measurements. No state, no rule."""

    @property
    def feedback_topics(self) -> tuple[str, ...]:
        """The topics on which this lock reports."""
        ...

    def command(self, command: LockCommand) -> Outbound:
        """Return the message that tells the lock."""
        ...

    def feedback(self, payload: bytes) -> Feedback | None:
        """Return what the lock measured; None for words that it is not known to use."""
        ...

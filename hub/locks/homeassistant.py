"""A lock that Home Assistant owns: its automation obeys our command topic and reports on the door's feedback topic.

What it reports is our own `Feedback`, which the hub reads of every door anyway: there is nothing to translate.
"""

from hub.policy import LockCommand
from maskgate import topics
from maskgate.messages import Feedback, LockOrder, encode
from maskgate.mqtt import Outbound


class HomeAssistantLockDriver:
    """See `LockDriver`."""

    #: The door's own feedback topic is always listened to.
    feedback_topics: tuple[str, ...] = ()

    def __init__(self, root: str, door: str) -> None:
        self._command = topics.DOOR_LOCK.path(root, door=door)

    def command(self, command: LockCommand) -> Outbound:
        """Return the order; who obeys it refuses what has expired and what came before."""
        order = LockOrder(id=command.id, sent_at=command.sent_at, expires_at=command.expires_at, action=command.action)
        return Outbound(self._command, encode(order), expiry_s=topics.DOOR_LOCK.expiry_s)

    def feedback(self, _payload: bytes) -> Feedback | None:
        """Return nothing: no topic is read by this driver."""
        return None

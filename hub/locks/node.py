"""The relay on a board of ours: it refuses by itself what is old or came twice, and says which command it obeyed."""

from hub.config import NodeLock
from hub.policy import LockCommand
from maskgate import topics
from maskgate.messages import Feedback, MessageError, SetRelay, decode, encode
from maskgate.mqtt import Outbound


class NodeLockDriver:
    """See `LockDriver`."""

    def __init__(self, lock: NodeLock, root: str) -> None:
        self._command = topics.NODE_SET_RELAY.path(root, node=lock.node)
        self._feedback = topics.NODE_RELAY.path(root, node=lock.node)

    @property
    def feedback_topics(self) -> tuple[str, ...]:
        """Where the board says how its relay stands."""
        return (self._feedback,)

    def command(self, command: LockCommand) -> Outbound:
        """Return the board's own command."""
        order = SetRelay(
            id=command.id, sent_at=command.sent_at, expires_at=command.expires_at, action=command.action.value
        )
        return Outbound(self._command, encode(order), expiry_s=topics.NODE_SET_RELAY.expiry_s)

    def feedback(self, payload: bytes) -> Feedback | None:
        """Read what the pin measures."""
        try:
            return decode(payload, Feedback)
        except MessageError:
            return None

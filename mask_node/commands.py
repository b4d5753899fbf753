"""Commands to this node: obeyed once, in time, and never when retained (S1, S2)."""

import logging
from collections import deque
from datetime import datetime
from typing import TypeVar

from maskgate.messages import MessageError, NodeCommand, decode
from maskgate.mqtt import Inbound

log = logging.getLogger(__name__)

C = TypeVar("C", bound=NodeCommand)

#: Ids remembered; a command expires long before so many others came.
REMEMBERED = 1000


class Obedience:
    """Remembers what was obeyed."""

    def __init__(self) -> None:
        self._obeyed: deque[str] = deque(maxlen=REMEMBERED)

    def accept(self, message: Inbound, model: type[C], now: datetime) -> C | None:
        """Return the command, or None (with a word in the log) for one that must not be obeyed."""
        try:
            command = decode(message.payload, model)
        except MessageError as error:
            log.warning("a command on %s is not understood: %s", message.topic, error)
            return None
        if message.retain:
            why = "it is retained"
        elif now >= command.expires_at:
            why = "it has expired"
        elif command.id in self._obeyed:
            why = "it was obeyed before"
        else:
            self._obeyed.append(command.id)
            return command
        log.warning("the command %s on %s is not obeyed: %s", command.id, message.topic, why)
        return None

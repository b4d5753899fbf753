"""Commands to this node: obeyed once, in time, and never when retained (S1, S2)."""

import json
import logging
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from mask_node.outbox import Outbox
from maskgate.messages import MessageError, NodeCommand, decode
from maskgate.mqtt import Inbound

log = logging.getLogger(__name__)

C = TypeVar("C", bound=NodeCommand)

#: Ids remembered; a command expires long before so many others came.
REMEMBERED = 200
#: A command that was sent so far ahead of our clock tells that the clocks differ: its end means nothing then.
MOST_AHEAD = timedelta(seconds=5)
#: A command that claims to be good for longer is not one of ours.
LONGEST_LIFE = timedelta(seconds=60)

_KEY = "obeyed"
_IDS = TypeAdapter(list[str])


class Obedience:
    """Remembers what was obeyed, over a restart too: what a broker delivers again must not be done again."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._obeyed: deque[str] | None = None

    def accept(self, message: Inbound, model: type[C], now: datetime) -> C | None:
        """Return the command, or None (with a word in the log) for one that must not be obeyed."""
        try:
            command = decode(message.payload, model)
        except MessageError as error:
            log.warning("a command on %s is not understood: %s", message.topic, error)
            return None
        why = self._refusal(command, now, retained=message.retain)
        if why is not None:
            log.warning("the command %s on %s is not obeyed: %s", command.id, message.topic, why)
            return None
        self._ids.append(command.id)
        # On disk before it is done. Where the disk fails it is done all the same: a door must move.
        self._outbox.note(_KEY, json.dumps(list(self._ids)))
        return command

    def _refusal(self, command: NodeCommand, now: datetime, *, retained: bool) -> str | None:
        if retained:
            return "it is retained"
        if now >= command.expires_at:
            return "it has expired"
        if command.sent_at - now > MOST_AHEAD:
            return "it was sent in our future; set the clocks of hub and node"
        if command.expires_at - now > LONGEST_LIFE:
            return f"it would be good for more than {LONGEST_LIFE.total_seconds():g} s"
        if command.id in self._ids:
            return "it was obeyed before"
        return None

    @property
    def _ids(self) -> deque[str]:
        if self._obeyed is None:
            try:
                kept = _IDS.validate_json(self._outbox.noted(_KEY) or "[]")
            except ValidationError:
                log.warning("the ids of the commands obeyed before the restart are not understood")
                kept = []
            self._obeyed = deque(kept, maxlen=REMEMBERED)
        return self._obeyed


class Order(Generic[C]):
    """What a topic's commands are read as, and what obeys them."""

    def __init__(self, model: type[C], obey: Callable[[C], None]) -> None:
        self.model, self._obey = model, obey

    def follow(self, message: Inbound, obedience: Obedience, now: datetime) -> None:
        """Obey, if it may be obeyed."""
        command = obedience.accept(message, self.model, now)
        if command is not None:
            self._obey(command)


Orders = Mapping[str, Order[Any]]

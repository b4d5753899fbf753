"""Names of things: slugs that people choose, ids that the programs make."""

import os
import random
import re
from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

#: An id that a person gives a node or a door: it stands in topics, addresses and entity ids, so ASCII only,
#: and without the characters that MQTT, NATS or Home Assistant treat specially.
SLUG = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,46}[a-z0-9])?")
Slug = Annotated[str, StringConstraints(pattern=rf"^{SLUG.pattern}$")]

#: Accounts of a site at its broker: no node and no door may be called like one of them.
RESERVED = frozenset({"hub", "controller"})

#: An id that a program made (see `new_id`); others may come from other makers of nodes.
EventId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{8,64}$")]


#: Ids must differ, and need not be hard to guess: the system is asked once, not for every id.
_CHANCE = random.Random()  # noqa: S311
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_CHANCE.seed)  # else two processes would make the same ones


def new_id(now: datetime) -> str:
    """Return an id of 32 hexadecimal digits that sorts by time: 48 bits of milliseconds, 80 of chance."""
    return f"{int(now.timestamp() * 1000):012x}{_CHANCE.getrandbits(80):020x}"

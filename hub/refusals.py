"""What is refused: counted by sender and kind, said once, and a few of each kept (P3). Holds no thread."""

import logging
from collections import Counter
from datetime import datetime
from enum import StrEnum

from hub.inputs import RefusedIn
from maskgate.mqtt import Inbound

log = logging.getLogger(__name__)

#: So many of one sender and kind are kept in an hour, and of each so many bytes.
SAMPLES, SAMPLE_BYTES = 5, 2048


class RefusalKind(StrEnum):
    """Why a message was not taken in."""

    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    VERSION = "version"
    SCHEMA = "schema"
    WRONG_NODE = "wrong_node"  # the payload speaks for another than the topic
    FOREIGN = "foreign"  # of no door or node of this site
    RETAINED = "retained"  # of a kind that must not be
    STALE = "stale"  # a command that is old, or ahead of time
    ABSURD_TIME = "absurd_time"
    OURS = "ours"  # a fault of this program


class Refusals:
    """Counts and samples. A flood costs a few rows an hour and a line in the log, not more."""

    def __init__(self) -> None:
        #: How often, by who sent it (a configured id, or `?`) and kind.
        self.counts: Counter[tuple[str, RefusalKind]] = Counter()
        self._hour, self._kept = 0, Counter[tuple[str, RefusalKind]]()

    @property
    def total(self) -> int:
        """How many since the start."""
        return self.counts.total()

    def note(self, message: Inbound, sender: str, kind: RefusalKind, reason: str, now: datetime) -> RefusedIn | None:
        """Count a refused message; returns what is to be kept of it, None where there are enough of its kind."""
        key = (sender, kind)
        self.counts[key] += 1
        if self.counts[key] == 1:
            log.warning("refused a message on %r: %s; more of this kind are only counted", message.topic[:200], reason)
        hour = int(now.timestamp() // 3600)
        if hour != self._hour:
            self._hour = hour
            self._kept.clear()
        self._kept[key] += 1
        if self._kept[key] > SAMPLES:
            return None
        # A topic may hold what a text column of some database does not take.
        topic = message.topic[:255].replace("\0", "\ufffd")
        payload = b"" if _is_picture(message) else message.payload
        return RefusedIn(now, sender, kind.value, topic, reason[:500].replace("\0", "\ufffd"), payload)


def _is_picture(message: Inbound) -> bool:
    """Whether it may show somebody: pictures are kept nowhere unless the site opted in (P7)."""
    return "/evidence/" in message.topic or message.payload.startswith((b"\xff\xd8", b"\x89PNG", b"RIFF"))

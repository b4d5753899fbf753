"""Pictures for those who show them: of each door the last denial, of each node the last snapshot.

They go out straight from the store and never wait in the outbox, so that erasing a picture and its retention reach all
there is of it (P9). Nothing of it happens where the site did not opt in (P7).
"""

from collections.abc import Iterator

from sqlalchemy import Engine, func, select

from hub.config import HubConfig
from hub.store.schema import decisions, evidence, passages
from maskgate import topics
from maskgate.mqtt import Link, Outbound
from maskgate.states import DecisionKind


class Pictures:
    """Sends what is new. Belongs to one thread."""

    def __init__(self, config: HubConfig, db: Engine) -> None:
        self._config, self._db = config, db
        self._sent: dict[str, int] = {}
        self._newest = 0

    def announce(self, link: Link) -> None:
        """Send the newest of all again: somebody came who has none."""
        self._sent.clear()
        self._newest = 0
        self.send(link)

    def send(self, link: Link) -> None:
        """Send those that were not sent yet; raises what the store raises."""
        if not self._config.keep_evidence:
            return
        with self._db.connect() as connection:
            newest = connection.scalar(select(func.max(evidence.c.seq))) or 0
        if newest == self._newest:
            return
        for topic, seq, jpeg in self._latest():
            if self._sent.get(topic) != seq and link.publish(Outbound(topic, jpeg)) is not None:
                self._sent[topic] = seq
        self._newest = newest

    def _latest(self) -> Iterator[tuple[str, int, bytes]]:
        root = self._config.mqtt.root
        denied = select(decisions.c.passage).where(decisions.c.decision == DecisionKind.DENY.value)
        known = select(passages.c.passage)
        kinds = (
            (topics.DOOR_PICTURE, "door", evidence.c.door, evidence.c.passage.in_(denied)),
            # A snapshot bears the name of the command that asked for it.
            (topics.NODE_PICTURE, "node", evidence.c.node, evidence.c.passage.not_in(known)),
        )
        with self._db.connect() as connection:
            for topic, field, column, condition in kinds:
                last = select(func.max(evidence.c.seq)).where(condition).group_by(column)
                wanted = select(column.label("id"), evidence.c.seq, evidence.c.jpeg).where(evidence.c.seq.in_(last))
                for row in connection.execute(wanted):
                    yield topic.path(root, **{field: row.id}), row.seq, row.jpeg

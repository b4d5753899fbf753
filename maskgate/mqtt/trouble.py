"""What a link says in the log of its trouble: each thing once, for as long as it lasts."""

import logging

log = logging.getLogger(__name__)


class Trouble:
    """place: host and port; client_id: who we are there."""

    def __init__(self, place: str, client_id: str) -> None:
        self._place, self._client_id = place, client_id
        self._down = self._restless = False

    def over(self, protocol: str) -> None:
        """The connection stands."""
        self._down = False
        log.info("connected to %s, MQTT %s", self._place, protocol)

    def down(self, why: str) -> None:
        """There is no connection."""
        if not self._down:
            log.warning("no broker at %s: %s; trying on", self._place, why)
        self._down = True

    def restless(self, *, now: bool) -> None:
        """Whether connections are made well and do not last."""
        if now and not self._restless:
            log.error(
                "the connection of %s to %s does not last; does another program sign in under this name?",
                self._client_id,
                self._place,
            )
        self._restless = now

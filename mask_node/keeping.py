"""What becomes of a verdict: it is kept for the hub, the relay sees it, a picture is made where the site wants one."""

import logging
from collections.abc import Callable

from mask_node.config import NodeConfig
from mask_node.outbox import Outbox
from mask_node.passage import Verdict
from mask_node.pictures import Picture, Pictures, evidence, is_wanted
from mask_node.relay import Relay
from mask_node.seeing import Observed
from mask_node.sources import Captured
from maskgate.clock import Clock
from maskgate.messages import Passage

log = logging.getLogger(__name__)

#: A snapshot that could not be taken for so many seconds is taken no more: whoever asked wanted to see that moment.
LATE_S = 10.0


class Keeper:
    """Works in the thread that looks. wake: tells the teller that there is something."""

    def __init__(
        self, config: NodeConfig, *, outbox: Outbox, pictures: Pictures, relay: Relay | None,
        clock: Clock, wake: Callable[[], None],
    ) -> None:  # fmt: skip
        self._node, self._settings = config.id, config.evidence
        self._outbox, self._pictures, self._relay = outbox, pictures, relay
        self._clock, self._wake = clock, wake
        self._asked: tuple[str, float] | None = None  # by which command, and when, in monotonic seconds
        #: Verdicts that the outbox could not take, by a fault of ours.
        self.lost = 0

    def ask(self, command: str) -> None:
        """Make a picture of the next frame, named by the command; any thread may ask."""
        self._asked = command, self._clock.monotonic()

    def keep(self, verdicts: list[Verdict], picture: Captured | None, eyes: Observed) -> None:
        """Keep what a picture settled; None where time passed without one."""
        for verdict in verdicts:
            log.info("passage %s, revision %d: %s", verdict.passage, verdict.revision, verdict.state)
            try:
                self._outbox.put(as_message(verdict, self._node, eyes.model_id))
            except Exception:
                self.lost += 1
                log.exception("a verdict could not be kept, %d since the start", self.lost)
            if self._relay is not None:
                self._relay.saw(verdict.state)
            self._wake()
        if picture is not None:
            self._show(verdicts, picture, eyes)

    def _show(self, verdicts: list[Verdict], picture: Captured, eyes: Observed) -> None:
        """Make the pictures that the site wants, now that the verdicts are safe."""
        names = {verdict.passage for verdict in verdicts if is_wanted(self._settings, verdict.state)}
        asked, self._asked = self._asked, None
        if asked is not None:
            command, at = asked
            if picture.captured - at <= LATE_S:
                names.add(command)
            else:
                log.warning("no snapshot for the command %s: no picture came for %g s", command, LATE_S)
        if not names:
            return
        content = evidence(picture.frame, self._settings, eyes.find)
        for name in sorted(names):
            self._pictures.put(Picture(name, content))
        self._wake()


def as_message(verdict: Verdict, node: str, model: str) -> Passage:
    """Return the verdict as it is told; `published_at` is set anew at each sending."""
    return Passage(
        passage=verdict.passage,
        revision=verdict.revision,
        node=node,
        seen_from=verdict.seen_from,
        seen_to=verdict.seen_to,
        published_at=verdict.seen_to,
        state=verdict.state,
        confidence=verdict.confidence,
        frames=verdict.frames,
        faces_in_view=verdict.faces_in_view,
        model=model[:200],
        reason=verdict.reason,
    )

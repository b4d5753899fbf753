"""The node's program: one thread looks, one tells; the link has its own."""

import logging
import threading
from datetime import timedelta
from importlib.metadata import version

from mask_node.commands import Obedience
from mask_node.config import NodeConfig
from mask_node.looking import Looker
from mask_node.outbox import Outbox
from mask_node.passage import Verdict
from mask_node.sources import Captured, Source, SourceError, open_source
from mask_node.telling import Teller
from mask_node.vision.types import Detector
from mask_node.vitals import Vitals, temperature_c
from maskgate.clock import Clock, SystemClock
from maskgate.messages import (
    Ack,
    Availability,
    CameraState,
    Dropped,
    MessageError,
    NodeHealth,
    Passage,
    SetEnable,
    decode,
    encode,
)
from maskgate.mqtt import Inbound, Link, Outbound
from maskgate.topics import HUB_AVAILABILITY, NODE_ACK, NODE_AVAILABILITY, NODE_HEALTH, NODE_PASSAGE, NODE_SET_ENABLE

log = logging.getLogger(__name__)

#: How long a look waits for a picture before time passes without one, in seconds.
LOOK_S = 0.5
#: After a fault that is not the detector's, so that it does not fill the log.
PAUSE_S = 1.0
#: What an orderly stop may take, part by part; together under 2 s.
JOIN_S = 0.4


class Node:
    """A camera board. The constructor does nothing; `start` opens what is configured, `stop` leaves in order.

    detector, source: in place of those configured, for tests and other eyes.
    """

    def __init__(
        self,
        config: NodeConfig,
        *,
        detector: Detector | None = None,
        source: Source | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.config, self._detector, self._source = config, detector, source
        self._clock: Clock = clock or SystemClock()
        keep = timedelta(days=config.outbox.keep_days)
        self._outbox = Outbox(config.outbox.path, limit=config.outbox.limit, keep=keep, clock=self._clock)
        self._vitals = Vitals(self._clock.monotonic())
        self._obedience = Obedience()
        self._stopping, self._news, self._enabled = threading.Event(), threading.Event(), threading.Event()
        self._enabled.set()
        #: Set when the source has ended and all it showed is in the outbox.
        self.ended = threading.Event()
        #: Whether it ended by a fault of the source, which the log names.
        self.broke_off = False
        root, me = config.mqtt.root, {"node": config.id}
        self._ack, self._enable = NODE_ACK.path(root, **me), NODE_SET_ENABLE.path(root, **me)
        self._hub = HUB_AVAILABILITY.path(root)
        self._health_topic, self._availability = NODE_HEALTH.path(root, **me), NODE_AVAILABILITY.path(root, **me)
        self._link = Link(
            config.mqtt,
            client_id=f"maskgate-node-{config.id}",
            subscriptions=(self._ack, self._enable, self._hub),
            on_message=self._heard,
            on_up=self._came_up,
            on_down=self._news.set,
            on_published=self._published,
            will=self._said(Availability.OFFLINE),
        )
        passages = NODE_PASSAGE.path(root, **me)
        self._teller = Teller(self._link, self._outbox, topic=passages, settings=config.outbox, clock=self._clock)
        self._threads: list[threading.Thread] = []
        self._health_due, self._health_of = 0.0, (CameraState.OK, "ok")
        self._new_link = threading.Event()
        self._unsent_health = self._verdicts_lost = 0

    def start(self) -> None:
        """Open models, outbox and source, then look and tell.

        Raises `ModelError`, `OSError` or `SourceError`, with nothing left open, when one of them cannot be.
        """
        if self._detector is None:
            from mask_node.vision.load import load_detector

            self._detector = load_detector(self.config.models.folder, self.config.models.threads)
        self._outbox.open()
        try:
            if self._source is None:
                self._source = open_source(self.config.source, pace=True, patient=True, clock=self._clock)
        except SourceError:
            self._outbox.close()
            raise
        for name, work in (("looking", self._look_on), ("telling", self._tell_on)):
            self._threads.append(threading.Thread(target=work, name=name, daemon=True))
            self._threads[-1].start()
        self._link.start()

    def stop(self) -> None:
        """Leave in order, within 2 s: no picture more, farewell said, what is unsent kept on disk."""
        self._stopping.set()
        self._news.set()
        if self._source is not None:
            self._source.close()
        for thread in self._threads:
            thread.join(JOIN_S)
        self._link.stop(self._said(Availability.STOPPED), timeout=JOIN_S)
        self._outbox.close()

    def wait_told(self, timeout: float) -> bool:
        """Wait until nothing waits in the outbox; False when `timeout` seconds pass before."""
        until = self._clock.monotonic() + timeout
        while self._outbox.depth:
            if self._clock.monotonic() > until or self._stopping.wait(0.05):
                return False
        return True

    # Looking: one thread.

    def _look_on(self) -> None:
        assert self._detector is not None  # noqa: S101 - for the type checker
        assert self._source is not None  # noqa: S101
        looker = Looker(self._detector, tracking=self.config.tracking, verdict=self.config.verdict)
        while not self._stopping.is_set():
            try:
                picture = self._source.read(LOOK_S)
                if picture is not None and self._enabled.is_set():
                    self._keep(self._look(looker, picture))
                elif picture is None and self._source.ended:
                    break
                else:
                    self._keep(looker.pass_time(self._clock.now(), self._clock.monotonic()))
            except SourceError as error:
                log.error("%s", error)  # noqa: TRY400 - a sentence for people, not a fault of ours
                self.broke_off = True
                break
            except Exception:
                log.exception("looking failed; it goes on")
                self._stopping.wait(PAUSE_S)
            self._wake_if_changed()
        if not self._stopping.is_set():
            self._keep(looker.finish())
        self.ended.set()
        self._news.set()

    def _look(self, looker: Looker, picture: Captured) -> list[Verdict]:
        try:
            verdicts = looker.look(picture)
        except Exception:
            if self._vitals.detector == "ok":
                log.exception("the detector failed; trying on")
            self._vitals.failed()
            return looker.pass_time(picture.at, picture.captured)
        if self._vitals.detector == "failed":
            log.info("the detector works again, after %d faults since the start", self._vitals.faults)
        now = self._clock.monotonic()
        self._vitals.looked(now, now - picture.captured)
        return verdicts

    def _keep(self, verdicts: list[Verdict]) -> None:
        assert self._detector is not None  # noqa: S101
        for verdict in verdicts:
            log.info("passage %s, revision %d: %s", verdict.passage, verdict.revision, verdict.state)
            try:
                self._outbox.put(as_message(verdict, self.config.id, self._detector.model_id))
            except Exception:
                self._verdicts_lost += 1
                log.exception("a verdict could not be kept, %d since the start", self._verdicts_lost)
            self._news.set()

    # Telling: one thread.

    def _tell_on(self) -> None:
        while not self._stopping.is_set():
            self._news.clear()
            try:
                wait = min(self._health_turn(), self._teller.turn())
            except Exception:
                log.exception("telling failed; it goes on")
                wait = PAUSE_S
                self._stopping.wait(PAUSE_S)
            self._news.wait(wait)

    def _health_turn(self) -> float:
        """Tell how the node is, when that is due or has changed; return the seconds until it is due."""
        now = self._clock.monotonic()
        state = (self._camera(), self._vitals.detector)
        new_link = self._new_link.is_set()
        self._new_link.clear()
        if new_link or now >= self._health_due or state != self._health_of:
            self._health_due, self._health_of = now + self.config.health_every, state
            sent = self._link.publish(Outbound(self._health_topic, encode(self.health()), retain=True))
            # Said again each time: a late will of an older connection must not stand.
            sent = sent and self._link.publish(self._said(Availability.ONLINE))
            self._unsent_health += sent is None
        return self._health_due - now

    def health(self) -> NodeHealth:
        """How the node is now."""
        now = self._clock.monotonic()
        return NodeHealth(
            node=self.config.id,
            at=self._clock.now(),
            version=version("maskgate"),
            camera=self._camera(),
            detector=self._vitals.detector,
            model=self._detector.model_id[:200] if self._detector else "",
            fps=round(self._vitals.fps(now), 2),
            latency_ms=self._vitals.latency(now),
            temperature_c=temperature_c(),
            memory_mb=self._vitals.memory_mb(),
            outbox=self._outbox.depth,
            dropped=Dropped(telemetry=self._unsent_health, verdicts=self._outbox.dropped + self._verdicts_lost),
        )

    def _camera(self) -> CameraState:
        return self._source.state if self._source else CameraState.LOST

    def _wake_if_changed(self) -> None:
        if (self._camera(), self._vitals.detector) != self._health_of:
            self._news.set()

    def _said(self, word: Availability) -> Outbound:
        return Outbound(self._availability, word.value.encode(), retain=True)

    # Hearing: the link's thread.

    def _came_up(self) -> None:
        self._teller.replay()
        self._new_link.set()
        self._news.set()

    def _published(self, token: int) -> None:
        self._teller.published(token)
        self._news.set()

    def _heard(self, message: Inbound) -> None:
        try:
            if message.topic == self._ack:
                self._teller.acknowledged(decode(message.payload, Ack).stored)
            elif message.topic == self._hub:
                # What a new subscription is handed (retained) is no news: a new link replays by itself.
                if not message.retain and message.payload == Availability.ONLINE.value.encode():
                    self._teller.replay()
            elif message.topic == self._enable:
                self._obey(message)
        except MessageError as error:
            log.warning("a message on %s is not understood: %s", message.topic, error)
        finally:
            self._link.confirm(message)
            self._news.set()

    def _obey(self, message: Inbound) -> None:
        command = self._obedience.accept(message, SetEnable, self._clock.now())
        if command is None:
            return
        log.info("told to %s", "look" if command.enabled else "rest")
        if command.enabled:
            self._enabled.set()
        else:
            self._enabled.clear()


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

"""The node's program: one thread looks, one tells, one watches over them; the link has its own."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from mask_node.config import NodeConfig
from mask_node.hearing import Ears
from mask_node.keeping import Keeper
from mask_node.lamp import Lamp
from mask_node.obeying import orders_of
from mask_node.outbox import Outbox
from mask_node.pictures import Picture, Pictures
from mask_node.relay import Relay
from mask_node.reporting import Reporter
from mask_node.seeing import Eyes
from mask_node.sources import Source
from mask_node.supervise import Life, Part, Supervisor, Worker
from mask_node.systemd import Systemd
from mask_node.telling import LONGEST_SLEEP_S, Teller
from mask_node.vision.types import Detector
from mask_node.vitals import Vitals
from maskgate.clock import Clock, SystemClock
from maskgate.messages import Availability, NodeHealth
from maskgate.mqtt import Inbound, Link, Outbound
from maskgate.topics import NODE_EVIDENCE, NODE_PASSAGE

log = logging.getLogger(__name__)

#: After a fault in telling, so that it does not fill the log.
PAUSE_S = 1.0
#: What an orderly stop may take at most, part by part and altogether, in seconds.
PART_S, STOP_S, FAREWELL_S = 0.4, 1.6, 0.25


class Node:
    """A camera board. The constructor does nothing; `start` opens what is configured, `stop` leaves in order.

    detector, source, pins: in place of those configured, for tests and other eyes.
    """

    def __init__(
        self,
        config: NodeConfig,
        *,
        detector: Detector | None = None,
        source: Source | None = None,
        clock: Clock | None = None,
        pins: Any = None,
    ) -> None:
        self.config, self._clock = config, clock or SystemClock()
        keep = timedelta(days=config.outbox.keep_days)
        self._outbox = Outbox(config.outbox.path, limit=config.outbox.limit, keep=keep, clock=self._clock)
        self._pictures = Pictures(config.evidence.waiting)
        self._vitals = Vitals(self._clock.monotonic())
        self._news = threading.Event()
        #: Set when the hub wants the program to begin anew.
        self.restart_wanted = threading.Event()
        self._relay = Relay(config.relay, self._clock, pins=pins) if config.relay else None
        self._lamp = Lamp(config.lamp, pins=pins)
        self._keeper = Keeper(
            config, outbox=self._outbox, pictures=self._pictures, relay=self._relay, clock=self._clock,
            wake=self._news.set,
        )  # fmt: skip
        self._eyes = Eyes(
            config, detector=detector, source=source, clock=self._clock, vitals=self._vitals,
            keep=self._keeper.keep, changed=self._wake_if_changed,
        )  # fmt: skip
        self._reporter = Reporter(
            config, eyes=self._eyes, outbox=self._outbox, keeper=self._keeper, pictures=self._pictures,
            vitals=self._vitals, relay=self._relay, clock=self._clock,
        )  # fmt: skip
        orders = orders_of(
            config, eyes=self._eyes, keeper=self._keeper, lamp=self._lamp, relay=self._relay,
            restart=self.restart_wanted.set,
        )  # fmt: skip
        passages = NODE_PASSAGE.path(config.mqtt.root, node=config.id)
        self._teller = Teller(self._outbox, topic=passages, settings=config.outbox, clock=self._clock)
        self._ears = Ears(
            config, teller=self._teller, outbox=self._outbox, relay=self._relay, orders=orders,
            clock=self._clock,
        )  # fmt: skip
        self._telling = Worker("telling", self._tell_on, self._clock)
        self._link = self._make_link()
        self._teller.use(self._link)
        link = Part("link", lambda: self._link.alive, lambda: self._link.beat, self._begin_link_anew)
        parts = [*self._eyes.parts, self._telling.part(), link, *([self._relay.part] if self._relay else [])]
        self._supervisor = Supervisor(parts, self._clock, after=self._sign_of_life)
        self._reporter.restarts = lambda: self._supervisor.restarts
        self._reporter.faults = lambda: self._supervisor.faults
        self._systemd = Systemd()

    @property
    def ended(self) -> threading.Event:
        """Set when the source has ended and all it showed is in the outbox."""
        return self._eyes.ended

    @property
    def broke_off(self) -> bool:
        """Whether it ended by a fault of the source, which the log names."""
        return self._eyes.broke_off

    def start(self) -> None:
        """Open models, outbox, source and pins, then look and tell.

        Raises `ModelError`, `OSError`, `SourceError` or `RelayError`, with nothing left open, when one cannot be.
        """
        self._outbox.open()
        try:
            self._ears.remember()
            if self._relay is not None:
                self._relay.open()
            self._lamp.open()
            self._eyes.open()
        except BaseException:
            self._close()
            raise
        if self._relay is not None:
            self._relay.start()
        self._eyes.start()
        self._telling.start()
        self._link.start()
        self._supervisor.start()
        self._systemd.ready()

    def stop(self) -> None:
        """Leave in order, within 2 s: no picture more, farewell said, what is unsent kept on disk."""
        self._systemd.stopping()
        until = self._clock.monotonic() + STOP_S
        left = partial(_left, until, self._clock)
        self._supervisor.stop(left())
        self._eyes.stop(left())
        self._telling.end()
        self._news.set()
        self._telling.stop(left())
        # It waits up to three times for so long: for a connection, for the farewell, for its thread.
        self._link.stop(self._reporter.said(Availability.STOPPED), timeout=min(left(), FAREWELL_S))
        self._close()

    def _close(self) -> None:
        if self._relay is not None:
            self._relay.stop(PART_S)
        self._lamp.close()
        self._outbox.close()

    def wait_told(self, timeout: float) -> bool:
        """Wait until nothing waits in the outbox; False when `timeout` seconds pass before."""
        until = self._clock.monotonic() + timeout
        while self._outbox.depth:
            if self._clock.monotonic() > until:
                return False
            self._news.wait(0.05)
        return True

    def health(self) -> NodeHealth:
        """How the node is now."""
        return self._reporter.health()

    # Telling: one thread.

    def _tell_on(self, life: Life) -> None:
        while life.goes_on:
            self._news.clear()
            # Each by itself: a sensor of the board that fails must keep no verdict back.
            waits = [self._guarded(step) for step in (self._report, self._teller.turn, self._send_pictures)]
            if None in waits:
                time.sleep(PAUSE_S)
            self._news.wait(min(wait or 0.0 for wait in waits))

    def _guarded(self, step: Callable[[], float]) -> float | None:
        """Return the seconds until the next turn of a step of telling; None where it failed."""
        try:
            return step()
        except Exception:
            log.exception("telling failed; it goes on")
            return None

    def _report(self) -> float:
        return self._reporter.turn(self._link.publish)

    def _send_pictures(self) -> float:
        # A picture is less than a verdict: it goes when every verdict is under way.
        if self._pictures.waiting and self._link.connected and self._teller.all_sent:
            self._pictures.send(self._publish_picture)
        return LONGEST_SLEEP_S

    def _publish_picture(self, picture: Picture) -> bool:
        topic = NODE_EVIDENCE.path(self.config.mqtt.root, node=self.config.id, passage=picture.name)
        return self._link.publish(Outbound(topic, picture.content)) is not None

    def _wake_if_changed(self) -> None:
        if self._reporter.changed:
            self._news.set()

    # The link, and hearing in its thread.

    def _make_link(self) -> Link:
        # What an abandoned link still says when it wakes must not be taken for a word of the present one.
        mine: list[Link] = []
        link = Link(
            self.config.mqtt,
            client_id=f"maskgate-node-{self.config.id}",
            subscriptions=self._ears.subscriptions,
            as_published=self._ears.never_retained,
            on_message=lambda message: self._heard(mine[0], message),
            on_up=lambda: self._came_up(mine[0]),
            on_down=lambda: self._went_down(mine[0]),
            on_published=lambda token: self._published(mine[0], token),
            will=self._reporter.said(Availability.OFFLINE),
        )
        mine.append(link)
        return link

    def _begin_link_anew(self) -> None:
        self._link.abandon()
        self._link = self._make_link()
        self._teller.use(self._link)
        self._link.start()

    def _came_up(self, link: Link) -> None:
        if link is self._link:
            self._teller.replay()
            self._reporter.say_again()
            self._news.set()

    def _went_down(self, link: Link) -> None:
        if link is self._link:
            if self._relay is not None:
                self._relay.lost()
            self._news.set()

    def _published(self, link: Link, token: int) -> None:
        if link is self._link:
            self._teller.published(token)
            self._news.set()

    def _heard(self, link: Link, message: Inbound) -> None:
        try:
            self._ears.hear(message)
        finally:
            link.confirm(message)
            self._news.set()

    # Watching over: the supervisor's thread.

    def _sign_of_life(self) -> None:
        """To systemd, as long as no part has to be given up: what cannot be mended in here is for it to mend."""
        self._wake_if_changed()
        if not self._supervisor.faults:
            self._systemd.alive(self._clock.monotonic())


def _left(until: float, clock: Clock) -> float:
    """Return what one part of a stop may take, in seconds."""
    return max(0.05, min(PART_S, until - clock.monotonic()))

"""The connections of one hub of several.

Each hub hears verdicts and commands on a connection of its own (its ears), shared out by the broker where that can.
The leader has a second one, the site's voice: on it everything leaves, and how things stand is heard. Every hub opens
the voice under the same client id: a broker ends the older connection when a newer one comes, so that a leader which
slept while another took over can say nothing more, whatever it had ready. The voice's session outlives its leaders:
what a lock or a node reports while none is there waits in it for the next.
"""

import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Sequence

from sqlalchemy import Engine

from hub.config import HubConfig
from hub.dispatch import Dispatcher, availability
from hub.engine import DoorEngine
from hub.lines import cleared, watchful
from hub.memory import Place
from hub.policy import FaultKind
from hub.sentry import Sentry
from maskgate.messages import Availability
from maskgate.mqtt import Inbound, Link, Outbound

log = logging.getLogger(__name__)

#: How long the broker waits for a new leader before it says that the hub is offline, in seconds (MQTT 5).
WILL_DELAY_S = 5
#: A new leader that is not connected after this many seconds says that the broker is away (S3).
VOICE_WITHIN_S = 2.0
AWAY = "The broker is away"


class ManyLines:
    """See `hub.lines.Line`."""

    def __init__(
        self, config: HubConfig, db: Engine, *, engine: Callable[[], DoorEngine],
        dispatcher: Callable[[], Dispatcher], for_leader: Callable[[], Sequence[str]],
        take_in: Callable[[Inbound, Callable[[Inbound], None]], None], on_news: Callable[[], None],
    ) -> None:  # fmt: skip
        """for_leader: what the voice listens to. take_in: takes what it hears, with what confirms that."""
        self._config, self._engine, self._dispatcher, self._on_news = config, engine, dispatcher, on_news
        self._for_leader, self._take_in = for_leader, take_in
        self._name = f"{config.mqtt.root.replace('/', '-')}-hub"
        self._sentry = Sentry(
            db, f"{self._name}-{os.getpid()}-{secrets.token_hex(3)}", on_lead=self._lead, on_lost=self._lost,
            on_news=self._news, on_beat=self._beat,
        )  # fmt: skip
        self._ears: Link | None = None
        self._voice: Link | None = None
        self._voice_since = 0.0
        self._lock = threading.Lock()

    @property
    def place(self) -> Place | None:
        """See `Line`."""
        return self._sentry

    @property
    def link(self) -> Link:
        """See `Line`."""
        assert self._ears is not None  # noqa: S101 - `make` was called
        return self._ears

    @property
    def voice(self) -> Link | None:
        """See `Line`."""
        return self._voice

    def make(self) -> None:
        """See `Line`."""
        # No session: what the broker would keep for a dead hub, the nodes' outboxes send to a living one.
        self._ears = Link(
            self._config.mqtt, client_id=self._sentry.me, subscriptions=(), keep_session=False,
            shared=self._engine().intake.for_any, as_published=self._engine().intake.never_retained,
            group=f"{self._name}s",
            on_message=lambda message: self._engine().offer(message, self.link.confirm),
        )  # fmt: skip

    def start(self) -> None:
        """See `Line`."""
        self.link.start()
        self._sentry.start()

    def stop(self, farewell: Outbound | None, *, clear: Sequence[str], timeout: float) -> None:
        """See `Line`."""
        voice, last = self._voice, None
        if voice is not None and self._sentry.leads:
            last = cleared(voice, clear)  # while nobody else can lead and say them anew
        others = self._sentry.stop(timeout)
        self.link.stop(timeout=timeout)
        with self._lock:
            voice, self._voice = self._voice, None
        if voice is not None:
            voice.stop(last or (None if others else farewell), timeout=timeout)

    def _lead(self, seamless: bool) -> None:
        """Take over: the doors first, for what the voice hears is about them."""
        self._engine().lead(seamless=seamless)
        voice = Link(
            watchful(self._config.mqtt), client_id=self._name,
            subscriptions=self._for_leader(), on_message=lambda message: self._take_in(message, voice.confirm),
            on_up=lambda: self._up(voice), on_down=lambda: self._down(voice),
            on_published=self._dispatcher().confirmed, allowed=lambda: self._sentry.leads,
            will=availability(self._config.mqtt.root, Availability.OFFLINE), will_delay_s=WILL_DELAY_S,
        )  # fmt: skip
        with self._lock:
            self._voice, self._voice_since = voice, time.monotonic()
        self._dispatcher().send_through(voice)
        voice.start()

    def _lost(self) -> None:
        with self._lock:
            voice, self._voice = self._voice, None
        self._dispatcher().send_through(None)
        if voice is not None:
            voice.stop(timeout=0.2)

    def _up(self, voice: Link) -> None:
        if voice is self._voice:
            self._dispatcher().up()
            self._engine().report(FaultKind.BROKER, None)

    def _down(self, voice: Link) -> None:
        if voice is self._voice:
            self._dispatcher().down()
            if self._sentry.leads:
                self._engine().report(FaultKind.BROKER, AWAY)

    def _news(self) -> None:
        self._engine().look()
        self._on_news()

    def _beat(self) -> None:
        voice = self._voice
        waited = time.monotonic() - self._voice_since
        if voice and not voice.connected and self._sentry.leads and waited > VOICE_WITHIN_S:
            self._engine().report(FaultKind.BROKER, AWAY)

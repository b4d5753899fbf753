"""The part of the hub that decides: store, doors, line to the broker, outbox. Without pages, mails and discovery."""

import logging
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version

from sqlalchemy import Engine

from hub.batch import Plan
from hub.config import Door, HubConfig
from hub.dispatch import Dispatcher, availability
from hub.engine import DoorEngine
from hub.lines import Line, OneLine, watchful
from hub.locks import driver_for
from hub.memory import Place
from hub.policy import FaultKind, LockCommand
from hub.pulses import Pulses
from hub.store import read, shares
from hub.store.read import Waiting
from maskgate.clock import Clock
from maskgate.messages import Availability, DoorState, HubHealth
from maskgate.mqtt import Inbound, Link, Outbound

log = logging.getLogger(__name__)


def program_version() -> str:
    """Return the installed version, `0` where the program runs uninstalled."""
    try:
        return version("maskgate")
    except PackageNotFoundError:
        return "0"


class Core:
    """Ties engine, lines and dispatcher together. The constructor does nothing."""

    def __init__(
        self,
        config: HubConfig,
        db: Engine,
        clock: Clock,
        *,
        plan: Plan,
        discovery: Callable[[HubConfig], Iterable[Outbound]],
    ) -> None:
        self._config, self._db, self._clock = config, db, clock
        #: Called when this hub has written notices, or another of the site anything.
        self.on_notices: Callable[[], None] = lambda: None
        self._started_at = clock.now()
        self._complaint: str | None = None
        #: What an operator must notice, in words; told in the hub's health.
        self.problems: Callable[[], Sequence[str]] = tuple
        self._line: Line = self._many(db) if shares(db) else OneLine(self._whole_link)
        self.dispatcher = Dispatcher(
            config, db, clock, discovery=discovery, health=self.health, turns=lambda: self.engine.turns,
            place=self._line.place,
        )  # fmt: skip
        self.engine = DoorEngine(
            config,
            db,
            clock,
            plan=plan,
            confirm=self._confirm,
            on_commit=self.dispatcher.wake,
            on_notices=self._told,
            on_birth=self.dispatcher.greet,
            tell_lock=self._tell_lock,
            place=self._line.place,
        )
        self.pulses = Pulses(
            config, clock, tell=lambda message: self.engine.offer(message, lambda _message: None),
            listening=self._listening, state=self._state_of,
        )  # fmt: skip
        self._line.make()

    @property
    def link(self) -> Link:
        """The connection on which verdicts come."""
        return self._line.link

    @property
    def place(self) -> Place | None:
        """Which one of several hubs this is; None: it is alone."""
        return self._line.place

    def start(self) -> None:
        """Take up the doors, then connect; raises what the store raises."""
        self._started_at = self._clock.now()
        self.engine.start()
        self.connect()

    def connect(self) -> None:
        """Connect; the doors are taken up."""
        self.dispatcher.start(self._line.voice)
        self._line.start()
        self.pulses.start()

    def stop(self, *, farewell: bool = True, clear: Sequence[str] = ()) -> None:
        """End in order: what was decided is on disk, and (`farewell`) the broker is told that this is no failure.

        `clear`: retained topics that nobody is to find any more, and then there is nothing to tell.
        """
        self.pulses.stop()
        self.engine.stop(timeout=0.7)
        self.dispatcher.stop(timeout=0.5)
        words = availability(self._config.mqtt.root, Availability.STOPPED) if farewell else None
        self._line.stop(words, clear=clear, timeout=0.5)

    def complain(self, text: str | None) -> None:
        """Say in the hub's health that a configuration was refused, or (None) that all is well."""
        self._complaint = text[:255] if text else None
        self.dispatcher.tell_health()

    def health(self, waiting: Waiting) -> HubHealth:
        """Return how the hub is."""
        return HubHealth(
            at=self._clock.now(), version=program_version(), started_at=self._started_at, outbox=waiting.outbox,
            notices_waiting=waiting.notices, notices_failed=waiting.notices_failed, refused=self.engine.refused,
            late=self.engine.stats.late, problem=self._complaint,
            model=read.newest_model(self._db, program_version()),
            problems=tuple(text[:255] for text in self.problems())[:50],
        )  # fmt: skip

    def counters(self) -> dict[str, float]:
        """Return what was counted since the start, by the names that metrics have."""
        stats = self.engine.stats
        return {
            "passages": stats.passages, "late": stats.late, "dropped": stats.dropped, "store_retries": stats.failures,
            "refused": self.engine.refused,
        }  # fmt: skip

    def _whole_link(self) -> Link:
        """Make the one connection of a hub that is alone."""
        root = self._config.mqtt.root
        return Link(
            watchful(self._config.mqtt),
            client_id=f"{root.replace('/', '-')}-hub",
            subscriptions=(*self.engine.intake.for_any, *self._for_leader()),
            as_published=self.engine.intake.never_retained,
            on_message=lambda message: self._take_in(message, self._confirm),
            on_up=self._up,
            on_down=self._down,
            on_published=self.dispatcher.confirmed,
            will=availability(root, Availability.OFFLINE),
        )

    def _many(self, db: Engine) -> Line:
        from hub.many import ManyLines

        return ManyLines(self._config, db, engine=lambda: self.engine, dispatcher=lambda: self.dispatcher,
                         for_leader=self._for_leader, take_in=self._take_in, on_news=self._heard)  # fmt: skip

    def _for_leader(self) -> Sequence[str]:
        return (*self.engine.intake.for_leader, *self.pulses.subscriptions)

    def _take_in(self, message: Inbound, confirm: Callable[[Inbound], None]) -> None:
        if self.pulses.hear(message):
            confirm(message)  # one that a broker hands out again and again would pass for life
        else:
            self.engine.offer(message, confirm)

    def _listening(self) -> bool:
        voice, place = self._line.voice, self._line.place
        return voice is not None and voice.connected and (place is None or place.leads)

    def _state_of(self, door: str) -> DoorState | None:
        documents = self.engine.documents().get(door)
        return documents[0] if documents else None

    def _up(self) -> None:
        self.dispatcher.up()
        self.engine.report(FaultKind.BROKER, None)

    def _down(self) -> None:
        self.dispatcher.down()
        self.engine.report(FaultKind.BROKER, "The broker is away")

    def _tell_lock(self, door: Door, command: LockCommand) -> None:
        if door.lock and (voice := self._line.voice):
            driver = driver_for(door.lock, root=self._config.mqtt.root, door=door.id)
            voice.publish(driver.command(command))

    def _confirm(self, message: Inbound) -> None:
        self.link.confirm(message)

    def _told(self) -> None:
        self.on_notices()

    def _heard(self) -> None:
        self.dispatcher.wake()
        self._told()

"""What moves the doors' locks, and writes down each order in the instant in which it comes."""

import threading
import time
from collections import deque
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, ClassVar

from maskgate.config import MqttSettings
from maskgate.demo.lock import LOCK_CONFIG, SimulatedLock
from maskgate.messages import Feedback, LockAction, LockOrder, LockState, decode, encode
from maskgate.mqtt import Inbound, Link, Outbound
from maskgate.topics import BIRTH, DEFAULT_DISCOVERY, DEFAULT_ROOT, DOOR_FEEDBACK, DOOR_LOCK, HUB_AVAILABILITY


class Record:
    """The orders that one lock obeyed, with the monotonic time of each."""

    def __init__(self) -> None:
        self.orders: list[tuple[float, str]] = []
        self._news = threading.Condition()

    def note(self, action: str, at: float | None = None) -> None:
        with self._news:
            self.orders.append((time.monotonic() if at is None else at, action))
            self._news.notify_all()

    @property
    def stands(self) -> str:
        """Where it was told to be last."""
        with self._news:
            return self.orders[-1][1] if self.orders else "lock"

    def since(self, moment: float) -> list[str]:
        with self._news:
            return [action for at, action in self.orders if at > moment]

    def opened(self, moment: float) -> int:
        """How often it was unlocked since a moment; one that stands unlocked is not, however often it is told."""
        with self._news:
            later = [(before, at) for (_, before), (at, one) in pairwise(self.orders) if one == "unlock"]
        return sum(before == "lock" and at > moment for before, at in later)

    def wait(self, action: str, after: float, limit: float) -> float | None:
        """Wait until `action` is obeyed after a moment; return when, None where it was not within `limit` seconds."""

        def found() -> float | None:
            return next((at for at, one in self.orders if one == action and at > after), None)

        with self._news:
            self._news.wait_for(lambda: found() is not None, limit)
            return found()


class MqttLock:
    """The demo's lock: it takes time, measures, and refuses what is old or comes twice."""

    config: ClassVar[dict[str, Any]] = LOCK_CONFIG

    def __init__(self, settings: MqttSettings, _door: str, record: Record) -> None:
        self._lock = SimulatedLock(settings, lambda action, _at: record.note(action))

    def start(self) -> None:
        self._lock.start()

    def stop(self) -> None:
        self._lock.stop()


class OrderedLock:
    """Obeys the orders of a lock that Home Assistant owns, as docs/installer.md says."""

    config: ClassVar[dict[str, Any]] = {"driver": "homeassistant", "feedback_within": 3}

    def __init__(self, settings: MqttSettings, door: str, record: Record) -> None:
        self._record, self._obeyed = record, deque[str](maxlen=100)
        self._feedback = DOOR_FEEDBACK.path(DEFAULT_ROOT, door=door)
        self._link = Link(
            settings, client_id="safe-ordered-lock", keep_session=False, on_message=self._heard,
            subscriptions=[DOOR_LOCK.path(DEFAULT_ROOT, door=door), HUB_AVAILABILITY.path(DEFAULT_ROOT)],
        )  # fmt: skip

    def start(self) -> None:
        self._link.start()

    def stop(self) -> None:
        self._link.stop()

    def _heard(self, message: Inbound) -> None:
        self._link.confirm(message)
        if message.topic == HUB_AVAILABILITY.path(DEFAULT_ROOT):
            self._report()  # a hub that was away did not hear the last report
            return
        order = decode(message.payload, LockOrder)
        if message.retain or datetime.now(UTC) > order.expires_at or order.id in self._obeyed:
            return
        self._obeyed.append(order.id)
        self._record.note(order.action)
        self._report(order.id)

    def _report(self, command: str | None = None) -> None:
        lock = LockState.LOCKED if self._record.stands == LockAction.LOCK else LockState.UNLOCKED
        self._link.publish(Outbound(self._feedback, encode(Feedback(lock=lock, command=command))))


class HomeAssistant:
    """Home Assistant's words about itself: its birth, and its will when its connection is cut."""

    def __init__(self, settings: MqttSettings) -> None:
        self._topic = BIRTH.path(DEFAULT_DISCOVERY)
        self._link = Link(
            settings, client_id="safe-homeassistant", subscriptions=[], on_message=lambda _message: None,
            on_up=lambda: self._say("online"), will=Outbound(self._topic, b"offline"), keep_session=False,
        )  # fmt: skip

    def start(self) -> None:
        self._link.start()

    def stop(self) -> None:
        self._link.stop()

    def _say(self, word: str) -> None:
        self._link.publish(Outbound(self._topic, word.encode()))

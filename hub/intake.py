"""From messages to inputs: what is malformed, foreign, retained where it must not be, or old, ends here (S1, P3)."""

import hashlib
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from paho.mqtt.client import topic_matches_sub

from hub.config import HubConfig
from hub.locks import LockDriver, driver_for
from hub.policy import AnyCommand, in_time
from maskgate import topics
from maskgate.messages import (
    Acknowledge,
    Availability,
    Emergency,
    Feedback,
    MessageError,
    NodeHealth,
    Override,
    Passage,
    SetLock,
    SetMode,
    ShowMessage,
    decode,
)
from maskgate.mqtt import Inbound

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PassageIn:
    """A verdict from a node that watches `door`."""

    door: str
    passage: Passage
    received_at: datetime


@dataclass(frozen=True, slots=True)
class CommandIn:
    """A person's command; `mark` is its fingerprint (see `hub.policy.command`)."""

    door: str
    command: AnyCommand
    mark: str


@dataclass(frozen=True, slots=True)
class FeedbackIn:
    """A measurement at a door."""

    door: str
    feedback: Feedback
    retained: bool


@dataclass(frozen=True, slots=True)
class NodeIn:
    """What a node says of itself: one of the two."""

    door: str
    node: str
    availability: Availability | None = None
    health: NodeHealth | None = None


@dataclass(frozen=True, slots=True)
class BirthIn:
    """Home Assistant has started."""


Input = PassageIn | CommandIn | FeedbackIn | NodeIn | BirthIn

_COMMANDS: dict[topics.Topic, type[AnyCommand]] = {
    topics.DOOR_SET_LOCK: SetLock,
    topics.DOOR_SET_MODE: SetMode,
    topics.DOOR_SET_MESSAGE: ShowMessage,
    topics.DOOR_SET_ACKNOWLEDGE: Acknowledge,
    topics.DOOR_SET_OVERRIDE: Override,
    topics.DOOR_SET_EMERGENCY: Emergency,
}


class _RefusedError(Exception):
    """The message is not taken in; the text says why."""


class Intake:
    """Reads messages by the catalogue. Never raises; counts what it refuses and logs each kind once."""

    def __init__(self, config: HubConfig) -> None:
        self._config = config
        self._root = config.mqtt.root
        self._doors = {door.id: door for door in config.doors}
        self._locks: dict[str, list[tuple[str, LockDriver]]] = {}
        for door in config.doors:
            if door.lock:
                driver = driver_for(door.lock)
                for topic in driver.feedback_topics:
                    self._locks.setdefault(topic, []).append((door.id, driver))
        self._readers: tuple[tuple[topics.Topic, Callable[[dict[str, str], Inbound, datetime], Input]], ...] = (
            (topics.NODE_PASSAGE, self._passage),
            (topics.NODE_AVAILABILITY, self._availability),
            (topics.NODE_HEALTH, self._health),
            *((topic, self._command) for topic in _COMMANDS),
        )
        #: How often something was refused, by who sent it (a configured id, or `?`) and kind of topic.
        self.refused: Counter[tuple[str, str]] = Counter()

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """What the hub listens to."""
        ours = [topic.filter(self._root) for topic, _ in self._readers]
        ours.append(topics.DOOR_FEEDBACK.filter(self._root))
        if self._config.homeassistant.enabled:
            ours.append(topics.BIRTH.path(self._config.homeassistant.discovery))
        # A topic that a filter covers already could be delivered twice.
        ours += [topic for topic in self._locks if not any(topic_matches_sub(wide, topic) for wide in ours)]
        return tuple(ours)

    def read(self, message: Inbound, now: datetime) -> tuple[Input, ...]:
        """Return what a message means at `now`; several inputs where locks share a topic, none when refused."""
        try:
            return self._read(message, now)
        except (_RefusedError, MessageError) as error:
            self._refuse(message.topic, str(error))
        except Exception:  # P3: no payload stops the hub, not even one that finds a fault of ours
            log.exception("a message on %r could not be read", message.topic[:200])
            self._refuse(message.topic, "a fault of ours")
        return ()

    def _read(self, message: Inbound, now: datetime) -> tuple[Input, ...]:
        for topic, reader in self._readers:
            ids = topic.match(self._root, message.topic)
            if ids is not None:
                return (reader(ids, message, now),)
        if message.topic in self._locks or topics.DOOR_FEEDBACK.match(self._root, message.topic):
            return self._feedback(message)
        if message.topic == topics.BIRTH.path(self._config.homeassistant.discovery):
            return (BirthIn(),) if message.payload == b"online" and not message.retain else ()
        raise _RefusedError("no topic of ours")

    def _passage(self, ids: dict[str, str], message: Inbound, now: datetime) -> Input:
        door = self._door_of(ids["node"])
        if message.retain:
            raise _RefusedError("a verdict must not be retained")
        passage = decode(message.payload, Passage)
        if passage.node != ids["node"]:
            raise _RefusedError("it speaks for another node than its topic")
        return PassageIn(door, passage, now)

    def _availability(self, ids: dict[str, str], message: Inbound, _now: datetime) -> Input:
        door = self._door_of(ids["node"])
        try:
            return NodeIn(door, ids["node"], availability=Availability(message.payload.decode()))
        except ValueError as error:
            raise _RefusedError("no word of availability") from error

    def _health(self, ids: dict[str, str], message: Inbound, _now: datetime) -> Input:
        door = self._door_of(ids["node"])
        health = decode(message.payload, NodeHealth)
        if health.node != ids["node"]:
            raise _RefusedError("it speaks for another node than its topic")
        return NodeIn(door, ids["node"], health=health)

    def _command(self, ids: dict[str, str], message: Inbound, now: datetime) -> Input:
        door = self._doors.get(ids["door"])
        if door is None:
            raise _RefusedError("no door of ours")
        if message.retain:
            raise _RefusedError("a retained command is never obeyed")
        model = next(model for topic, model in _COMMANDS.items() if topic.match(self._root, message.topic))
        command = decode(message.payload, model)
        if not in_time(command, now, door.policy.max_age):
            age = (now - command.sent_at).total_seconds()
            raise _RefusedError(f"sent {age:.1f} s ago by its own word, {door.policy.max_age:g} s is the most")
        mark = hashlib.sha256(message.topic.encode() + b"\0" + message.payload).hexdigest()[:24]
        return CommandIn(door.id, command, mark)

    def _feedback(self, message: Inbound) -> tuple[Input, ...]:
        """Our own form first: it is always understood; then the words of the locks that report here."""
        found: list[Input] = []
        why = "no word that this lock is known to use"
        ids = topics.DOOR_FEEDBACK.match(self._root, message.topic)
        if ids is not None:
            if ids["door"] not in self._doors:
                raise _RefusedError("no door of ours")
            try:
                return (FeedbackIn(ids["door"], decode(message.payload, Feedback), message.retain),)
            except MessageError as error:
                why = str(error)
        for door, driver in self._locks.get(message.topic, ()):
            if (feedback := driver.feedback(message.payload)) is not None:
                found.append(FeedbackIn(door, feedback, message.retain))
        if not found:
            raise _RefusedError(why)
        return tuple(found)

    def _door_of(self, node: str) -> str:
        door = self._config.door_of(node)
        if door is None:
            raise _RefusedError("no node of ours")
        return door.id

    def _refuse(self, topic: str, why: str) -> None:
        parts = topic.split("/")
        nodes = {node for door in self._config.doors for node in door.nodes}
        sender = next((part for part in parts if part in nodes or part in self._doors), "?")
        kind = next((kind.name for kind in topics.CATALOGUE if kind.match(self._root, topic)), "lock_feedback")
        self.refused[sender, kind] += 1
        if self.refused[sender, kind] == 1:
            log.warning("refused a message on %r: %s; more of this kind are only counted", topic[:200], why)

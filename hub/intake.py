"""From messages to inputs: what is malformed, foreign, retained where it must not be, or old, ends here (S1, P3)."""

import hashlib
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from paho.mqtt.client import topic_matches_sub

from hub.config import Door, HubConfig
from hub.locks import LockDriver, driver_for
from hub.policy import AnyCommand, FaultKind, in_time
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
class FaultIn:
    """Something that the door needs, and that is no node, does not work (a text), or works again (None)."""

    door: str
    found: Mapping[FaultKind, str | None]


@dataclass(frozen=True, slots=True)
class BirthIn:
    """Home Assistant has started."""


Input = PassageIn | CommandIn | FeedbackIn | NodeIn | FaultIn | BirthIn

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
        self._root, self._prefix = config.mqtt.root, config.mqtt.root + "/"
        self._doors = {door.id: door for door in config.doors}
        self._locks: dict[str, list[tuple[str, LockDriver]]] = {}
        for door in config.doors:
            if door.lock:
                driver = driver_for(door.lock)
                for topic in driver.feedback_topics:
                    self._locks.setdefault(topic, []).append((door.id, driver))
        readers: dict[topics.Topic, Callable[[str, Inbound, datetime], tuple[Input, ...]]] = {
            topics.NODE_PASSAGE: self._passage,
            topics.NODE_AVAILABILITY: self._availability,
            topics.NODE_HEALTH: self._health,
            topics.DOOR_FEEDBACK: self._native_feedback,
            **{topic: self._command(model) for topic, model in _COMMANDS.items()},
        }
        self._birth = topics.BIRTH.path(config.homeassistant.discovery)
        self._topics = tuple(readers)
        # All of these read `<root>/<what>/<id>/...`: one look-up by what is left without the id finds the reader.
        self._readers = {_shape(topic.template.split("/")[1:]): (topic, read) for topic, read in readers.items()}
        #: How often something was refused, by who sent it (a configured id, or `?`) and kind of topic.
        self.refused: Counter[tuple[str, str]] = Counter()

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """What the hub listens to."""
        ours = [topic.filter(self._root) for topic in self._topics]
        if self._config.homeassistant.enabled:
            ours.append(self._birth)
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
        if found := self._reader(message.topic):
            _, read, name = found
            return read(name, message, now)
        if message.topic in self._locks:
            return self._foreign_feedback(message)
        if message.topic == self._birth:
            return (BirthIn(),) if message.payload == b"online" and not message.retain else ()
        raise _RefusedError("no topic of ours")

    def _reader(
        self, topic: str
    ) -> tuple[topics.Topic, Callable[[str, Inbound, datetime], tuple[Input, ...]], str] | None:
        """Return the kind of a topic, what reads it, and the id in it."""
        if not topic.startswith(self._prefix):
            return None
        parts = topic[len(self._prefix) :].split("/")
        found = self._readers.get(_shape(parts))
        return (*found, parts[1]) if found else None

    def _passage(self, node: str, message: Inbound, now: datetime) -> tuple[Input, ...]:
        door = self._door_of(node)
        if message.retain:
            raise _RefusedError("a verdict must not be retained")
        passage = decode(message.payload, Passage)
        if passage.node != node:
            raise _RefusedError("it speaks for another node than its topic")
        return (PassageIn(door, passage, now),)

    def _availability(self, node: str, message: Inbound, _now: datetime) -> tuple[Input, ...]:
        door = self._door_of(node)
        try:
            return (NodeIn(door, node, availability=Availability(message.payload.decode())),)
        except ValueError as error:
            raise _RefusedError("no word of availability") from error

    def _health(self, node: str, message: Inbound, _now: datetime) -> tuple[Input, ...]:
        door = self._door_of(node)
        health = decode(message.payload, NodeHealth)
        if health.node != node:
            raise _RefusedError("it speaks for another node than its topic")
        return (NodeIn(door, node, health=health),)

    def _command(self, model: type[AnyCommand]) -> Callable[[str, Inbound, datetime], tuple[Input, ...]]:
        def read(name: str, message: Inbound, now: datetime) -> tuple[Input, ...]:
            door = self._door(name)
            if message.retain:
                raise _RefusedError("a retained command is never obeyed")
            command = decode(message.payload, model)
            if not in_time(command, now, door.policy.max_age):
                age = (now - command.sent_at).total_seconds()
                raise _RefusedError(f"sent {age:.1f} s ago by its own word, {door.policy.max_age:g} s is the most")
            mark = hashlib.sha256(message.topic.encode() + b"\0" + message.payload).hexdigest()[:24]
            return (CommandIn(door.id, command, mark),)

        return read

    def _native_feedback(self, name: str, message: Inbound, _now: datetime) -> tuple[Input, ...]:
        """Our own form is always understood here; then the words of a lock that reports here too."""
        door = self._door(name)
        try:
            return (FeedbackIn(door.id, decode(message.payload, Feedback), message.retain),)
        except MessageError:
            if message.topic in self._locks:
                return self._foreign_feedback(message)
            raise

    def _foreign_feedback(self, message: Inbound) -> tuple[Input, ...]:
        measured = ((door, driver.feedback(message.payload)) for door, driver in self._locks[message.topic])
        found = tuple(FeedbackIn(door, feedback, message.retain) for door, feedback in measured if feedback)
        if not found:
            raise _RefusedError("no word that the lock here is known to use")
        return found

    def _door(self, name: str) -> Door:
        if name not in self._doors:
            raise _RefusedError("no door of ours")
        return self._doors[name]

    def _door_of(self, node: str) -> str:
        door = self._config.door_of(node)
        if door is None:
            raise _RefusedError("no node of ours")
        return door.id

    def _refuse(self, topic: str, why: str) -> None:
        found = self._reader(topic)
        kind, name = (found[0].name, found[2]) if found else ("other", topic)
        known = name in self._doors or name in self._locks or self._config.door_of(name) is not None
        sender = name if known else "?"
        self.refused[sender, kind] += 1
        if self.refused[sender, kind] == 1:
            log.warning("refused a message on %r: %s; more of this kind are only counted", topic[:200], why)


def _shape(parts: Sequence[str]) -> tuple[str, ...]:
    """Return a topic below the root without its id."""
    return (*parts[:1], *parts[2:])

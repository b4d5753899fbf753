"""From messages to inputs: what is malformed, foreign, retained where it must not be, or old, ends here (S1, P3)."""

import hashlib
import logging
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from paho.mqtt.client import topic_matches_sub

from hub.config import Door, HomeAssistantLock, HubConfig
from hub.inputs import AckIn, AskIn, BirthIn, CommandIn, EvidenceIn, FaultIn, FeedbackIn, Input, NodeIn, PassageIn
from hub.locks import LockDriver, driver_for
from hub.policy import AnyCommand, FaultKind, in_time
from hub.refusals import RefusalKind, Refusals
from maskgate import topics
from maskgate.messages import (
    Acknowledge,
    AskNode,
    Availability,
    Emergency,
    Feedback,
    MessageError,
    NodeHealth,
    Override,
    Passage,
    PassageRef,
    SetLock,
    SetMode,
    SetSound,
    SetTimes,
    ShowMessage,
    TestDenial,
    decode,
)
from maskgate.messages.base import Command
from maskgate.mqtt import Inbound

log = logging.getLogger(__name__)


_COMMANDS: dict[topics.Topic, type[AnyCommand]] = {
    topics.DOOR_SET_LOCK: SetLock,
    topics.DOOR_SET_MODE: SetMode,
    topics.DOOR_SET_MESSAGE: ShowMessage,
    topics.DOOR_SET_ACKNOWLEDGE: Acknowledge,
    topics.DOOR_SET_OVERRIDE: Override,
    topics.DOOR_SET_EMERGENCY: Emergency,
    topics.DOOR_SET_TIMES: SetTimes,
    topics.DOOR_SET_SOUND: SetSound,
    topics.DOOR_SET_TEST: TestDenial,
}


#: Pictures beyond this are refused, in bytes.
MOST_PICTURE = 512 * 1024
#: No verdict can be from before this project or from after everybody's pension, and nobody stands at a door for a day.
#: These hold whatever the hub's own clock says: one that is merely late is recorded as late.
FIRST_DAY, LAST_DAY, LONGEST_STAY = (
    datetime(2020, 1, 1, tzinfo=UTC),
    datetime(2100, 1, 1, tzinfo=UTC),
    timedelta(days=1),
)


class _RefusedError(Exception):
    """The message is not taken in; the text says why. `also` is what nevertheless follows."""

    def __init__(self, kind: RefusalKind, text: str, *also: Input) -> None:
        super().__init__(text)
        self.kind, self.also = kind, also


class Intake:
    """Reads messages by the catalogue. Never raises; what it refuses is counted, and a sample kept."""

    def __init__(self, config: HubConfig) -> None:
        self._config = config
        self._root, self._prefix = config.mqtt.root, config.mqtt.root + "/"
        self._doors = {door.id: door for door in config.doors}
        self._owned = [door.id for door in config.doors if isinstance(door.lock, HomeAssistantLock)]
        self._locks: dict[str, list[tuple[str, LockDriver]]] = {}
        for door in config.doors:
            if door.lock:
                driver = driver_for(door.lock, root=self._root, door=door.id)
                for topic in driver.feedback_topics:
                    self._locks.setdefault(topic, []).append((door.id, driver))
        readers: dict[topics.Topic, Callable[[str, Inbound, datetime], tuple[Input, ...]]] = {
            topics.NODE_PASSAGE: self._passage,
            topics.NODE_AVAILABILITY: self._availability,
            topics.NODE_HEALTH: self._health,
            topics.NODE_ASK: self._ask,
            topics.DOOR_FEEDBACK: self._native_feedback,
            **{topic: self._command(model) for topic, model in _COMMANDS.items()},
        }
        self._birth = topics.BIRTH.path(config.homeassistant.discovery)
        self._topics = tuple(readers)
        # All of these read `<root>/<what>/<id>/...`: one look-up by what is left without the id finds the reader.
        self._readers = {_shape(topic.template.split("/")[1:]): (topic, read) for topic, read in readers.items()}
        self.refusals = Refusals()

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """What the hub listens to."""
        return (*self.for_any, *self.for_leader)

    @property
    def for_any(self) -> tuple[str, ...]:
        """What any one hub of several may take: none of it is ever retained."""
        asked = [topics.NODE_PASSAGE, topics.NODE_ASK, *_COMMANDS]
        if self._config.keep_evidence:
            asked.append(topics.NODE_EVIDENCE)
        return tuple(topic.filter(self._root) for topic in asked)

    @property
    def for_leader(self) -> tuple[str, ...]:
        """What says how things stand, retained where it lasts."""
        ours = [topic.filter(self._root) for topic in self._topics if topic.filter(self._root) not in self.for_any]
        if self._config.homeassistant.enabled or self._owned:
            ours.append(self._birth)
        # A topic that a filter covers already could be delivered twice.
        covered = (*ours, *self.for_any)
        ours += [topic for topic in self._locks if not any(topic_matches_sub(wide, topic) for wide in covered)]
        return tuple(ours)

    @property
    def never_retained(self) -> tuple[str, ...]:
        """Those of them whose messages are refused when their sender had them retained."""
        told = (topics.NODE_PASSAGE, topics.NODE_EVIDENCE, topics.NODE_ASK, *_COMMANDS)
        return tuple(topic.filter(self._root) for topic in told)

    def read(self, message: Inbound, now: datetime) -> tuple[Input, ...]:
        """Return what a message means at `now`; several inputs where locks share a topic."""
        try:
            return self._read(message, now)
        except _RefusedError as error:
            return (*error.also, *self._refuse(message, error.kind, str(error), now))
        except MessageError as error:
            return self._refuse(message, RefusalKind(error.flaw.value), str(error), now)
        except Exception:  # P3: no payload stops the hub, not even one that finds a fault of ours
            log.exception("a message on %r could not be read", message.topic[:200])
            return self._refuse(message, RefusalKind.OURS, "a fault of ours", now)

    def _read(self, message: Inbound, now: datetime) -> tuple[Input, ...]:
        if found := self._reader(message.topic):
            _, read, name = found
            return read(name, message, now)
        if message.topic in self._locks:
            return self._foreign_feedback(message)
        if message.topic == self._birth:
            return self._homeassistant(message)
        if topics.NODE_EVIDENCE.match(self._root, message.topic):
            return self._evidence(message, now)
        raise _RefusedError(RefusalKind.FOREIGN, "no topic of ours")

    def _reader(
        self, topic: str
    ) -> tuple[topics.Topic, Callable[[str, Inbound, datetime], tuple[Input, ...]], str] | None:
        """Return the kind of a topic, what reads it, and the id in it."""
        if not topic.startswith(self._prefix):
            return None
        parts = topic[len(self._prefix) :].split("/")
        found = self._readers.get(_shape(parts))
        return (*found, parts[1]) if found else None

    def _homeassistant(self, message: Inbound) -> tuple[Input, ...]:
        """Home Assistant comes or goes: the doors whose locks it moves depend on it (S3)."""
        if message.payload not in {b"online", b"offline"}:
            return ()
        gone = None if message.payload == b"online" else "Home Assistant, which moves the lock, is away"
        faults = tuple(FaultIn(door, {FaultKind.HOMEASSISTANT: gone}) for door in self._owned)
        return (BirthIn(), *faults) if gone is None and not message.retain else faults

    def _passage(self, node: str, message: Inbound, now: datetime) -> tuple[Input, ...]:
        door = self._door_of(node)
        if message.retain:
            raise _RefusedError(RefusalKind.RETAINED, "a verdict must not be retained")
        passage = decode(message.payload, Passage)
        if passage.node != node:
            raise _RefusedError(RefusalKind.WRONG_NODE, "it speaks for another node than its topic")
        if "\0" in passage.model:  # which no column of PostgreSQL takes
            ref = PassageRef(passage=passage.passage, revision=passage.revision)
            raise _RefusedError(RefusalKind.SCHEMA, "its model's name holds a NUL", AckIn(node, ref))
        if not _thinkable(passage):
            # Kept aside with its payload; without an answer the node would send it for ever.
            ref = PassageRef(passage=passage.passage, revision=passage.revision)
            raise _RefusedError(RefusalKind.ABSURD_TIME, "its times cannot be", AckIn(node, ref))
        return (PassageIn(door, passage, now),)

    def _evidence(self, message: Inbound, now: datetime) -> tuple[Input, ...]:
        _, node, _, passage = message.topic[len(self._prefix) :].split("/")
        door = self._door_of(node)
        if message.retain:
            raise _RefusedError(RefusalKind.RETAINED, "a picture must not be retained")
        if not self._config.keep_evidence:
            raise _RefusedError(RefusalKind.FOREIGN, "this site keeps no pictures")
        if len(message.payload) > MOST_PICTURE:
            raise _RefusedError(RefusalKind.TOO_LARGE, f"a picture of {len(message.payload)} bytes")
        if not message.payload.startswith(b"\xff\xd8\xff") or not re.fullmatch(r"[A-Za-z0-9_-]{8,64}", passage):
            raise _RefusedError(RefusalKind.SCHEMA, "no JPEG of a passage")
        return (EvidenceIn(door, node, passage, message.payload, now),)

    def _availability(self, node: str, message: Inbound, _now: datetime) -> tuple[Input, ...]:
        door = self._door_of(node)
        try:
            return (NodeIn(door, node, availability=Availability(message.payload.decode())),)
        except ValueError as error:
            raise _RefusedError(RefusalKind.SCHEMA, "no word of availability") from error

    def _health(self, node: str, message: Inbound, _now: datetime) -> tuple[Input, ...]:
        door = self._door_of(node)
        health = decode(message.payload, NodeHealth)
        if health.node != node:
            raise _RefusedError(RefusalKind.WRONG_NODE, "it speaks for another node than its topic")
        return (NodeIn(door, node, health=health),)

    def _command(self, model: type[AnyCommand]) -> Callable[[str, Inbound, datetime], tuple[Input, ...]]:
        def read(name: str, message: Inbound, now: datetime) -> tuple[Input, ...]:
            door = self._door(name)
            if message.retain:
                raise _RefusedError(RefusalKind.RETAINED, "a retained command is never obeyed")
            command = decode(message.payload, model)
            _check_age(command, now, door.policy.max_age)
            return (CommandIn(door.id, command, _mark(message)),)

        return read

    def _ask(self, node: str, message: Inbound, now: datetime) -> tuple[Input, ...]:
        door = self._door(self._door_of(node))
        if message.retain:
            raise _RefusedError(RefusalKind.RETAINED, "a retained command is never obeyed")
        asked = decode(message.payload, AskNode)
        _check_age(asked, now, door.policy.max_age)
        return (AskIn(node, asked.wish, _mark(message)),)

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
            raise _RefusedError(RefusalKind.SCHEMA, "no word that the lock here is known to use")
        return found

    def _door(self, name: str) -> Door:
        if name not in self._doors:
            raise _RefusedError(RefusalKind.FOREIGN, "no door of ours")
        return self._doors[name]

    def _door_of(self, node: str) -> str:
        door = self._config.door_of(node)
        if door is None:
            raise _RefusedError(RefusalKind.FOREIGN, "no node of ours")
        return door.id

    def _refuse(self, message: Inbound, kind: RefusalKind, why: str, now: datetime) -> tuple[Input, ...]:
        found = self._reader(message.topic)
        name = found[2] if found else message.topic
        if locks := self._locks.get(message.topic):
            name = locks[0][0]
        known = name in self._doors or self._config.door_of(name) is not None
        sample = self.refusals.note(message, name if known else "?", kind, why, now)
        return (sample,) if sample else ()


def _thinkable(passage: Passage) -> bool:
    """Whether the times of a verdict can be, whatever the time is now."""
    in_order = passage.seen_from >= FIRST_DAY and passage.published_at < LAST_DAY
    return in_order and passage.seen_to - passage.seen_from <= LONGEST_STAY


def _check_age(command: Command, now: datetime, most: float) -> None:
    if not in_time(command, now, most):
        age = (now - command.sent_at).total_seconds()
        raise _RefusedError(RefusalKind.STALE, f"sent {age:.1f} s ago by its own word, {most:g} s is the most")


def _mark(message: Inbound) -> str:
    """Return the fingerprint by which a command that comes again is known."""
    return hashlib.sha256(message.topic.encode() + b"\0" + message.payload).hexdigest()[:24]


def _shape(parts: Sequence[str]) -> tuple[str, ...]:
    """Return a topic below the root without its id."""
    return (*parts[:1], *parts[2:])

"""`hub.yaml`: the broker, the store, the doors, who is told, the pages."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, model_validator

from maskgate.config import MqttSettings, Secret, Section, TopicRoot
from maskgate.ids import Slug
from maskgate.messages import Entry, Mode
from maskgate.states import MaskState
from maskgate.topics import DEFAULT_DISCOVERY


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is no time zone; write one like Europe/Madrid")
    return name


def _publishable(topic: str) -> str:
    if any(sign in topic for sign in "+#\0 ") or topic.startswith(("/", "$")) or not topic:
        raise ValueError("must be one topic, without wildcards, spaces or a leading slash")
    return topic


TopicName = Annotated[str, AfterValidator(_publishable), Field(max_length=200)]


class MqttLock(Section):
    """A lock or relay that listens on one topic and reports on another.

    Payloads may hold `{id}`, `{sent_at}` and `{expires_at}`, which each command fills: a lock that reads them can
    refuse a command that is old or came twice.
    """

    driver: Literal["mqtt"] = "mqtt"
    command_topic: TopicName = Field(title="Command topic")
    feedback_topic: TopicName = Field(title="Feedback topic", description="Where the lock reports what it measures.")
    payload_lock: str = Field(default="LOCK", title="Payload to lock")
    payload_unlock: str = Field(default="UNLOCK", title="Payload to unlock")
    feedback_key: str | None = Field(
        default=None,
        title="Feedback key",
        description="Where feedback is JSON: the key that holds the state.",
    )
    state_locked: str = Field(default="LOCKED", title="Feedback that says locked")
    state_unlocked: str = Field(default="UNLOCKED", title="Feedback that says unlocked")
    state_jammed: str | None = Field(default="JAMMED", title="Feedback that says jammed")
    feedback_within: float = Field(
        default=5,
        gt=0,
        le=120,
        title="Feedback within",
        description="Seconds; without it the lock is JAMMED.",
    )

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        states = [self.state_locked, self.state_unlocked, self.state_jammed]
        if len(set(states)) < len(states):
            raise ValueError("state_locked, state_unlocked and state_jammed must differ")
        if self.command_topic == self.feedback_topic:
            raise ValueError("command_topic and feedback_topic must differ, or a command would pass for its own answer")
        if self.payload_lock == self.payload_unlock:
            raise ValueError("payload_lock and payload_unlock must differ")
        return self


class DoorPolicy(Section):
    """The rule of a door."""

    mode: Mode = Field(default=Mode.SOFT, title="Mode", description="off counts; soft tells; hard moves the lock.")
    entry: Entry = Field(default=Entry.OPEN, title="Entry", description="open: unlocked by rule; controlled: locked.")
    violations: frozenset[Literal[MaskState.NO_MASK, MaskState.INCORRECT]] = Field(
        default=frozenset({MaskState.NO_MASK, MaskState.INCORRECT}), title="Violations", min_length=1
    )
    grant_hold: float = Field(default=5, gt=0, le=600, title="Grant hold", description="Seconds unlocked for a mask.")
    deny_hold: float = Field(
        default=10, gt=0, le=600, title="Deny hold", description="Seconds that an open entry stays locked."
    )
    manual_hold: float = Field(
        default=30, ge=30, le=3600, title="Manual hold", description="Seconds that a command by hand stands."
    )
    max_age: float = Field(
        default=5, gt=0, le=60, title="Greatest age", description="Seconds; an older verdict moves nothing."
    )


class Door(Section):
    """One entry, the nodes that watch it and what moves it."""

    id: Slug
    name: str = Field(min_length=1, max_length=60, title="Name")
    nodes: tuple[Slug, ...] = Field(min_length=1, title="Nodes")
    lock: MqttLock | None = Field(default=None, title="Lock", description="None: the door only shows and tells.")
    policy: DoorPolicy = DoorPolicy()


class Recipient(Section):
    """Somebody who is told, through any service that Apprise knows."""

    id: Slug
    url: Secret = Field(title="Apprise address", description="For example mailtos://user:password@example.org")
    doors: tuple[Slug, ...] | None = Field(default=None, title="Doors", description="All when left out.")
    cooldown: float = Field(
        default=300,
        ge=0,
        le=86_400,
        title="Cooldown",
        description="Seconds; what comes in between is counted.",
    )


class Notices(Section):
    """Who is told of refusals."""

    recipients: tuple[Recipient, ...] = ()
    give_up_after: float = Field(
        default=86_400,
        gt=0,
        title="Give up after",
        description="Seconds of trying before a notice is failed.",
    )


class Retention(Section):
    """How many days are kept."""

    events_days: float = Field(default=30, gt=0, le=3650, title="Passages, decisions and notices")
    counts_days: float = Field(default=400, gt=0, le=3650, title="Counts by door and day")

    @property
    def events(self) -> timedelta:
        """The same as a duration."""
        return timedelta(days=self.events_days)


class Web(Section):
    """The pages."""

    host: str = Field(default="127.0.0.1", title="Address", description="0.0.0.0 for every network.")
    port: int = Field(default=8080, ge=1, le=65535, title="Port")


class HomeAssistant(Section):
    """The announcement to Home Assistant."""

    enabled: bool = Field(default=True, title="Announce")
    discovery: TopicRoot = Field(default=DEFAULT_DISCOVERY, title="Discovery prefix")


_RESERVED = frozenset({"hub", "controller"})


class HubConfig(Section):
    """The whole of `hub.yaml`."""

    site: str = Field(default="maskgate", min_length=1, max_length=60, title="Site")
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field(default="UTC", title="Time zone")
    language: Literal["en"] = Field(default="en", title="Language")
    mqtt: MqttSettings = MqttSettings()
    database: Path = Field(default=Path("var/hub.db"), title="Database", description="A SQLite file.")
    doors: tuple[Door, ...] = Field(min_length=1, title="Doors")
    notices: Notices = Notices()
    retention: Retention = Retention()
    web: Web = Web()
    homeassistant: HomeAssistant = HomeAssistant()

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.timezone)

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        ids = [door.id for door in self.doors]
        for kind, names in (
            ("door", ids),
            ("recipient", [recipient.id for recipient in self.notices.recipients]),
            ("node", [node for door in self.doors for node in door.nodes]),
        ):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"{kind} {twice[0]} is named twice; each {kind} stands once")
        # The broker's access list lets an account reach what bears its own name, so names must not meet.
        for door in self.doors:
            for name in (door.id, *door.nodes):
                if name in _RESERVED or (name != door.id and name in ids):
                    whose = "the hub or its controllers" if name in _RESERVED else "a door"
                    raise ValueError(f"the name {name} belongs to {whose}; choose another")
        for recipient in self.notices.recipients:
            if unknown := sorted(set(recipient.doors or ()) - set(ids)):
                raise ValueError(f"recipient {recipient.id} names the door {unknown[0]}, which is not there")
        return self

    def door_of(self, node: str) -> Door | None:
        """Return the door that a node watches."""
        return next((door for door in self.doors if node in door.nodes), None)

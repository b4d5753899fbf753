"""The whole of `hub.yaml`, and its plain parts."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, TypeAdapter, model_validator

from hub.config.locks import MqttLock
from hub.config.notices import Notices
from hub.config.policy import DoorPolicy, Holidays
from maskgate.config import MqttSettings, Secret, Section, TopicRoot, no_address
from maskgate.ids import RESERVED, Slug
from maskgate.topics import DEFAULT_DISCOVERY


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("is no time zone; write one like Europe/Madrid")
    return name


def _read_database(value: Any) -> Any:
    secret = TypeAdapter(Secret).validate_python(str(value) if isinstance(value, Path) else value)
    text = secret.get_secret_value()
    if not text.startswith(("postgresql://", "postgres://")):
        if "://" in text and not text.startswith("sqlite"):
            raise ValueError("must be a file, or an address like postgresql://user:password@host/name")
        return Path(no_address(text))
    return SecretStr("postgresql" + text[text.index("://") :])


class Door(Section):
    """One entry, the nodes that watch it and what moves it."""

    id: Slug
    name: str = Field(min_length=1, max_length=60, title="Name")
    nodes: tuple[Slug, ...] = Field(min_length=1, title="Nodes")
    lock: MqttLock | None = Field(default=None, title="Lock", description="None: the door only shows and tells.")
    policy: DoorPolicy = Field(default=DoorPolicy(), title="Policy")

    @model_validator(mode="after")
    def _enough_nodes(self) -> Self:
        if self.policy.nodes_needed > len(self.nodes):
            raise ValueError(f"policy.nodes_needed is {self.policy.nodes_needed}, but only {len(self.nodes)} watch")
        return self


class Retention(Section):
    """How long things are kept."""

    events_days: float = Field(default=30, gt=0, le=3650, title="Passages, decisions and notices")
    counts_days: float = Field(default=400, gt=0, le=3650, title="Counts by door and day")

    evidence_hours: float = Field(
        default=24, gt=0, le=8760, title="Pictures", description="Where they are kept at all."
    )

    @property
    def evidence(self) -> timedelta:
        """How long pictures stay."""
        return timedelta(hours=self.evidence_hours)

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


class HubConfig(Section):
    """The whole of `hub.yaml`."""

    site: str = Field(default="maskgate", min_length=1, max_length=60, title="Site")
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field(default="UTC", title="Time zone")
    holidays: Holidays = Holidays()
    language: Literal["en"] = Field(default="en", title="Language")
    mqtt: MqttSettings = MqttSettings()
    database: Annotated[Path | SecretStr, BeforeValidator(_read_database)] = Field(
        default=Path("var/hub.db"),
        title="Database",
        description="A SQLite file, or postgresql://user:password@host/name (best given by file or environment).",
    )
    doors: tuple[Door, ...] = Field(min_length=1, title="Doors")
    notices: Notices = Notices()
    retention: Retention = Retention()
    keep_evidence: bool = Field(
        default=False,
        title="Keep pictures",
        description="Store the pictures that nodes send of passages; these must be told to send any.",
    )
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
                if name in RESERVED or (name != door.id and name in ids):
                    whose = "the hub or its controllers" if name in RESERVED else "a door"
                    raise ValueError(f"the name {name} belongs to {whose}; choose another")
        for recipient in self.notices.recipients:
            if unknown := sorted(set(recipient.doors or ()) - set(ids)):
                raise ValueError(f"recipient {recipient.id} names the door {unknown[0]}, which is not there")
            if recipient.pictures and not self.keep_evidence:
                raise ValueError(f"recipient {recipient.id} is to get pictures; that needs keep_evidence: true")
        people = {recipient.id for recipient in self.notices.recipients}
        for number, step in enumerate(self.notices.escalation):
            if unknown := sorted(set(step.to) - people):
                raise ValueError(f"notices.escalation.{number} names the recipient {unknown[0]}, who is not there")
            if unknown := sorted(set(step.doors or ()) - set(ids)):
                raise ValueError(f"notices.escalation.{number} names the door {unknown[0]}, which is not there")
        return self

    def door_of(self, node: str) -> Door | None:
        """Return the door that a node watches."""
        return next((door for door in self.doors if node in door.nodes), None)

"""The whole of `hub.yaml`, and its plain parts."""

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, TypeAdapter, WithJsonSchema, model_validator

from hub.config import agreement
from hub.config.locks import Lock
from hub.config.logs import Logs
from hub.config.notices import Notices
from hub.config.policy import DoorPolicy, Holidays
from hub.config.web import Web
from maskgate.config import SECRET_SCHEMA, MqttSettings, Secret, Section, TopicRoot, no_address
from maskgate.explain import FieldError
from maskgate.ids import Slug
from maskgate.messages import Language
from maskgate.topics import DEFAULT_DISCOVERY


@cache
def _zones() -> set[str]:
    return available_timezones()


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError("is no time zone; write one like Europe/Madrid")
    return name


def _read_database(value: Any) -> Any:
    secret = TypeAdapter(Secret).validate_python(str(value) if isinstance(value, Path) else value)
    text = secret.get_secret_value()
    if not text.startswith(("postgresql://", "postgres://")):
        if "://" in text and not text.startswith("sqlite"):
            raise ValueError("is of no kind that is known; write a file, or postgresql://user:password@host/name")
        return Path(no_address(text))
    return SecretStr("postgresql" + text[text.index("://") :])


class Door(Section):
    """One entry, the nodes that watch it and what moves it."""

    id: Slug = Field(title="Id", description="Stands in topics and addresses: a-z, 0-9, - and _.")
    name: str = Field(min_length=1, max_length=60, title="Name", description="What people call the door.")
    nodes: tuple[Slug, ...] = Field(min_length=1, title="Nodes", description="The boards that watch it, by their ids.")
    lock: Lock | None = Field(default=None, title="Lock", description="None: the door only shows and tells.")
    policy: DoorPolicy = Field(default=DoorPolicy(), title="Policy", description="The rule of this door.")
    languages: tuple[Language, ...] = Field(
        default=(),
        max_length=2,
        title="Languages",
        description="Of its displays: en, es, de, fr, zh, ar; two are shown by turns. None: the site's.",
    )

    @model_validator(mode="after")
    def _enough_nodes(self) -> Self:
        if self.policy.nodes_needed > len(self.nodes):
            raise FieldError(
                (
                    ("policy", "nodes_needed"),
                    f"{self.policy.nodes_needed} is more than watch; write {len(self.nodes)}, or name more nodes",
                )
            )
        if len(set(self.languages)) < len(self.languages):
            raise FieldError((("languages", 1), f"{self.languages[1]} is named twice; name each once"))
        return self


class Retention(Section):
    """How long things are kept."""

    events_days: float = Field(
        default=30, gt=0, le=3650, title="Events", description="Days that passages, decisions and notices are kept."
    )
    counts_days: float = Field(
        default=400, gt=0, le=3650, title="Counts", description="Days that the counts by door and day are kept."
    )
    evidence_hours: float = Field(
        default=24, gt=0, le=8760, title="Pictures", description="Hours that they are kept, where they are at all."
    )

    @property
    def evidence(self) -> timedelta:
        """How long pictures stay."""
        return timedelta(hours=self.evidence_hours)

    @property
    def events(self) -> timedelta:
        """The same as a duration."""
        return timedelta(days=self.events_days)


class HomeAssistant(Section):
    """The announcement to Home Assistant."""

    enabled: bool = Field(default=True, title="Announce", description="Tell Home Assistant of every door and node.")
    discovery: TopicRoot = Field(
        default=DEFAULT_DISCOVERY, title="Discovery prefix", description="As Home Assistant's MQTT has it."
    )


class HubConfig(Section):
    """The whole of `hub.yaml`."""

    site: str = Field(
        default="maskgate",
        min_length=1,
        max_length=60,
        title="Site",
        description="What people call it; stands on pages and in mails.",
    )
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default="UTC", title="Time zone", description="Of schedules, days and mails; a name like Europe/Madrid."
    )
    holidays: Holidays = Field(default=Holidays(), title="Holidays", description="For the schedules of the doors.")
    language: Language = Field(
        default=Language.EN, title="Language", description="Of displays and mails: en, es, de, fr, zh or ar."
    )
    mqtt: MqttSettings = Field(default=MqttSettings(), title="Broker", description="Where it is, and who we are there.")
    database: Annotated[Path | SecretStr, BeforeValidator(_read_database), WithJsonSchema(SECRET_SCHEMA)] = Field(
        default=Path("var/hub.db"),
        title="Database",
        description="A SQLite file, or postgresql://user:password@host/name (best given by file or environment).",
    )
    doors: tuple[Door, ...] = Field(min_length=1, title="Doors", description="At least one.")
    notices: Notices = Field(default=Notices(), title="Notices", description="Who is told of refusals and faults.")
    retention: Retention = Field(default=Retention(), title="Retention", description="How long things are kept.")
    keep_evidence: bool = Field(
        default=False,
        title="Keep pictures",
        description="Store the pictures that nodes send of passages; these must be told to send any.",
    )
    web: Web = Field(default=Web(), title="Pages", description="The console and the displays.")
    log: Logs = Field(default=Logs(), title="Log", description="What the hub writes about itself.")
    homeassistant: HomeAssistant = Field(
        default=HomeAssistant(), title="Home Assistant", description="The announcement to it."
    )
    pid_file: Path | None = Field(
        default=None,
        title="Pid file",
        description="Where a running hub is found by `maskgate hub reload`; none: beside a SQLite store.",
    )

    @property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.timezone)

    @property
    def runs_at(self) -> Path | None:
        """The pid file, where there is any."""
        if self.pid_file is None and isinstance(self.database, Path):
            return self.database.with_suffix(".pid")
        return self.pid_file

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        if faults := list(agreement.faults(self)):
            raise FieldError(*faults)
        return self

    def languages(self, door: Door) -> tuple[Language, ...]:
        """Return what a door's displays speak, one after the other."""
        return door.languages or (self.language,)

    def door_of(self, node: str) -> Door | None:
        """Return the door that a node watches."""
        return next((door for door in self.doors if node in door.nodes), None)

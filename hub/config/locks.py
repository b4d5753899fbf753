"""What moves a lock, as `hub.yaml` says it: one section for each driver."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from hub.config.presets import Position, Preset, fields
from maskgate.config import Section
from maskgate.explain import FieldError
from maskgate.ids import Slug


def _publishable(topic: str) -> str:
    if any(sign in topic for sign in "+#\0 ") or topic.startswith(("/", "$")) or not topic:
        raise ValueError("is no single topic; write one without wildcards, spaces or a leading slash")
    return topic


TopicName = Annotated[str, AfterValidator(_publishable), Field(max_length=200)]


class _Answering(Section):
    """What is asked of every lock (S6)."""

    feedback_within: float = Field(
        default=5,
        gt=0,
        le=120,
        title="Feedback within",
        description="Seconds that the lock has to report what a command did.",
    )
    attempts: int = Field(
        default=2,
        ge=1,
        le=10,
        title="Attempts",
        description="So many commands, each with an id of its own, may go without an answer; then the lock is JAMMED.",
    )


class NodeLock(_Answering):
    """The relay on a board of ours."""

    driver: Literal["node"] = Field(title="Driver", description="The relay on one of our boards.")
    node: Slug = Field(title="Node", description="The board whose relay it is; it need not watch this door.")


class HomeAssistantLock(_Answering):
    """A lock that Home Assistant owns: its automation obeys the door's command topic and reports what it measures."""

    driver: Literal["homeassistant"] = Field(title="Driver", description="A lock that Home Assistant owns.")


def _either(schema: dict[str, Any]) -> None:
    """Let an editor know that a preset fills in the topics."""
    schema["anyOf"] = [{"required": schema.pop("required")}, {"required": ["preset", "device"]}]


class MqttLock(_Answering):
    """A lock or relay that listens on one topic and reports on another.

    Payloads may hold `{id}`, `{sent_at}` and `{expires_at}`, which each command fills: a lock that reads them can
    refuse a command that is old or came twice.
    """

    model_config = ConfigDict(json_schema_extra=_either)

    driver: Literal["mqtt"] = Field(
        default="mqtt", title="Driver", description="One topic for commands and one for feedback."
    )
    preset: Preset | None = Field(
        default=None, title="Preset", description="A maker whose words are known; fills in what is left out below."
    )
    device: TopicName | None = Field(
        default=None, title="Device", description="With a preset: the device's own name or topic prefix."
    )
    channel: int | None = Field(
        default=None, ge=0, le=31, title="Channel", description="With a preset: which relay, as its maker counts."
    )
    unlocked_when: Position = Field(
        default=Position.ON, title="Unlocked when", description="With a switch: on for a strike, off for a magnet."
    )
    command_topic: TopicName = Field(title="Command topic", description="Where the lock is told what to do.")
    feedback_topic: TopicName = Field(title="Feedback topic", description="Where the lock reports what it measures.")
    payload_lock: str = Field(
        default="LOCK", min_length=1, title="Payload to lock", description="May hold {id}, {sent_at}, {expires_at}."
    )
    payload_unlock: str = Field(
        default="UNLOCK", min_length=1, title="Payload to unlock", description="May hold the same."
    )
    feedback_key: str | None = Field(
        default=None,
        title="Feedback key",
        description="Where feedback is JSON: the key that holds the state.",
    )
    state_locked: str = Field(default="LOCKED", title="Locked", description="The word or value that says locked.")
    state_unlocked: str = Field(
        default="UNLOCKED", title="Unlocked", description="The word or value that says unlocked."
    )
    state_jammed: str | None = Field(
        default="JAMMED", title="Jammed", description="The word or value that says jammed; none where there is none."
    )

    reports_only_changes: bool = Field(
        default=False,
        title="Reports only changes",
        description="It says nothing when told to be where it is already; that silence is then no fault.",
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, given: Any) -> Any:
        """Fill in what the preset knows; what the file says itself stands."""
        if not isinstance(given, dict) or given.get("preset") is None:
            return given
        try:
            preset, position = Preset(given["preset"]), Position(given.get("unlocked_when", Position.ON))
        except ValueError:
            return given  # the field itself says what is wrong
        device, channel = given.get("device"), given.get("channel")
        if device is None:
            raise FieldError((("device",), "is missing, and a preset needs the device's own name; add it"))
        return fields(preset, str(device), channel if isinstance(channel, int) else 0, position) | given

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        faults: list[tuple[tuple[str, ...], str]] = []
        for one, other in (
            ("state_locked", "state_unlocked"),
            ("state_locked", "state_jammed"),
            ("state_unlocked", "state_jammed"),
            ("payload_lock", "payload_unlock"),
            ("command_topic", "feedback_topic"),  # a command would pass for its own answer
        ):
            if (value := getattr(self, one)) == getattr(self, other):
                faults.append(((other,), f"{value!r} is {one}, too; {one} and {other} must differ"))
        if faults:
            raise FieldError(*faults)
        return self


#: The tags of the drivers begin so, that none is taken for a key of the file.
_KIND = "kind:"


def _driver(given: Any) -> str:
    named = given.get("driver", "mqtt") if isinstance(given, dict) else getattr(given, "driver", "mqtt")
    return f"{_KIND}{named}"


Lock = Annotated[
    Annotated[MqttLock, Tag(_KIND + "mqtt")]
    | Annotated[NodeLock, Tag(_KIND + "node")]
    | Annotated[HomeAssistantLock, Tag(_KIND + "homeassistant")],
    Discriminator(_driver),
]

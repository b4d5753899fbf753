"""What moves a lock, as `hub.yaml` says it."""

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from hub.config.presets import Position, Preset, fields
from maskgate.config import Section


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

    driver: Literal["mqtt"] = Field(default="mqtt", title="Driver")
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
        description="Seconds that the lock has to report what a command did.",
    )
    attempts: int = Field(
        default=2,
        ge=1,
        le=10,
        title="Attempts",
        description="So many commands, each with an id of its own, may go without an answer; then the lock is JAMMED.",
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
            raise ValueError("a preset needs the device's name: add device")
        return fields(preset, str(device), channel if isinstance(channel, int) else 0, position) | given

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

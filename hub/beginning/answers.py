"""What a first site is made of, once every answer is good."""

from dataclasses import dataclass, field
from pathlib import Path

from hub.config.presets import Position, Preset


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is, and who the hub is there."""

    host: str
    port: int = 1883
    tls: bool = False
    ca_file: Path | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class LockChoice:
    """A maker's device that moves the lock."""

    preset: Preset
    device: str
    unlocked_when: Position = Position.ON


@dataclass(frozen=True, slots=True)
class Door:
    """The first door, and the board that watches it."""

    id: str
    name: str
    node: str
    lock: LockChoice | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told first."""

    id: str
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answers:
    """All of it."""

    site: str
    timezone: str
    language: str
    broker: Broker
    door: Door
    recipient: Recipient | None
    host: str
    port: int

"""What an operator must notice: one problem, its stable key and its words."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a problem is about; metrics count by it."""

    BROKER = "broker"
    NODE = "node"  # silent, stopped, never heard
    CAMERA = "camera"  # no picture, or one that nothing can be judged by
    DETECTOR = "detector"
    LOCK = "lock"
    MAIL = "mail"  # notices do not get through, or were given up
    DISK = "disk"
    CLOCK = "clock"
    CERTIFICATE = "certificate"


class Severity(StrEnum):
    """How soon somebody must look."""

    WARNING = "warning"
    SEVERE = "severe"  # at once: its notice passes quiet hours


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong at one look.

    `key` stays the same as long as it is the same problem; `text` is one English sentence of
    `hub/languages/en.toml`, section `said`. `told`: the door tells people of its beginning. `quiet`: somebody
    meant it so, and nobody is told. `concerns`: the recipient whom it is about, and who therefore cannot be told.
    """

    key: str
    kind: Kind
    severity: Severity
    text: str
    door: str | None = None
    node: str | None = None
    told: bool = False
    quiet: bool = False
    concerns: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding that stands, and since when."""

    finding: Finding
    since: datetime

    @property
    def key(self) -> str:
        """The finding's."""
        return self.finding.key

    @property
    def severe(self) -> bool:
        """Whether somebody must look at once."""
        return self.finding.severity is Severity.SEVERE

"""What one look at the site brings home: measured at the rim (`gather`), judged elsewhere."""

from dataclasses import dataclass
from datetime import datetime

from maskgate.messages import Availability, NodeHealth


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """A configured node; `heard_at` by the hub's clock, None where it never spoke. `told`: its door tells of faults."""

    node: str
    door: str
    availability: Availability | None = None
    health: NodeHealth | None = None
    heard_at: datetime | None = None
    told: bool = False


@dataclass(frozen=True, slots=True)
class LockFacts:
    """A door whose lock has a fault, in the door's own words."""

    door: str
    text: str


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """What does not get through to one recipient.

    tried: how often the waiting notice was tried that was tried most; given_up: how many were, in the last day.
    """

    recipient: str
    tried: int = 0
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class DiskFacts:
    """The file system of something that grows, in bytes."""

    path: str
    free: int
    total: int


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """A certificate that others see, or that we see: `whose` is `pages` or `broker`."""

    whose: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Facts:
    """The whole site at `at`.

    listening_since: when the broker was last reached; None while it is away. doors_tell: whether some door tells of
    faults of the whole site.
    """

    at: datetime
    listening_since: datetime | None
    doors_tell: bool = False
    nodes: tuple[NodeFacts, ...] = ()
    locks: tuple[LockFacts, ...] = ()
    channels: tuple[ChannelFacts, ...] = ()
    disks: tuple[DiskFacts, ...] = ()
    certificates: tuple[CertificateFacts, ...] = ()
    #: Whether a time server sets this machine's clock; None where that cannot be known.
    clock_set: bool | None = None

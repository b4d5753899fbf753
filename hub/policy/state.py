"""A door's state as the policy keeps it: plain, frozen, and the same in memory and in the store."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

from hub.config import SafeState
from hub.policy.translations import Phrase
from maskgate.messages import Contact, Counters, Decision, DisplayKind, Entry, LockAction, LockState, Mode, Sound
from maskgate.states import MaskState

#: How many passages a door remembers. A revision comes while its person is still there, so few are enough;
#: of older ones the store still knows the newest revision.
REMEMBERED_PASSAGES = 64
#: Claims under one hold: the people at one door at one time, and then some.
CLAIMS = 32
#: Commands remembered so that none acts twice; they are refused by age soon after.
REMEMBERED_COMMANDS = 64


class FaultKind(StrEnum):
    """What may not work. The first three are a node's; the others are the site's."""

    NODE = "node"
    CAMERA = "camera"
    DETECTOR = "detector"
    BROKER = "broker"
    DATABASE = "database"
    HOMEASSISTANT = "homeassistant"


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """Something that does not work: a node's part, or one that the whole site needs (`source` is "hub")."""

    source: str
    kind: FaultKind
    text: str
    orderly: bool = False  # somebody meant it so: a problem, but nobody is called


class HoldKind(StrEnum):
    """Why the entry stands against its rule."""

    GRANT = "grant"  # unlocked for somebody who may enter
    DENY = "deny"  # locked because of somebody who may not


@dataclass(frozen=True, slots=True)
class Claim:
    """One passage's part in a hold."""

    passage: str
    node: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """The entry stands against its rule for as long as one claim lasts."""

    kind: HoldKind
    claims: tuple[Claim, ...]

    @property
    def until(self) -> datetime:
        """When the last claim ends."""
        return max(claim.until for claim in self.claims)


@dataclass(frozen=True, slots=True)
class ByHand:
    """A person holds the entry: by a plain command, or by an override with a reason."""

    action: LockAction
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Outstanding:
    """A lock command whose answer is due until `deadline`."""

    id: str
    action: LockAction
    sent_at: datetime
    deadline: datetime
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Cut:
    """No command gets out. `stood` is where the lock had to stand when that began; None: it was on its way."""

    stood: LockAction | None
    safe: SafeState | None = None  # what faults called for then


@dataclass(frozen=True, slots=True)
class Shown:
    """What displays show until `until`; a person's own `text`, or a `phrase`, takes the place of the kind's words."""

    kind: DisplayKind
    until: datetime
    text: str | None = None
    phrase: Phrase | None = None


@dataclass(frozen=True, slots=True)
class Sounding:
    """A person sounds the displays, or (`none`) silences them, until `until`."""

    sound: Sound
    until: datetime


@dataclass(frozen=True, slots=True)
class Tuned:
    """A time of the policy that a person set, in seconds, and the configured one that it stands for."""

    name: str
    value: float
    instead_of: float | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A passage that was taken in: its newest revision, and what it was counted as."""

    passage: str
    node: str
    revision: int
    person: bool = False
    violation: bool = False
    late: bool = False
    refused: bool = False  # the last word on it was a denial
    state: MaskState | None = None  # the last word itself, where it counted
    at: datetime | None = None  # when that came


@dataclass(frozen=True)  # without slots: see `hub.policy.evolve`
class Machine:
    """Everything the policy knows of one door."""

    mode: Mode
    configured_mode: Mode  # by configuration and schedule; when it changes, it wins over a mode set before
    day: str  # of `counters`, YYYY-MM-DD by the site's calendar
    entry: Entry = Entry.OPEN  # by configuration and schedule
    counters: Counters = field(default_factory=Counters)
    counting_since: datetime | None = None  # when `counters` began; None: it is not noted, so at midnight
    lock: LockState = LockState.UNKNOWN  # as last measured, or JAMMED
    sure: bool = False  # `lock` was heard live, not from a retained message
    contact: Contact | None = None
    outstanding: Outstanding | None = None
    cut: Cut | None = None
    settle_at: datetime | None = None  # the entry goes to where it should be then: after a start, after a cut
    hold: Hold | None = None
    by_hand: ByHand | None = None
    emergency: bool = False
    last: Decision | None = None
    shown: Shown | None = None
    message: Shown | None = None
    sounding: Sounding | None = None
    tuned: tuple[Tuned, ...] = ()
    present: tuple[str, ...] = ()  # the nodes that see somebody
    lock_fault: str | None = None
    faults: tuple[Fault, ...] = ()
    tell_at: datetime | None = None  # the faults that stand then are told to people
    tell_away_at: datetime | None = None  # and then, that Home Assistant is away
    offences: tuple[datetime, ...] = ()  # when people were refused, where refusals in a row matter
    acknowledged: tuple[str, ...] = ()
    seen: tuple[Seen, ...] = ()
    heard: tuple[str, ...] = ()  # fingerprints of commands

    def moments(self) -> Iterator[datetime]:
        """Yield the times at which something ends by itself."""
        if self.outstanding:
            yield self.outstanding.deadline
        if self.hold:
            yield from (claim.until for claim in self.hold.claims)
        for part in (self.by_hand, self.shown, self.message, self.sounding):
            if part:
                yield part.until
        for moment in (self.settle_at, self.tell_at, self.tell_away_at):
            if moment:
                yield moment

    def recall(self, passage: str, node: str) -> Seen | None:
        """Return what is remembered of a passage."""
        for seen in self.seen:
            if seen.passage == passage and seen.node == node:
                return seen
        return None


_ADAPTER = TypeAdapter(Machine)


def to_json(machine: Machine) -> str:
    """Return the machine as JSON."""
    return _ADAPTER.dump_json(machine).decode()


def from_document(document: dict[str, Any]) -> Machine:
    """Read what `to_json` wrote; raises `pydantic.ValidationError`."""
    return _ADAPTER.validate_python(document, strict=False)

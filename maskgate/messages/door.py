"""What the hub says of a door, and what people, dashboards and locks say to it."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from maskgate.ids import EventId, Slug
from maskgate.messages.base import Command, Message, Timestamp
from maskgate.states import DecisionKind, MaskState


class Mode(StrEnum):
    """How strict the rule is: `off` only counts, `soft` also shows and tells, `hard` also moves the lock."""

    OFF = "off"
    SOFT = "soft"
    HARD = "hard"


class Entry(StrEnum):
    """How the door stands when nobody is there."""

    OPEN = "open"  # unlocked by rule; a violation closes it
    CONTROLLED = "controlled"  # locked by rule; a mask opens it


class LockState(StrEnum):
    """The lock as measured, in Home Assistant's words. The two -ING states: commanded, feedback still due."""

    LOCKED = "LOCKED"
    LOCKING = "LOCKING"
    UNLOCKED = "UNLOCKED"
    UNLOCKING = "UNLOCKING"
    JAMMED = "JAMMED"
    UNKNOWN = "UNKNOWN"


class LockAction(StrEnum):
    """What a lock is told. Both concern entry alone; exit is hardware's business (S4)."""

    LOCK = "lock"
    UNLOCK = "unlock"


class Contact(StrEnum):
    """The door leaf as its contact measures it."""

    OPEN = "open"
    CLOSED = "closed"


class EventType(StrEnum):
    """What happened at a door, as Home Assistant's event entity names it."""

    GRANTED = "granted"
    DENIED = "denied"  # no mask
    IMPROPER = "improper"  # a mask worn wrongly
    UNCERTAIN = "uncertain"
    LATE = "late"  # recorded too late to act on
    OVERRIDE = "override"
    EMERGENCY = "emergency"
    FAULT = "fault"


class Decision(Message):
    """What the hub did about a verdict, a command or a fault; one message each."""

    id: EventId
    door: Slug
    at: Timestamp
    event_type: EventType
    decision: DecisionKind
    mode: Mode
    entry: Entry | None = Field(default=None, description="With `mode`, the policy that stood then.")
    text: str = Field(max_length=255, description="The reason, in words for people.")
    passage: EventId | None = None
    revision: int | None = None
    node: Slug | None = None
    state: MaskState | None = None
    confidence: float | None = None
    faces_in_view: int | None = None
    seen_to: Timestamp | None = None
    by: str | None = Field(default=None, max_length=80, description="Who commanded it, where that is known.")
    severe: bool = Field(default=False, description="A person should look at once: it passes every cooldown.")
    test: bool = Field(default=False, description="Nobody stood there: a person tried out displays and automations.")


class Counters(BaseModel):
    """People and violations at a door since midnight, site time. A person counts once, however often revised."""

    model_config = ConfigDict(frozen=True)

    people: int = Field(default=0, ge=0)
    violations: int = Field(default=0, ge=0)
    late: int = Field(default=0, ge=0)


class Times(BaseModel):
    """How long the entry stands against its rule, in seconds; by configuration, or as a person set it since."""

    model_config = ConfigDict(frozen=True)

    grant_hold: float = Field(gt=0, le=600, description="Unlocked for a mask.")
    deny_hold: float = Field(gt=0, le=600, description="An open entry stays locked.")
    relock_after_close: float | None = Field(
        default=None, ge=0, le=60, description="After the leaf closed behind somebody; null: the hold alone."
    )


class DoorState(Message):
    """A door as it stands; retained."""

    door: Slug
    name: str
    at: Timestamp
    mode: Mode
    entry: Entry
    lock: LockState
    contact: Contact | None = None
    last: Decision | None = None
    until: Timestamp | None = Field(default=None, description="When the door goes back to its rule by itself.")
    emergency: bool = False
    problem: str | None = Field(default=None, max_length=255, description="What a person must look at, or null.")
    counters: Counters = Counters()
    counting_since: Timestamp | None = Field(
        default=None, description="Since when they count: the site's midnight, or later where they were erased or lost."
    )
    occupied: bool | None = Field(default=None, description="Somebody is before a camera; null: no camera can tell.")
    times: Times | None = None


class DisplayKind(StrEnum):
    """What a display at a door has to say."""

    IDLE = "idle"
    WELCOME = "welcome"
    MASK_REQUIRED = "mask_required"
    COVER_NOSE = "cover_nose"
    LOOK_HERE = "look_here"  # uncertain
    DENIED = "denied"
    MESSAGE = "message"  # words that a person sent
    EMERGENCY = "emergency"
    OUT_OF_SERVICE = "out_of_service"


class Sound(StrEnum):
    """What a display sounds like."""

    NONE = "none"
    OK = "ok"
    WARNING = "warning"
    ALARM = "alarm"


class Language(StrEnum):
    """What displays and mails can speak."""

    EN = "en"
    ES = "es"
    DE = "de"
    FR = "fr"
    ZH = "zh"  # simplified characters
    AR = "ar"  # from right to left


LanguageTag = Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")]


class Words(BaseModel):
    """What a display says in one language."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    language: LanguageTag
    title: str = Field(max_length=60)
    text: str = Field(max_length=255)
    short: str = Field(default="", max_length=32, description="All of it in one line, for text and e-paper displays.")


class Display(Message):
    """What a display shows; retained. Small displays need nothing else."""

    door: Slug
    at: Timestamp
    kind: DisplayKind
    title: str = Field(max_length=60)
    text: str = Field(max_length=255)
    short: str = Field(default="", max_length=32, description="All of it in one line, for text and e-paper displays.")
    language: LanguageTag
    also: tuple[Words, ...] = Field(
        default=(), max_length=3, description="The same in more languages: a screen shows them by turns."
    )
    sound: Sound = Sound.NONE
    until: Timestamp | None = Field(default=None, description="Show `idle` after this; null stays.")

    @property
    def words(self) -> tuple[Words, ...]:
        """What it says, in every language it says it in, the door's first one first."""
        return (Words(language=self.language, title=self.title, text=self.text, short=self.short), *self.also)


class Feedback(Message):
    """The lock and the door contact as an actuator measures them."""

    lock: LockState | None = None
    contact: Contact | None = None
    command: EventId | None = Field(default=None, description="The lock command this answers, where known.")


class LockOrder(Command):
    """A command to whoever moves the lock of a door. Never obeyed after `expires_at`, nor twice for one id (S2)."""

    id: EventId
    action: LockAction
    expires_at: Timestamp


class DoorCommand(Command):
    """A command to a door: refused when retained, or older than the door's `max_age` (S1)."""


class SetLock(DoorCommand):
    """Lock or unlock by hand, for as long as a manual command holds."""

    action: LockAction


class SetMode(DoorCommand):
    """Change the mode until it is changed again."""

    mode: Mode


class ShowMessage(DoorCommand):
    """Show words on the displays."""

    text: str = Field(min_length=1, max_length=255)
    seconds: float = Field(default=30, gt=0, le=86_400)


class Acknowledge(DoorCommand):
    """A person has seen the door's problem."""


class Override(DoorCommand):
    """Hold the entry open or shut whatever the policy says, or end that."""

    action: Literal["lock", "unlock", "end"]
    reason: str = Field(max_length=255)
    seconds: float = Field(default=300, gt=0, le=86_400)


class Emergency(DoorCommand):
    """Release the entry until it is reset. Wins over everything (S5)."""

    active: bool


class SetTimes(DoorCommand):
    """Change hold times; what is left out stays. A new value in the configuration wins over it."""

    grant_hold: float | None = Field(default=None, gt=0, le=600)
    deny_hold: float | None = Field(default=None, gt=0, le=600)
    relock_after_close: float | None = Field(default=None, ge=0, le=60)


class TestDenial(DoorCommand):
    """Show a denial and announce it, to try out displays and automations. It counts nothing and moves no lock."""

    __test__ = False  # its name is a door's word, not a runner's


class SetSound(DoorCommand):
    """Sound the displays for a while, or (`none`) silence them."""

    sound: Sound
    seconds: float = Field(default=10, gt=0, le=600)

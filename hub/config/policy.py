"""The rule of a door, as `hub.yaml` says it."""

import datetime as dt
import re
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from maskgate.config import Section
from maskgate.explain import FieldError
from maskgate.messages import Entry, Mode
from maskgate.states import MaskState


class UncertainRule(StrEnum):
    """What becomes of somebody whom the camera could not judge. Nobody is let in on it, whatever stands here (S8)."""

    OBSERVE = "observe"  # noted and asked to look here; the lock stays as it is
    DENY = "deny"  # kept out like a violation, but neither counted nor reported as one


class Group(StrEnum):
    """Whom a mask lets in where several people stand at a controlled entry."""

    EACH = "each"  # everybody for himself
    NOBODY_BARE = "nobody_bare"  # nobody in while somebody bare was seen within the window
    EVERYBODY = "everybody"  # also nobody in while a face in view has not been judged


class SafeState(StrEnum):
    """How a door stands while something that the rule needs does not work."""

    REST = "rest"  # as when nobody is there: a grant ends at once, and there is no new one
    LOCK = "lock"
    UNLOCK = "unlock"
    KEEP = "keep"  # what holds the entry lasts as long as it was to; no new grant


class SafeStates(Section):
    """The safe state for each kind of fault (S3). It applies in `hard`; people and the emergency still win."""

    node: SafeState = Field(default=SafeState.REST, title="Node", description="The board is off, hung or unreachable.")
    camera: SafeState = Field(
        default=SafeState.REST, title="Camera", description="No picture, or a black, frozen or covered one."
    )
    detector: SafeState = Field(default=SafeState.REST, title="Detector", description="Faces are not looked for.")
    broker: SafeState = Field(
        default=SafeState.REST,
        title="Broker",
        description="Nothing gets out before it is back: keep lets a grant run out, the others end it.",
    )
    database: SafeState = Field(
        default=SafeState.REST,
        title="Database",
        description="The store takes nothing: the lock is told all the same, once, without a record.",
    )
    homeassistant: SafeState = Field(
        default=SafeState.KEEP, title="Home Assistant", description="It is down, and the lock is one that it moves."
    )


class Repeat(Section):
    """When refusals in a row become a grave matter: they are reported at once and keep an open entry shut longer."""

    count: int = Field(default=3, ge=2, le=20, title="Count", description="So many people refused ...")
    within: float = Field(default=600, gt=0, le=86_400, title="Within", description="... in so many seconds.")
    hold: float = Field(default=60, gt=0, le=3600, title="Hold", description="Seconds that an open entry stays locked.")


def _read_time(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-4]):[0-5]\d", value) or value > "24:00":
        raise ValueError('is no time of day; write one from "00:00" to "24:00", in quotes')
    return value


#: A time of day by the site's clock, HH:MM.
TimeOfDay = Annotated[str, BeforeValidator(_read_time)]

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"]


class TimeRule(Section):
    """Part of a weekly schedule.

    A time that the clock skips counts as if the clock had not been changed yet (02:30 becomes 03:30); of one that
    comes twice the first counts. That is what calendars (RFC 5545) do.
    """

    days: frozenset[Day] = Field(
        min_length=1,
        title="Days",
        description="mon ... sun, and holiday. On a holiday only the rules that name holiday apply.",
    )
    start: TimeOfDay = Field(default="00:00", alias="from", title="From", description="Time of day, site time.")
    end: TimeOfDay = Field(
        default="24:00", alias="to", title="To", description="An end at or before the start lies on the next day."
    )
    mode: Mode | None = Field(default=None, title="Mode", description="The policy's own when left out.")
    entry: Entry | None = Field(default=None, title="Entry", description="The policy's own when left out.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.mode is None and self.entry is None:
            raise ValueError("changes nothing; add mode or entry")
        if self.start == "24:00":
            raise FieldError((("from",), "'24:00' ends a day; write \"00:00\" of the next"))
        return self


class Holidays(Section):
    """The public holidays of the site."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = Field(
        default=None, title="Country", description="Two letters, such as ES; none: only the dates below."
    )
    subdivision: str | None = Field(default=None, title="Region", description="Such as MD, where holidays differ.")
    extra: frozenset[dt.date] = Field(default=frozenset(), title="More", description="Dates that are holidays too.")
    working: frozenset[dt.date] = Field(default=frozenset(), title="Less", description="Dates that are no holidays.")

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.country is None:
            if self.subdivision is not None:
                raise FieldError((("subdivision",), "is of no country; add country"))
            return self
        from holidays import list_supported_countries  # a third of a second that most sites need not wait for

        known = list_supported_countries(include_aliases=False)
        if self.country not in known:
            raise FieldError(
                (("country",), f"{self.country!r} has no holidays that are known; leave it out and list them as extra")
            )
        if self.subdivision is not None and self.subdivision not in known[self.country]:
            names = ", ".join(known[self.country]) or "none"
            raise FieldError(
                (("subdivision",), f"{self.subdivision!r} is no region of {self.country}; write one of {names}")
            )
        return self


class DoorPolicy(Section):
    """The rule of a door."""

    mode: Mode = Field(default=Mode.SOFT, title="Mode", description="off counts; soft tells; hard moves the lock.")
    entry: Entry = Field(default=Entry.OPEN, title="Entry", description="open: unlocked by rule; controlled: locked.")
    violations: frozenset[Literal[MaskState.NO_MASK, MaskState.INCORRECT]] = Field(
        default=frozenset({MaskState.NO_MASK, MaskState.INCORRECT}),
        title="Violations",
        description="What may not enter.",
        min_length=1,
    )
    uncertain: UncertainRule = Field(
        default=UncertainRule.OBSERVE, title="Uncertain", description="observe or deny; never a reason to let in."
    )
    group: Group = Field(
        default=Group.NOBODY_BARE, title="Group", description="each, nobody_bare or everybody (no tailgating)."
    )
    group_window: float = Field(
        default=5, ge=0, le=120, title="Group window", description="Seconds that a face is taken to be still there."
    )
    grant_hold: float = Field(default=5, gt=0, le=600, title="Grant hold", description="Seconds unlocked for a mask.")
    deny_hold: float = Field(
        default=10, gt=0, le=600, title="Deny hold", description="Seconds that an open entry stays locked."
    )
    relock_after_close: float | None = Field(
        default=None,
        ge=0,
        le=60,
        title="Relock after close",
        description="Seconds after the door leaf closed behind somebody; needs a door contact. None: the hold alone.",
    )
    manual_hold: float = Field(
        default=30, ge=30, le=3600, title="Manual hold", description="Seconds that a command by hand stands."
    )
    max_age: float = Field(
        default=5, gt=0, le=60, title="Greatest age", description="Seconds; an older verdict moves nothing."
    )
    repeat: Repeat | None = Field(default=None, title="Repeat", description="Refusals in a row; none: all are alike.")
    nodes_needed: int = Field(
        default=1, ge=1, le=16, title="Nodes needed", description="With fewer that see, the door is in its safe state."
    )
    safe: SafeStates = Field(default=SafeStates(), title="Safe states", description="By what is at fault.")
    schedule: tuple[TimeRule, ...] = Field(
        default=(), title="Schedule", description="Of several rules that apply the last counts; of none, the policy's."
    )

"""Who is told of what, when and in which language, as `hub.yaml` says it."""

from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from hub.config.policy import Day, TimeOfDay
from maskgate.config import Secret, Section
from maskgate.ids import Slug
from maskgate.messages import Language

About = Literal["violation", "fault", "emergency"]
_EVERY_DAY: frozenset[Day] = frozenset(get_args(Day))


class QuietHours(Section):
    """When somebody is not to be disturbed; by the site's clock, changes of the clock as in a schedule."""

    days: frozenset[Day] = Field(
        default=_EVERY_DAY,
        min_length=1,
        title="Days",
        description="The days on which it begins. On a holiday only the rules that name holiday apply.",
    )
    start: TimeOfDay = Field(alias="from", title="From", description="Time of day, site time.")
    end: TimeOfDay = Field(alias="to", title="To", description="An end at or before the start lies on the next day.")

    @model_validator(mode="after")
    def _begins(self) -> Self:
        if self.start == "24:00":
            raise ValueError("from must be before 24:00; write 00:00 of the next day")
        return self


class Recipient(Section):
    """Somebody who is told, through any service that Apprise knows."""

    id: Slug = Field(title="Id", description="A short name, for escalations and commands.")
    url: Secret = Field(title="Apprise address", description="For example mailtos://user:password@example.org")
    doors: tuple[Slug, ...] | None = Field(default=None, title="Doors", description="All when left out.")
    about: frozenset[About] = Field(
        default=frozenset(get_args(About)),
        title="About",
        description="What this one is told of at once; [] for one who gets escalations or summaries alone.",
    )
    cooldown: float = Field(
        default=300,
        ge=0,
        le=86_400,
        title="Cooldown",
        description="Seconds; what comes in between is counted.",
    )
    language: Language | None = Field(
        default=None,
        title="Language",
        description="Of words, dates and numbers; the site's when left out.",
    )
    quiet: tuple[QuietHours, ...] = Field(
        default=(), title="Quiet hours", description="What comes then is held back and told after, in one digest."
    )
    quiet_passes: Literal["severe", "nothing"] = Field(
        default="severe", title="Passes quiet hours", description="severe: what a person must look at; nothing."
    )
    summaries: frozenset[Literal["daily", "weekly"]] = Field(
        default=frozenset(), title="Summaries", description="Of people, violations and how many kept the rule."
    )
    pictures: bool = Field(
        default=False,
        title="Pictures",
        description="Show whoever was refused, where keep_evidence is on and a node sends pictures.",
    )


class Escalation(Section):
    """Whom else to tell when nobody has acknowledged a notice at the door in time."""

    after: float = Field(gt=0, le=86_400, title="After", description="Seconds without an acknowledgement.")
    to: tuple[Slug, ...] = Field(min_length=1, title="To", description="The recipients who are told then, by id.")
    about: frozenset[About] = Field(
        default=frozenset({"fault", "emergency"}), min_length=1, title="About", description="What is escalated."
    )
    doors: tuple[Slug, ...] | None = Field(default=None, title="Doors", description="All when left out.")


class Notices(Section):
    """Who is told of refusals, faults and emergencies."""

    recipients: tuple[Recipient, ...] = Field(
        default=(), title="Recipients", description="Each has one address, so that each notice has one fate."
    )
    escalation: tuple[Escalation, ...] = Field(
        default=(), title="Escalation", description="Steps, each counted from the first notice; none: nobody else."
    )
    give_up_after: float = Field(
        default=86_400,
        gt=0,
        title="Give up after",
        description="Seconds of trying before a notice is failed.",
    )
    language: Language | None = Field(
        default=None, title="Language", description="Of all who have none of their own; the site's when left out."
    )
    summary_at: TimeOfDay = Field(
        default="07:00", title="Summaries at", description="Time of day, site time; weekly ones come on Mondays."
    )

    @model_validator(mode="after")
    def _summary_on_its_day(self) -> Self:
        if self.summary_at == "24:00":
            raise ValueError("summary_at must be before 24:00; write 00:00")
        return self

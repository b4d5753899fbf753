"""What the policy is given beside the door's state, and what comes out of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from hub.config import Door, HubConfig
from hub.policy.calendar import Calendar, holiday_test
from hub.policy.evolve import replace
from hub.policy.state import Machine
from maskgate.ids import new_id
from maskgate.messages import Decision, EventType, Language, LockAction
from maskgate.states import DecisionKind

#: No lock command is sent later than this after it was decided, in seconds, however slow the lock may answer.
COMMAND_LIFE_S = 5.0


@dataclass(frozen=True, slots=True)
class Rules:
    """A door's configuration, the days that its counters follow, its schedule, where ids come from, what it speaks."""

    door: Door
    zone: ZoneInfo
    calendar: Calendar
    new_id: Callable[[datetime], str] = new_id
    languages: tuple[Language, ...] = (Language.EN,)

    @classmethod
    def of(cls, config: HubConfig, door: Door, new_id: Callable[[datetime], str] = new_id) -> Self:
        """Return the rules of one door of a site."""
        calendar = Calendar(door.policy, config.zone, holiday_test(config.holidays))
        return cls(door, config.zone, calendar, new_id, config.languages(door))

    def day(self, now: datetime) -> str:
        """Return the site's date at `now`, YYYY-MM-DD."""
        return now.astimezone(self.zone).date().isoformat()

    def midnight(self, day: str) -> datetime:
        """Return when a day of the site begins."""
        return datetime.combine(date.fromisoformat(day), time(), self.zone).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class LockCommand:
    """Move the lock; never after `expires_at`, never twice for one id (S2)."""

    id: str
    action: LockAction
    sent_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision and where it goes besides the store."""

    decision: Decision
    announce: bool = True  # publish it: automations may act on it
    tell: bool = False  # a person may have to be told of it


@dataclass(frozen=True, slots=True)
class Outcome:
    """The door's next state and what must happen with it. The documents follow from the state alone."""

    state: Machine
    command: LockCommand | None = None
    decided: tuple[Decided, ...] = ()


def seconds(value: float) -> timedelta:
    """Say a duration."""
    return timedelta(seconds=value)


def note(
    rules: Rules,
    state: Machine,
    now: datetime,
    event: EventType,
    text: str,
    *,
    tell: bool = False,
    severe: bool = False,
) -> tuple[Machine, Decided]:
    """Write down what happened that was no verdict, as the door's last decision."""
    decision = Decision(
        id=rules.new_id(now), door=rules.door.id, at=now, event_type=event, decision=DecisionKind.OBSERVE,
        mode=state.mode, entry=state.entry, text=text[:255], severe=severe,
    )  # fmt: skip
    return replace(state, last=decision), Decided(decision, tell=tell)

"""When a notice goes out: cooldown, digest, back-off. Pure: rows and a clock in, what to do out.

The cooldown runs by when things happened, not by when a mail got through. So a flood is folded the same way whether
the mail server is up, slow or down, and what an outage held back still goes out, each notice once (N1, N2).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.notices.plan import is_step

#: Kinds that no cooldown holds back: a person caused each, and each changes what must be done.
NEVER_SUPPRESSED = frozenset({"emergency", "emergency-severe"})

FIRST_PAUSE_S, LAST_PAUSE_S = 5.0, 600.0


@dataclass(frozen=True, slots=True)
class Group:
    """What one cooldown covers."""

    recipient: str
    door: str
    kind: str


@dataclass(frozen=True, slots=True)
class Opener:
    """The latest notice of a group that was not suppressed: its cooldown runs from `created_at`."""

    id: str
    created_at: datetime
    passage: str | None = None
    pending: bool = False  # an escalation that still waits for somebody to acknowledge


@dataclass(frozen=True, slots=True)
class Fresh:
    """A waiting notice that is not sorted yet."""

    seq: int
    id: str
    group: Group
    created_at: datetime
    passage: str | None = None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class Triage:
    """What becomes of fresh notices.

    `suppressed`: id, and the notice that tells of the same, if any. `carriers`: to be sent; each also reports what
    its group suppressed before it. `held`: ids of those that came in quiet hours.
    """

    suppressed: tuple[tuple[str, str | None], ...]
    carriers: tuple[Fresh, ...]
    held: tuple[str, ...] = ()


def triage(
    fresh: Iterable[Fresh],
    openers: Mapping[Group, Opener],
    cooldowns: Mapping[str, float],
    is_quiet: Callable[[Fresh], bool] = lambda _notice: False,
) -> Triage:
    """Sort fresh notices, in the order of their `seq`; `cooldowns` are seconds by recipient.

    An escalation joins one of its group that waits already, and else waits itself, whatever the hour: it is told when
    it is due, or acknowledged before.
    """
    latest = dict(openers)
    suppressed: list[tuple[str, str | None]] = []
    carriers: list[Fresh] = []
    held: list[str] = []
    for notice in fresh:
        opener = latest.get(notice.group)
        if is_step(notice.group.kind):
            if opener is not None and opener.pending:
                suppressed.append((notice.id, opener.id))
            else:
                carriers.append(notice)
                latest[notice.group] = Opener(notice.id, notice.created_at, notice.passage, pending=True)
            continue
        if is_quiet(notice):
            held.append(notice.id)
            continue
        cooldown = cooldowns.get(notice.group.recipient, 0.0)
        unfolded = notice.group.kind in NEVER_SUPPRESSED
        if opener is None or unfolded or is_over(opener, cooldown, notice.created_at):
            carriers.append(notice)
            latest[notice.group] = Opener(notice.id, notice.created_at, notice.passage)
        else:
            same_person = (notice.revision or 1) > 1 and notice.passage == opener.passage
            suppressed.append((notice.id, opener.id if same_person else None))
    return Triage(tuple(suppressed), tuple(carriers), tuple(held))


def is_over(opener: Opener, cooldown: float, moment: datetime) -> bool:
    """Whether the cooldown has passed. A clock that was set back by more than it must not silence anybody."""
    return abs((moment - opener.created_at).total_seconds()) >= cooldown


def cooldown_end(opener: Opener, cooldown: float) -> datetime:
    """When the group may be heard again: the moment of its digest, if something was suppressed."""
    return opener.created_at + timedelta(seconds=cooldown)


def people(facts: Sequence[Mapping[str, Any]], told: str | None = None) -> int:
    """Count the people behind suppressed notices: a later revision is no second person.

    `told` is the passage that the carrying notice itself is about.
    """
    seen, count = {told} - {None}, 0
    for fact in facts:
        passage = fact.get("passage")
        if (fact.get("revision") or 1) > 1 and passage in seen:
            continue
        seen.add(passage)
        count += 1
    return count


def next_try(created_at: datetime, now: datetime, attempts: int, give_up_after: float) -> datetime | None:
    """Return when a notice that failed for the `attempts`-th time is tried again; None: never.

    The pauses double from 5 s to 10 min; the last try falls on the moment of giving up.
    """
    end = created_at + timedelta(seconds=give_up_after)
    if now >= end:
        return None
    pause = min(FIRST_PAUSE_S * 2 ** min(attempts - 1, 16), LAST_PAUSE_S)
    return min(now + timedelta(seconds=pause), end)

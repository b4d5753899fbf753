"""What the watch reads and writes of the notices: channels that fail, and what people were told before."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from hub.config import HubConfig, Recipient
from hub.notices.plan import FAULT, SEVERE, NoticeRow, Status
from hub.store.schema import notices
from hub.store.write import put_notices
from hub.watch.facts import ChannelFacts
from hub.watch.problem import Finding, Kind, Problem, Severity
from maskgate.clock import rfc3339
from maskgate.ids import new_id

#: What the kinds of these notices begin with. Each problem has one of its own: no cooldown folds two of them.
SITE = "site-"
#: How long it is said that notices were given up.
GIVEN_UP_FOR = timedelta(days=1)


def channels(conn: Connection, config: HubConfig, now: datetime) -> tuple[ChannelFacts, ...]:
    """Return what does not get through, by configured recipient."""
    table = notices.c
    tried: dict[str, int] = dict(
        conn.execute(
            select(table.recipient, func.max(table.attempts))
            .where(table.status == Status.WAITING, table.attempts > 0)
            .group_by(table.recipient)
        )
        .tuples()
        .all()
    )
    given_up: dict[str, int] = dict(  # the last try of what was given up stands where the next would
        conn.execute(
            select(table.recipient, func.count())
            .where(table.status == Status.FAILED, table.next_try > now - GIVEN_UP_FOR)
            .group_by(table.recipient)
        )
        .tuples()
        .all()
    )
    ids = [recipient.id for recipient in config.notices.recipients]
    return tuple(ChannelFacts(one, tried.get(one, 0), given_up.get(one, 0)) for one in ids)


def tell(tx: Connection, config: HubConfig, told: Sequence[Problem], now: datetime, *, over: bool) -> None:
    """Put a notice of each problem's beginning or end into the queue, for everybody whom it concerns.

    Nobody is told twice in a row of a beginning, or of an end: another hub, or the last run, may have done so.
    """
    for problem in told:
        kind = _kind(problem, over=over)
        for recipient in config.notices.recipients:
            if _is_told(recipient, problem):
                last = _last(tx, recipient.id, kind)
                if last is None or last.get("over") != over or (problem.severe and not last.get("severe")):
                    put_notices(tx, [asdict(_row(config, recipient, problem, kind, now, over=over))])


def standing(conn: Connection) -> list[Problem]:
    """Return the problems of which people were told, and not yet that they are over."""
    table = notices.c
    rows = conn.execute(select(table.facts).where(table.kind.like(f"{SITE}%")).order_by(table.seq))
    last = {facts["key"]: facts for (facts,) in rows}
    return [_problem(facts) for facts in last.values() if not facts["over"]]


def _kind(problem: Problem, *, over: bool) -> str:
    """Return the kind of a problem's notices; that all is well again can wait for the end of quiet hours."""
    mark = hashlib.sha256(problem.key.encode()).hexdigest()[:16]
    return f"{SITE}{mark}{SEVERE if problem.severe and not over else ''}"


def _is_told(recipient: Recipient, problem: Problem) -> bool:
    """Whether a recipient is told: of a door's problem, who is told of that door."""
    door = problem.finding.door
    here = door is None or recipient.doors is None or door in recipient.doors
    return FAULT in recipient.about and here and recipient.id != problem.finding.concerns


def _last(conn: Connection, recipient: str, kind: str) -> dict[str, object] | None:
    table = notices.c
    facts: dict[str, object] | None = conn.scalar(
        select(table.facts)
        .where(table.recipient == recipient, table.kind.like(f"{kind.removesuffix(SEVERE)}%"))
        .order_by(table.seq.desc())
        .limit(1)
    )
    return facts


def _row(
    config: HubConfig, recipient: Recipient, problem: Problem, kind: str, now: datetime, *, over: bool
) -> NoticeRow:
    finding = problem.finding
    names = {door.id: door.name for door in config.doors}
    notice = new_id(now)
    facts = {
        "about": FAULT, "text": finding.text, "site": config.site, "door": finding.door or "",
        "door_name": names.get(finding.door or "", config.site), "at": rfc3339(now),
        "at_site": now.astimezone(config.zone).isoformat(timespec="seconds"), "zone": config.timezone, "mode": "off",
        "state": None, "count_today": 0, "passage": None, "node": finding.node, "revision": None,
        "key": finding.key, "problem": finding.kind.value, "severe": problem.severe, "since": rfc3339(problem.since),
        "over": over,
    }  # fmt: skip
    # It needs no sorting: it counts as itself.
    return NoticeRow(notice, recipient.id, finding.door or "", kind, now, facts, next_try=now, counted_in=notice)


def _problem(facts: dict[str, str]) -> Problem:
    severity = Severity.SEVERE if facts["severe"] else Severity.WARNING
    finding = Finding(
        facts["key"], Kind(facts["problem"]), severity, facts["text"], facts["door"] or None, facts["node"] or None
    )
    return Problem(finding, datetime.fromisoformat(facts["since"]))

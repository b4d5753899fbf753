"""What becomes of the rows before any of them is sent: sorted, folded into digests; summaries are added."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from hub.config import HubConfig
from hub.memory import Place
from hub.notices import queue, schedule
from hub.notices.plan import QUIET, NoticeRow
from hub.notices.quiet import Quiet
from hub.notices.summary import has_begun, latest
from hub.store.open import writing
from maskgate.clock import Clock
from maskgate.ids import new_id


class Sorter:
    """Sorts the queue of one site. Everything that must survive is in the rows."""

    def __init__(
        self, config: HubConfig, db: Engine, clock: Clock, quiet: Mapping[str, Quiet], place: Place | None = None
    ) -> None:
        """`place`: where several hubs share the store, which one this is. Then only the leader sorts."""
        self._config, self._db, self._clock, self._quiet, self._place = config, db, clock, quiet, place
        self._recipients = {recipient.id: recipient for recipient in config.notices.recipients}
        self._cooldowns = {recipient.id: recipient.cooldown for recipient in config.notices.recipients}
        self._summed: set[str] = set()  # the summaries that are in the queue

    def sort(self) -> bool:
        """One transaction of sorting; returns whether nothing new is left."""
        with self._db.connect() as conn:
            fresh = queue.fresh(conn)
            openers = {
                group: opener for group in {notice.group for notice in fresh} if (opener := queue.opener(conn, group))
            }
            silenced = queue.silenced(conn) if not fresh else []
            held = queue.held(conn) if not fresh else []
        now = self._clock.now()
        over = [name for name in held if name not in self._quiet or not self._quiet[name].until(now)]
        # What the digest after quiet hours tells needs none of its own; what is left is looked at in the next round.
        others = [(group, last) for group, last in silenced if group.recipient not in over]
        due = [(group, last) for group, last in others if self._digest_due(group, now)]
        if fresh or due or over:
            with writing(self._db) as conn:
                if not self._may(conn):
                    return True  # somebody else leads by now, and has sorted these
                found = schedule.triage(fresh, openers, self._cooldowns, lambda one: self._is_quiet(one, now))
                queue.apply(conn, found)
                for group, last in due:
                    queue.put_digest(conn, self._digest(group, queue.facts_of(conn, last), now))
                for name in over:
                    severe_too = name not in self._quiet or not self._quiet[name].severe_passes
                    queue.put_quiet_digest(conn, self._quiet_digest(name, now), severe_too=severe_too)
        return not (fresh or over)

    def _may(self, conn: Connection) -> bool:
        """Whether this hub sorts, and nobody else does until the transaction ends."""
        return self._place is None or self._place.holds(conn)

    def _is_quiet(self, notice: schedule.Fresh, now: datetime) -> bool:
        """Whether a notice came, or would go out, in its recipient's quiet hours."""
        quiet = self._quiet.get(notice.group.recipient)
        return quiet is not None and bool(
            quiet.holds(notice.group.kind, notice.created_at) or quiet.holds(notice.group.kind, now)
        )

    def _digest_due(self, group: schedule.Group, now: datetime) -> bool:
        if group.recipient not in self._recipients or self._quiet[group.recipient].holds(group.kind, now):
            return False
        with self._db.connect() as conn:
            opener = queue.opener(conn, group)
        return opener is None or schedule.is_over(opener, self._cooldowns[group.recipient], now)

    def _digest(self, group: schedule.Group, last: dict[str, Any], now: datetime) -> NoticeRow:
        facts = {**last, "digest": True, "passage": None, "revision": None}
        return _row(new_id(now), group, facts, now)

    def _quiet_digest(self, recipient: str, now: datetime) -> NoticeRow:
        facts = {"about": QUIET, "site": self._config.site}
        return _row(new_id(now), schedule.Group(recipient, "", QUIET), facts, now)

    def sum_up(self, now: datetime) -> None:
        """Put the summaries of days and weeks that are over into the queue, each once (its id says which it is)."""
        for recipient in self._recipients.values():
            for name in recipient.summaries:
                period = latest(name, now, self._config.zone, self._config.notices.summary_at)
                key = period.key(recipient.id)
                if key in self._summed:
                    continue
                facts = {
                    "about": name, "site": self._config.site, "first": period.first.isoformat(),
                    "last": period.last.isoformat(),
                }  # fmt: skip
                with self._db.connect() as conn:
                    if not has_begun(conn, period):
                        continue
                with writing(self._db) as conn:
                    if not self._may(conn):
                        return
                    queue.put_once(conn, _row(key, schedule.Group(recipient.id, "", name), facts, now))
                self._summed.add(key)

    def digests_due(self, now: datetime) -> list[datetime]:
        """Return when the digests come that cooldowns and quiet hours hold back now."""
        with self._db.connect() as conn:
            ends = [
                (group, schedule.cooldown_end(opener, self._cooldowns[group.recipient]))
                for group, _last in queue.silenced(conn)
                if group.recipient in self._cooldowns and (opener := queue.opener(conn, group))
            ]
        return [self._quiet[group.recipient].holds(group.kind, max(end, now)) or end for group, end in ends]


def _row(notice: str, group: schedule.Group, facts: dict[str, Any], now: datetime) -> NoticeRow:
    """Return a notice of our own making: it needs no sorting."""
    return NoticeRow(notice, group.recipient, group.door, group.kind, now, facts, next_try=now, counted_in=notice)

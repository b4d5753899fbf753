"""From a row to a letter: what it needs of the store beside its facts, and which language."""

import logging
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Row

from hub.config import HubConfig
from hub.notices import queue, render
from hub.notices.chart import ChartError, draw
from hub.notices.plan import SUMMARIES, VIOLATION
from hub.notices.sender import Letter
from hub.notices.summary import Report, gather

log = logging.getLogger(__name__)

#: Seconds that a notice waits for its picture, which a node sends after the verdict.
PICTURE_WAIT_S = 4.0


class Writer:
    """Writes the letters of one site."""

    def __init__(self, config: HubConfig, db: Engine) -> None:
        self._config, self._db = config, db
        self._recipients = {recipient.id: recipient for recipient in config.notices.recipients}

    def language(self, recipient: str) -> str:
        """Return the language of a recipient: their own, that of the notices, that of the site."""
        one = self._recipients.get(recipient)
        return (one and one.language) or self._config.notices.language or self._config.language

    def awaits_picture(self, notice: Row[Any], now: datetime) -> bool:
        """Whether the picture that belongs to a notice may still come. Never later than `PICTURE_WAIT_S`."""
        if not self._wants_picture(notice) or notice.attempts:
            return False
        waited = now - notice.created_at
        return timedelta() <= waited < timedelta(seconds=PICTURE_WAIT_S) and self._picture(notice) is None

    def write(self, notice: Row[Any], *, pictures: bool) -> Letter:
        """Put a notice into words; raises what a row of another version leads to. `pictures`: they get through."""
        language = self.language(notice.recipient)
        if notice.facts.get("about") in SUMMARIES:
            return self._summary(notice, language, pictures=pictures)
        with self._db.connect() as conn:
            carried = queue.carried(conn, notice.id)
        picture = self._picture(notice) if pictures and self._wants_picture(notice) else None
        return render.letter(notice.id, notice.facts, carried, language, picture)

    def _summary(self, notice: Row[Any], language: str, *, pictures: bool) -> Letter:
        first, last = (date.fromisoformat(notice.facts[name]) for name in ("first", "last"))
        recipient = self._recipients.get(notice.recipient)
        with self._db.connect() as conn:
            report = gather(conn, self._config, recipient.doors if recipient else None, first, last)
        chart = _chart(report) if pictures and any(hour.people for hour in report.hours) else None
        return render.summary(notice.id, notice.facts, report, language, chart)

    def _wants_picture(self, notice: Row[Any]) -> bool:
        """Whether somebody and something opted in: recipient, site, and a refusal with a passage (N4)."""
        recipient = self._recipients.get(notice.recipient)
        facts = notice.facts
        return (
            recipient is not None and recipient.pictures and self._config.keep_evidence
            and facts.get("about") == VIOLATION and bool(facts.get("passage")) and bool(facts.get("node"))
        )  # fmt: skip

    def _picture(self, notice: Row[Any]) -> bytes | None:
        with self._db.connect() as conn:
            return queue.picture(conn, notice.facts["passage"], notice.facts["node"])


def _chart(report: Report) -> bytes | None:
    try:
        return draw(report.hours)
    except ChartError as error:
        log.warning("a summary goes out without its chart: %s", error)
        return None

"""The thread that sends notices.

It holds no transaction while it talks to a server, so a hung one delays no decision (N3); all that must survive is
in the rows.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Row
from sqlalchemy.exc import SQLAlchemyError

from hub.config import HubConfig, Recipient
from hub.memory import Place
from hub.notices import queue, schedule
from hub.notices.plan import Status
from hub.notices.quiet import quiet_hours
from hub.notices.sender import AddressError, Sender, SendError
from hub.notices.sorter import Sorter
from hub.notices.writer import Writer
from hub.store.open import writing
from maskgate.clock import Clock
from maskgate.config import ConfigError

log = logging.getLogger(__name__)

#: Seconds; the queue is looked at at least this often, whatever the clock does and whoever else writes to it.
LONGEST_WAIT_S = 5.0
#: Seconds for which a recipient whose channel failed gets nothing else, so that a hung server is not asked for
#: every notice in turn.
CHANNEL_PAUSE_S = 30.0
#: Seconds between looks for a picture that is to come along.
PICTURE_STEP_S = 0.5


OpenSender = Callable[[Recipient], Sender]


def apprise_sender(recipient: Recipient) -> Sender:
    """Return the recipient's channel; raises `AddressError`."""
    from hub.notices.apprise_sender import AppriseSender

    return AppriseSender(recipient.url)


def open_senders(recipients: Iterable[Recipient], open_sender: OpenSender = apprise_sender) -> dict[str, Sender]:
    """Return the recipients' channels; raises `ConfigError` that names each bad address, without its secrets."""
    senders, faults = {}, []
    for recipient in recipients:
        try:
            senders[recipient.id] = open_sender(recipient)
        except AddressError as error:
            faults.append(f"notices.recipients.{recipient.id}.url: {error}")
    if faults:
        raise ConfigError("\n".join(faults))
    return senders


class Worker:
    """Sends the waiting notices of `config`'s recipients, one after another."""

    def __init__(
        self,
        config: HubConfig,
        db: Engine,
        clock: Clock,
        *,
        open_sender: OpenSender = apprise_sender,
        place: Place | None = None,
    ) -> None:
        """`place`: where several hubs share the store, which one this is. Then only the leader sorts and sends."""
        self._place = place
        self._config, self._db, self._clock, self._open = config, db, clock, open_sender
        self._recipients = {recipient.id: recipient for recipient in config.notices.recipients}
        self._quiet = quiet_hours(config)
        self._sorter, self._writer = Sorter(config, db, clock, self._quiet, place), Writer(config, db)
        self._senders: dict[str, Sender] = {}
        self._paused: dict[str, datetime] = {}
        self._failing: set[str] = set()
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def alive(self) -> bool:
        """Whether the thread runs; a supervisor watches this."""
        return self._thread is not None and self._thread.is_alive()

    def start(self) -> None:
        """Check the addresses and begin; raises `ConfigError` that names each bad one, without its secrets."""
        self._senders = open_senders(self._recipients.values(), self._open)
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="notices", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Say that there may be something to send; called after the transaction that added notices."""
        self._wake.set()

    def stop(self, timeout: float = 2.0) -> None:
        """End within `timeout` seconds. A letter that is under way stays in the queue, marked as tried."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        stumbled = False
        while not self._stopping.is_set():
            try:
                pause = self._round()
                stumbled = False
            except Exception:
                # Busy or broken storage, mostly: the rows are still there.
                if not stumbled:
                    log.exception("the notices could not be looked after; trying on")
                stumbled, pause = True, 1.0
            self._wake.wait(pause)
            self._wake.clear()

    def _round(self) -> float:
        """Sort what is new and send what is due; returns the seconds until the next look."""
        while not self._stopping.is_set():
            if self._place and not self._place.leads:
                return 1.0
            # In turn, so that neither a flood of refusals nor a slow server holds up the other.
            all_sorted = self._sorter.sort()
            now = self._clock.now()
            self._sorter.sum_up(now)
            self._paused = {name: end for name, end in self._paused.items() if now < end}
            with self._db.connect() as conn:
                notice = queue.due(conn, now, self._paused)
            if notice is not None:
                self._deliver(notice)
            elif all_sorted:
                break
        return self._seconds_to_next()

    def _deliver(self, notice: Row[Any]) -> None:
        sender = self._senders.get(notice.recipient)
        if sender is None:
            self._write(notice.id, status=Status.FAILED, last_error="the recipient is not configured any more")
            return
        attempts, started = notice.attempts + 1, self._clock.now()
        if later := self._quiet[notice.recipient].holds(notice.kind, started):
            self._claim(notice, next_try=later, revived_at=later)
            return
        if self._writer.awaits_picture(notice, started):
            self._claim(notice, next_try=started + timedelta(seconds=PICTURE_STEP_S))
            return
        give_up = self._config.notices.give_up_after
        again = schedule.next_try(notice.revived_at or notice.created_at, started, attempts, give_up)
        # Written before: whatever ends this process now, the row says that the letter may have gone out.
        if not self._claim(notice, attempts=attempts, next_try=again or started,
                           last_error="under way, outcome unknown"):  # fmt: skip
            return
        try:
            letter = self._writer.write(notice, pictures=sender.takes_pictures)
        except SQLAlchemyError:
            raise  # the store's fault, not the row's: the round is tried again
        except Exception as error:
            # A row of another version, say. Trying again would not mend it, and must not keep others waiting.
            log.exception("notice %s cannot be put into words", notice.id)
            self._write(notice.id, status=Status.FAILED, last_error=f"cannot be put into words: {error!r}"[:500])
            return
        try:
            sender.send(letter)
        except SendError as error:
            self._failed(notice, str(error), again)
        else:
            self._write(notice.id, status=Status.SENT, sent_at=self._clock.now(), last_error=None)
            if notice.recipient in self._failing:
                self._failing.discard(notice.recipient)
                log.info("notices reach %s again", notice.recipient)

    def _failed(self, notice: Row[Any], why: str, again: datetime | None) -> None:
        now = self._clock.now()
        if again is None:
            log.error("notice %s to %s is given up: %s", notice.id, notice.recipient, why)
            self._write(notice.id, status=Status.FAILED, last_error=why)
        else:
            self._write(notice.id, last_error=why)
        pause = timedelta(seconds=CHANNEL_PAUSE_S)
        self._paused[notice.recipient] = min(again or now + pause, now + pause)
        if notice.recipient not in self._failing:
            self._failing.add(notice.recipient)
            log.warning("no notice reaches %s: %s; trying on", notice.recipient, why)

    def _claim(self, notice: Row[Any], **values: Any) -> bool:
        """Take a notice in hand; False where another hub has done so."""
        with writing(self._db) as conn:
            return (self._place is None or self._place.holds(conn)) and queue.take(conn, notice, **values)

    def _write(self, notice: str, **values: Any) -> None:
        with writing(self._db) as conn:
            queue.set_fate(conn, notice, **values)

    def _seconds_to_next(self) -> float:
        now = self._clock.now()
        with self._db.connect() as conn:
            tries = queue.next_tries(conn)
        moments = [max(moment, self._paused.get(name, moment)) for name, moment in tries.items()]
        moments += self._sorter.digests_due(now)
        wait = min(((moment - now).total_seconds() for moment in moments), default=LONGEST_WAIT_S)
        return min(max(wait, 0.0), LONGEST_WAIT_S)

"""A mail server that is slow, or busy for now; down, hung and refusing ones stand in test_worker.py."""

import time
from collections.abc import Callable
from typing import Any

from pydantic import SecretStr

from hub.notices.apprise_sender import AppriseSender
from hub.notices.sender import Letter
from tests.conftest import ManualClock
from tests.hub.mail_server import MailServer
from tests.hub.notices.conftest import Hall

MakeHall = Callable[..., Hall]


def test_a_slow_server_gets_a_mail_once(mail_server: MailServer, hall: MakeHall, clock: ManualClock) -> None:
    mail_server.delay = 2.0
    here = hall({"id": "guard", "url": mail_server.url()})
    here.worker.start()
    here.deny()
    (row,) = here.until_status("sent")
    assert row.attempts == 1
    clock.advance(3600)
    here.until(lambda _rows: here.worker.alive, "a look")
    assert [mail["X-Maskgate-Notice"] for mail in mail_server.mails] == [row.id]


def test_a_server_that_is_busy_for_now_gets_a_mail_later_and_once(
    mail_server: MailServer, hall: MakeHall, clock: ManualClock
) -> None:
    mail_server.busy = 2
    here = hall({"id": "guard", "url": mail_server.url()})
    here.worker.start()
    here.deny()
    (first,) = here.until(lambda rows: "failure" in (rows[0].last_error or ""), "a first try")
    assert (first.status, first.next_try > first.created_at) == ("waiting", True)

    def sent(rows: list[Any]) -> bool:
        clock.advance(1)
        return [row.status for row in rows] == ["sent"]

    (row,) = here.until(sent, "the third try")
    assert (row.attempts, row.last_error) == (3, None)
    assert [mail["X-Maskgate-Notice"] for mail in mail_server.mails] == [row.id]


def test_the_services_own_throttle_is_off(mail_server: MailServer) -> None:
    """Apprise would wait 5.5 s before the second mail; how often somebody is told is for the cooldown to say."""
    service = AppriseSender(SecretStr(mail_server.url()))
    service.send(Letter("1", "First", "Words", "<p>Words</p>"))
    began = time.monotonic()
    service.send(Letter("2", "Second", "Words", "<p>Words</p>"))
    assert time.monotonic() - began < 4
    assert [mail["Subject"] for mail in mail_server.mails] == ["First", "Second"]


def test_the_third_refusal_in_a_row_is_told_at_once_though_a_cooldown_runs(
    mail_server: MailServer, hall: MakeHall
) -> None:
    here = hall({"id": "guard", "url": mail_server.url(), "cooldown": 300})
    here.worker.start()
    here.deny(2)
    here.until_status("sent", "suppressed")
    here.deny(text="No mask, number 3 in a row, entry refused", severe=True)
    here.until_status("sent", "suppressed", "sent")
    assert len(mail_server.mails) == 2

"""Notices on their way to a real mail server."""

import logging
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, update

from hub.notices.worker import Worker
from hub.store.open import writing
from hub.store.schema import notices
from maskgate.config import ConfigError
from maskgate.messages import EventType, Mode
from maskgate.states import MaskState
from tests.conftest import ManualClock
from tests.hub.mail_server import MailServer, part
from tests.hub.notices.conftest import Hall, make_config

MakeHall = Callable[..., Hall]


def test_a_refusal_is_mailed_once_in_text_and_html_with_its_facts(mail_server: MailServer, hall: MakeHall) -> None:
    here = hall({"id": "guard", "url": mail_server.url()})
    here.worker.start()
    here.deny()
    (row,) = here.until_status("sent")
    (mail,) = mail_server.mails
    assert mail["To"] == "guard@example.org"
    assert mail["Subject"] == "[Head office] Entry refused at Front entry: no mask"
    assert mail["X-Maskgate-Notice"] == row.id
    for text in (part(mail, "plain"), part(mail, "html")):
        for fact in ("Front entry", "09:59:59", "Europe/Madrid", "08:59:59 UTC", "no mask", "97%", "hard", row.id):
            assert fact in text, fact
    assert "Today: 1 (violations at this door)" in part(mail, "plain")
    assert not [attachment for attachment in mail.walk() if attachment.get_content_maintype() == "image"]


def test_soft_mode_says_that_nobody_was_stopped_and_names_are_escaped(mail_server: MailServer, hall: MakeHall) -> None:
    here = hall({"id": "guard", "url": mail_server.url()})
    here.config = here.config.model_copy(
        update={"doors": (here.config.doors[0].model_copy(update={"name": "<b>Front</b> & side"}),)}
    )
    here.worker.start()
    here.deny(mode=Mode.SOFT, event_type=EventType.IMPROPER, state=MaskState.INCORRECT)
    here.until_status("sent")
    html = part(mail_server.mails[0], "html")
    assert "&lt;b&gt;Front&lt;/b&gt; &amp; side" in html
    assert "<b>Front</b>" not in html
    assert "nobody was stopped" in html
    assert mail_server.mails[0]["Subject"].endswith("Mask worn wrongly at <b>Front</b> & side")


def test_a_thousand_refusals_make_one_notice_and_one_digest_with_the_exact_count(
    mail_server: MailServer, hall: MakeHall, clock: ManualClock
) -> None:
    here = hall({"id": "guard", "url": mail_server.url(), "cooldown": 300})
    here.worker.start()
    here.deny(1000, every=0.06)
    here.until_status("sent", *["suppressed"] * 999)
    assert len(mail_server.mails) == 1
    clock.advance(300)
    rows = here.until(lambda rows: len(rows) == 1001 and rows[-1].status == "sent", "the digest")
    first, digest = mail_server.mails
    assert "999 more violations at Front entry" in digest["Subject"]
    assert "999" in part(digest, "plain")
    assert first["Subject"].endswith("Entry refused at Front entry: no mask")
    assert sum(row.counted_in == rows[-1].id for row in rows[:-1]) == 999
    clock.advance(3000)
    here.deny()
    here.until(lambda rows: rows[-1].status == "sent", "the next")
    assert "more" not in mail_server.mails[2]["Subject"]


def test_the_first_after_the_cooldown_carries_what_came_while_nobody_could_send_a_digest(
    mail_server: MailServer, hall: MakeHall, clock: ManualClock
) -> None:
    here = hall({"id": "guard", "url": mail_server.url(), "cooldown": 60})
    here.deny(4, every=1)
    clock.advance(60)
    here.deny()
    here.worker.start()
    here.until_status("sent", "suppressed", "suppressed", "suppressed", "sent")
    assert mail_server.mails[1]["Subject"].endswith("no mask, and 3 more before")


def test_a_server_that_is_down_for_an_hour_gets_each_notice_once(
    mail_server: MailServer, hall: MakeHall, clock: ManualClock
) -> None:
    here = hall({"id": "guard", "url": mail_server.url(), "cooldown": 60})
    mail_server.stop()
    here.worker.start()
    for _ in range(6):
        here.deny()
        here.until(lambda rows: rows[0].attempts > 0, "a first try")
        clock.advance(600)
    here.until(lambda rows: "failure" in (rows[0].last_error or ""), "its reason")
    mail_server.start()

    def settled(rows: list[Any]) -> bool:
        clock.advance(1)
        return all(row.status == "sent" for row in rows)

    rows = here.until(settled, "all sent")
    assert sorted(mail["X-Maskgate-Notice"] for mail in mail_server.mails) == sorted(row.id for row in rows)


def test_a_restart_keeps_the_queue_and_its_schedule(
    mail_server: MailServer, hall: MakeHall, db: Engine, clock: ManualClock
) -> None:
    here = hall({"id": "guard", "url": mail_server.url()})
    mail_server.stop()
    here.worker.start()
    here.deny()
    (before,) = here.until(lambda rows: "failure" in (rows[0].last_error or ""), "a first try")
    here.worker.stop()
    assert not here.worker.alive
    mail_server.start()
    here.worker = Worker(here.config, db, clock)
    here.worker.start()
    here.worker.wake()
    (kept,) = here.rows()
    assert (kept.status, kept.attempts, kept.next_try) == ("waiting", 1, before.next_try)
    clock.advance(5)
    here.until_status("sent")
    assert len(mail_server.mails) == 1


def test_a_refused_recipient_is_given_up_in_the_end_and_holds_up_nobody(
    mail_server: MailServer, hall: MakeHall, clock: ManualClock
) -> None:
    mail_server.refused.add("gone@example.org")
    here = hall(
        {"id": "gone", "url": mail_server.url("gone")},
        {"id": "guard", "url": mail_server.url("guard")},
        give_up_after=60,
    )
    here.worker.start()
    here.deny()
    here.until(lambda rows: rows[1].status == "sent" and rows[0].attempts == 1, "the other one's mail")

    def given_up(rows: list[Any]) -> bool:
        clock.advance(1)
        return bool(rows[0].status == "failed")

    gone, _guard = here.until(given_up, "giving up")
    assert gone.attempts == 5  # after 0, 5, 15, 35 and 60 s
    assert len(mail_server.mails) == 1


def test_a_hung_server_holds_up_neither_decisions_nor_the_stop(hall: MakeHall) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        here = hall({"id": "guard", "url": f"mailto://127.0.0.1:{port}?from=hub@example.org&to=a@example.org"})
        here.worker.start()
        here.deny()
        (row,) = here.until(lambda rows: rows[0].attempts == 1, "a first try")
        assert row.last_error == "under way, outcome unknown"
        began = time.monotonic()
        here.deny(50)
        assert time.monotonic() - began < 2
        began = time.monotonic()
        here.worker.stop()
        assert time.monotonic() - began < 2.5


def test_a_bad_address_starts_nothing_and_says_so_without_its_password(
    db: Engine, clock: ManualClock, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    config = make_config(
        {"id": "one", "url": "nosuch://user:s3cretword@example.org"},
        {"id": "two", "url": "mailto://user:s3cretword@example.org?to=a@example.org,b@example.org"},
        {"id": "three", "url": "s3cretword"},
    )
    worker = Worker(config, db, clock)
    with pytest.raises(ConfigError) as caught:
        worker.start()
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("notices.recipients.one.url: Apprise knows no service for this nosuch address")
    assert lines[1].startswith("notices.recipients.two.url: reaches several targets")
    assert lines[2].startswith("notices.recipients.three.url: ")
    assert "s3cretword" not in str(caught.value) + caplog.text + "".join(capfd.readouterr())
    assert not worker.alive


def test_the_reason_of_a_failure_says_why_and_holds_no_secret(hall: MakeHall, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    here = hall({"id": "guard", "url": "jsons://user:s3cretword@127.0.0.1:9/T0kenInThePath?cto=1&rto=1"})
    here.worker.start()
    here.deny()
    (row,) = here.until(lambda rows: (rows[0].last_error or "").startswith("failure"), "a failed try")
    assert "connection error" in row.last_error.lower()
    assert "s3cretword" not in row.last_error + caplog.text
    assert "T0kenInThePath" not in row.last_error + caplog.text


def test_a_row_that_cannot_be_put_into_words_is_given_up_and_holds_up_nobody(
    mail_server: MailServer, hall: MakeHall, db: Engine
) -> None:
    here = hall({"id": "guard", "url": mail_server.url(), "cooldown": 0})
    here.deny(2)
    with writing(db) as tx:
        tx.execute(update(notices).where(notices.c.seq == 1).values(facts={"from": "another version"}))
    here.worker.start()
    rows = here.until_status("failed", "sent")
    assert "cannot be put into words" in rows[0].last_error
    assert len(mail_server.mails) == 1


def test_a_recipient_who_is_not_configured_any_more_gets_nothing(
    mail_server: MailServer, hall: MakeHall, db: Engine, clock: ManualClock
) -> None:
    here = hall({"id": "guard", "url": mail_server.url()})
    here.deny(2)
    here.worker = Worker(make_config(), db, clock)
    here.worker.start()
    rows = here.until_status("failed", "failed")
    assert "not configured" in rows[0].last_error


def trouble(here: Hall, text: str, *, event: EventType = EventType.FAULT, **changes: Any) -> None:
    here.deny(event_type=event, text=text, **changes, passage=None, revision=None, state=None, confidence=None)


def test_a_fault_is_told_in_words_and_what_is_severe_passes_the_cooldown_of_what_is_not(
    mail_server: MailServer, hall: MakeHall, clock: ManualClock
) -> None:
    here = hall({"id": "guard", "url": mail_server.url(), "cooldown": 300})
    here.worker.start()
    for number in range(3):
        trouble(here, f"The camera board cam-{number % 2} does not answer")
    trouble(here, "The lock did not answer", severe=True)
    trouble(here, "The lock did not answer", severe=True)
    here.deny()
    here.until_status("sent", "suppressed", "suppressed", "sent", "suppressed", "sent")
    subjects = [mail["Subject"].removeprefix("[Head office] ") for mail in mail_server.mails]
    assert sorted(subjects) == [
        "Entry refused at Front entry: no mask", "Front entry: The camera board cam-0 does not answer",
        "Front entry: The lock did not answer",
    ]  # fmt: skip
    clock.advance(300)
    here.until(lambda rows: [row.status for row in rows[6:]] == ["sent", "sent"], "a digest of each kind")
    digest = next(mail for mail in mail_server.mails if "2 more faults at Front entry" in mail["Subject"])
    for text in (part(digest, "plain"), part(digest, "html")):
        assert "cam-1 does not answer" in text
        assert "violations" not in text.lower()


def test_an_emergency_and_its_end_are_both_told_at_once(mail_server: MailServer, hall: MakeHall) -> None:
    here = hall({"id": "guard", "url": mail_server.url(), "cooldown": 300})
    here.worker.start()
    for text in ("Emergency: the entry is released until reset", "Emergency over: the rule stands again"):
        trouble(here, text, event=EventType.EMERGENCY, severe=True)
    here.until_status("sent", "sent")


def test_who_wants_to_hear_of_faults_alone_hears_of_nothing_else(mail_server: MailServer, hall: MakeHall) -> None:
    here = hall({"id": "janitor", "url": mail_server.url(), "about": ["fault"]})
    here.worker.start()
    here.deny()
    trouble(here, "The lock did not answer", mode=Mode.OFF)
    here.until_status("sent")
    assert "The lock did not answer" in mail_server.mails[0]["Subject"]

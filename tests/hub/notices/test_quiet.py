"""Quiet hours: right over midnight and over changes of the clock; nothing is lost in them, nothing told twice."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.config import HubConfig
from hub.notices.quiet import Quiet, quiet_hours
from maskgate.messages import EventType, Mode
from tests.conftest import ManualClock
from tests.hub.mail_server import MailServer, part
from tests.hub.notices.conftest import Hall, make_config

NIGHT = {"from": "22:00", "to": "07:00"}
MADRID = ZoneInfo("Europe/Madrid")
MakeHall = Callable[..., Hall]


def quiet(*hours: dict[str, Any], zone: str = "Europe/Madrid", **more: Any) -> Quiet:
    config = make_config({"id": "guard", "url": "json://localhost", "quiet": list(hours), **more})
    config = HubConfig.model_validate(config.model_dump(by_alias=True) | {"timezone": zone, "notices": config.notices})
    return quiet_hours(config)["guard"]


def local(text: str, zone: ZoneInfo = MADRID) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-11-23T21:59:59", None),
        ("2026-11-23T22:00:00", "2026-11-24T07:00:00"),
        ("2026-11-23T23:59:59", "2026-11-24T07:00:00"),
        ("2026-11-24T00:00:00", "2026-11-24T07:00:00"),
        ("2026-11-24T06:59:59", "2026-11-24T07:00:00"),
        ("2026-11-24T07:00:00", None),
        ("2026-10-24T23:00:00", "2026-10-25T07:00:00"),  # the night with an hour more
        ("2026-03-28T23:00:00", "2026-03-29T07:00:00"),  # the night with an hour less
    ],
)
def test_a_night_ends_in_the_morning_whatever_the_clocks_do(moment: str, until: str | None) -> None:
    found = quiet(NIGHT).until(local(moment).astimezone(UTC))
    assert found == (local(until).astimezone(UTC) if until else None)


def test_an_hour_that_comes_twice_is_quiet_both_times() -> None:
    one = quiet({"from": "02:00", "to": "03:00"})
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # 02:30 in summer time
    assert [one.until(first + timedelta(hours=n)) for n in range(3)] == [datetime(2026, 10, 25, 2, tzinfo=UTC)] * 2 + [
        None
    ]


def test_quiet_hours_that_touch_are_one_and_end_when_the_last_does() -> None:
    weekend = quiet(NIGHT, {"days": ["sat", "sun"], "from": "07:00", "to": "22:00"})
    friday_night = local("2026-11-27T23:00:00").astimezone(UTC)
    assert weekend.until(friday_night) == local("2026-11-30T07:00:00").astimezone(UTC)
    assert quiet({"from": "00:00", "to": "24:00"}).until(friday_night) is not None
    assert quiet().until(friday_night) is None


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),  # noqa: DTZ001
    st.sampled_from(["Europe/Madrid", "America/New_York", "Australia/Lord_Howe"]),
    st.tuples(st.integers(0, 23), st.integers(0, 23)),
)
def test_it_is_quiet_exactly_when_the_clock_on_the_wall_says_so(
    moment: datetime, zone: str, hours: tuple[int, int]
) -> None:
    start, end = (f"{hour:02}:00" for hour in hours)
    at = moment.replace(tzinfo=UTC)
    wall = at.astimezone(ZoneInfo(zone))
    before, after = (at + timedelta(hours=n) for n in (-26, 26))
    if before.astimezone(ZoneInfo(zone)).utcoffset() != after.astimezone(ZoneInfo(zone)).utcoffset():
        return  # the table above is for such days
    clock = f"{wall:%H:%M}"
    within = start <= clock < end if start < end else clock >= start or clock < end
    assert (quiet({"from": start, "to": end}, zone=zone).until(at) is not None) is within


def test_what_is_severe_passes_unless_nothing_does() -> None:
    night = local("2026-11-23T23:00:00").astimezone(UTC)
    assert quiet(NIGHT).holds("fault-severe", night) is None
    assert quiet(NIGHT).holds("fault", night) is not None
    assert quiet(NIGHT, quiet_passes="nothing").holds("fault-severe", night) is not None


def turn(clock: ManualClock, to: str) -> None:
    clock.jump += local(to).astimezone(UTC) - clock.now()


def evening(clock: ManualClock) -> None:
    turn(clock, "2026-11-23T21:00:00")


def test_a_night_is_told_in_the_morning_by_one_digest_with_the_exact_count(
    mail_server: MailServer, hall: MakeHall, clock: ManualClock
) -> None:
    evening(clock)
    here = hall({"id": "guard", "url": mail_server.url(), "cooldown": 7200, "quiet": [NIGHT]})
    here.worker.start()
    here.deny(4)  # one is told, three are left to the digest of 23:00, which falls into the night
    here.until_status("sent", "suppressed", "suppressed", "suppressed")
    clock.advance(2 * 3600)
    here.deny(120, every=60)
    here.deny(event_type=EventType.FAULT, text="The camera board cam does not answer", passage=None, state=None)
    here.deny(event_type=EventType.FAULT, text="The lock did not answer", passage=None, state=None, severe=True)
    here.until(lambda rows: [row.status for row in rows[4:]] == ["held"] * 121 + ["sent"], "the night")
    assert len(mail_server.mails) == 2  # the one of the evening, and what must not wait
    assert "The lock did not answer" in mail_server.mails[1]["Subject"]
    turn(clock, "2026-11-24T06:59:59")
    here.until(lambda _rows: here.worker.alive, "a look")
    assert len(mail_server.mails) == 2
    clock.advance(1)
    rows = here.until(lambda rows: rows[-1].kind == "quiet" and rows[-1].status == "sent", "the morning's digest")
    digest = mail_server.mails[2]
    assert digest["Subject"].endswith("124 notices from your quiet hours")
    for kind in ("plain", "html"):
        assert "123 violations" in part(digest, kind)
        assert "1 fault" in part(digest, kind)
        assert "cam does not answer" in part(digest, kind)
    assert sum(row.counted_in == rows[-1].id for row in rows[:-1]) == 124
    here.deny()
    here.until(lambda rows: rows[-1].status == "sent", "the next")
    assert "more" not in mail_server.mails[3]["Subject"]
    assert len(mail_server.mails) == 4


def test_what_could_not_be_sent_in_the_evening_disturbs_nobody_at_night(
    mail_server: MailServer, hall: MakeHall, clock: ManualClock
) -> None:
    evening(clock)
    here = hall({"id": "guard", "url": mail_server.url(), "quiet": [NIGHT]}, give_up_after=3600)
    mail_server.stop()
    here.worker.start()
    here.deny()
    here.until(lambda rows: "failure" in (rows[0].last_error or ""), "a first try")
    mail_server.start()
    clock.advance(2 * 3600)
    (row,) = here.until(lambda rows: rows[0].next_try == local("2026-11-24T07:00:00").astimezone(UTC), "its waiting")
    assert (row.status, mail_server.mails) == ("waiting", [])
    clock.advance(8 * 3600)
    here.until_status("sent")
    assert len(mail_server.mails) == 1


def test_what_was_held_for_somebody_who_is_gone_is_not_kept_for_ever(
    mail_server: MailServer, hall: MakeHall, clock: ManualClock
) -> None:
    from hub.notices.worker import Worker

    evening(clock)
    here = hall({"id": "guard", "url": mail_server.url(), "quiet": [NIGHT]})
    clock.advance(2 * 3600)
    here.deny(2, mode=Mode.SOFT)
    here.worker.start()
    here.until_status("held", "held")
    here.worker.stop()
    here.worker = Worker(make_config(), here.db, clock)
    here.worker.start()
    rows = here.until_status("held", "held", "failed")
    assert {row.counted_in for row in rows} == {rows[2].id}

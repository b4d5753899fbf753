"""Summaries: the right numbers, once per period, through restarts and changes of the clock."""

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from hub.batch import Batch
from hub.config import HubConfig
from hub.inputs import PassageIn
from hub.notices.summary import gather, latest
from hub.notices.worker import Worker
from hub.policy import Rules, initial
from hub.store import erase as eraser
from hub.store import read, writing
from hub.store.schema import counts
from hub.store.write import purge
from maskgate.messages import Passage, VerdictReason
from maskgate.states import MaskState
from tests.conftest import ManualClock
from tests.hub.mail_server import MailServer, part
from tests.hub.notices.conftest import Hall, make_config

MakeHall = Callable[..., Hall]
MADRID = ZoneInfo("Europe/Madrid")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=MADRID).astimezone(UTC)


@pytest.mark.parametrize(
    ("name", "now", "first", "last"),
    [
        ("daily", "2026-11-24T07:00:00", "2026-11-23", "2026-11-23"),
        ("daily", "2026-11-24T06:59:59", "2026-11-22", "2026-11-22"),
        ("weekly", "2026-11-23T07:00:00", "2026-11-16", "2026-11-22"),
        ("weekly", "2026-11-23T06:59:59", "2026-11-09", "2026-11-15"),
        ("weekly", "2026-11-29T23:00:00", "2026-11-16", "2026-11-22"),
    ],
)
def test_the_last_whole_day_or_week_is_told_of_in_the_morning_after(name: Any, now: str, first: str, last: str) -> None:
    period = latest(name, local(now), MADRID, "07:00")
    assert (period.first.isoformat(), period.last.isoformat()) == (first, last)


@pytest.mark.parametrize("at", ["00:00", "02:30", "07:00", "23:59"])
@pytest.mark.parametrize("zone", ["Europe/Madrid", "America/New_York", "Australia/Lord_Howe"])
def test_in_a_year_each_day_is_told_of_once_whatever_the_clocks_do(zone: str, at: str) -> None:
    found, now = [], datetime(2026, 1, 1, tzinfo=UTC)
    while now < datetime(2027, 1, 1, tzinfo=UTC):
        period = latest("daily", now, ZoneInfo(zone), at)
        assert period.due <= now < period.due + timedelta(hours=25)
        if not found or period.key("x") != found[-1].key("x"):
            found.append(period)
        now += timedelta(minutes=15)
    assert all(later.first - earlier.first == timedelta(days=1) for earlier, later in pairwise(found))
    assert len(found) in {366, 367}


Visits = list[tuple[float, str, str, int]]
VISITS = st.lists(
    st.tuples(
        st.floats(0, 50), st.sampled_from(["front", "back"]),
        st.sampled_from(["mask", "no_mask", "incorrect", "uncertain"]), st.integers(1, 3),
    ),
    max_size=25,
)  # fmt: skip


def two_doors(database: str = "unused") -> HubConfig:
    return HubConfig.model_validate(
        {
            "timezone": "Europe/Madrid",
            "database": database,
            "doors": [
                {"id": "front", "name": "Front entry", "nodes": ["front-cam"]},
                {"id": "back", "name": "Back", "nodes": ["back-cam"], "policy": {"violations": ["no_mask"]}},
            ],
        }
    )


def visit(db: Engine, config: HubConfig, visits: Visits, start: datetime, tag: str = "") -> None:
    """Let people come as the hub sees them: through its batches, with revisions that change the verdict."""
    rules = {door.id: Rules.of(config, door) for door in config.doors}
    machines = {door: initial(rule, start) for door, rule in rules.items()}
    documents: Any = {}
    for number, (hours, door, state, revisions) in enumerate(sorted(visits)):
        for revision in range(1, revisions + 1):
            now = start + timedelta(hours=hours, seconds=revision)
            shown = state if revision == 1 else ["mask", "no_mask"][revision % 2]
            passage = Passage(
                passage=f"passage-{tag}{number}", revision=revision, node=f"{door}-cam", seen_from=now, seen_to=now,
                published_at=now, state=MaskState(shown), confidence=0.9, frames=5, faces_in_view=1, model="m",
                reason=VerdictReason.AGREED,
            )  # fmt: skip
            with writing(db) as tx:
                stored = read.revisions(tx, [passage.passage])
                batch = Batch(config, rules, machines, documents, stored=stored, plan=lambda *_: [])
                batch.tick(now)
                batch.take(PassageIn(door, passage, now), now)
                batch.write_to(tx, now)
            machines, documents = batch.machines, batch.documents


@settings(deadline=None, max_examples=25)
@given(VISITS)
def test_the_hours_add_up_to_what_was_counted_day_by_day(tmp_path_factory: Any, visits: Visits) -> None:
    from hub.store import open_store

    db, config = open_store(tmp_path_factory.mktemp("store") / "hub.db"), two_doors()
    visit(db, config, visits, datetime(2026, 10, 24, 6, tzinfo=UTC))  # the clocks are set back in between
    with db.connect() as connection:
        report = gather(connection, config, None, date(2026, 10, 24), date(2026, 10, 26))
        counted = connection.execute(select(counts)).all()
        one = gather(connection, config, ["front"], date(2026, 10, 24), date(2026, 10, 26))
    db.dispose()
    assert report.total.people == len(visits) == sum(row.people for row in counted)
    assert report.total.violations == sum(row.violations for row in counted)
    assert sum(hour.people for hour in report.hours) == report.total.people
    assert sum(hour.violations for hour in report.hours) == report.total.violations
    assert one.total.people == sum(door == "front" for _, door, _, _ in visits) == sum(h.people for h in one.hours)


def test_a_summary_is_mailed_once_per_period_with_its_chart_in_its_place(
    mail_server: MailServer, hall: MakeHall, db: Engine, clock: ManualClock
) -> None:
    clock.jump = local("2026-11-22T08:00:00") - clock.now()  # a Sunday
    here = hall({"id": "boss", "url": mail_server.url("boss"), "about": [], "summaries": ["daily", "weekly"]})
    here.worker.start()
    config = here.config.model_copy(
        update={"doors": (here.config.doors[0].model_copy(update={"nodes": ("front-cam",)}),)}
    )
    people: Visits = [(hours, "front", state, 1) for hours, state in [(0.5, "mask"), (0.6, "no_mask"), (3, "mask")]]
    visit(db, config, people, clock.now())
    here.until(lambda rows: not rows, "nothing of a time before the first day")
    clock.jump = local("2026-11-23T07:00:00") - (clock.now() - clock.jump)
    rows = here.until(lambda rows: [row.status for row in rows] == ["sent", "sent"], "both")
    for _ in range(3):  # restarts
        here.worker.stop()
        here.worker = Worker(here.config, db, clock)
        here.worker.start()
        here.until(lambda rows: len(rows) == 2, "no third")
        clock.advance(3600)
    eraser.erase(db, eraser.Erasure(since=clock.now() + timedelta(days=1)), clock.now())
    with writing(db) as tx:
        purge(tx, clock.now(), events=timedelta(seconds=1), pictures=timedelta(1), first_day="2026-01-01")
    here.worker.stop()
    here.worker = Worker(here.config, db, clock)
    here.worker.start()
    here.deny()
    here.until(lambda rows: len(rows) == 2, "still no third")
    assert {row.kind for row in rows} == {"daily", "weekly"}
    daily = next(mail for mail in mail_server.mails if "22" in mail["Subject"] and " to " not in mail["Subject"])
    assert len(mail_server.mails) == 2
    assert daily["Subject"] == "[Head office] Summary of Sunday, 22 November 2026"
    for text in (part(daily, "plain"), part(daily, "html")):
        for fact in ("3", "66%", "08:00", "11:00", "Front entry"):
            assert fact in text, fact
    (chart,) = [one for one in daily.walk() if one.get_content_type() == "image/png"]
    assert chart["Content-ID"] == "<hours.png>"
    assert chart.get_content_disposition() == "inline"
    assert 'src="cid:hours.png"' in part(daily, "html")
    from PIL import Image

    picture = Image.open(io.BytesIO(chart.get_content()))
    assert picture.size == (1040, 400)
    assert len(set(picture.convert("RGB").resize((260, 100)).getdata())) > 3


def test_everything_erased_sends_no_summary_again(
    mail_server: MailServer, hall: MakeHall, db: Engine, clock: ManualClock
) -> None:
    clock.jump = local("2026-11-22T08:00:00") - clock.now()
    here = hall({"id": "boss", "url": mail_server.url("boss"), "about": [], "summaries": ["daily"]})
    visit(db, here.config, [], clock.now())
    with writing(db) as tx:
        tx.execute(counts.insert().values(door="front", day="2026-11-22", people=3, violations=1, late=0))
    clock.advance(86_400)
    here.worker.start()
    here.until_status("sent")
    assert "of 3 people" in part(mail_server.mails[0], "html")  # of the hours nothing is kept
    eraser.erase(db, eraser.Erasure(), clock.now())
    with writing(db) as tx:
        tx.execute(counts.insert().values(door="front", day="2026-11-22", people=1, violations=0, late=0))
    here.worker.stop()
    here.worker = Worker(make_config({"id": "boss", "url": mail_server.url("boss"), "summaries": ["daily"]}), db, clock)
    here.worker.start()
    here.deny()
    here.until(lambda rows: len(rows) == 1, "no other")
    assert len(mail_server.mails) == 1


def test_matplotlib_is_not_kept_by_the_hub() -> None:
    """O3: a chart is drawn by a process that ends."""
    import subprocess
    import sys

    code = (
        "import sys, hub.notices.worker, hub.service\n"
        "from hub.notices.chart import draw\nfrom hub.notices.summary import Tally\n"
        "assert draw([Tally(3, 1)] * 24).startswith(b'\\x89PNG')\n"
        "assert 'matplotlib' not in sys.modules and 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=200)

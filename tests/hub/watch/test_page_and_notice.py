"""Each thing that an operator must notice stands in words on the page, and is told to people once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from hub.config import HubConfig
from hub.notices.plan import VIOLATION
from hub.store import open_store, schema, writing
from hub.store.write import put_node
from hub.watch import Watcher
from hub.watch.facts import DiskFacts
from hub.watch.gather import Gatherer
from hub.watch.watcher import EVERY_S
from hub.web import Server
from maskgate.clock import rfc3339
from tests.conftest import ManualClock
from tests.hub.notices.conftest import make_config
from tests.hub.web.conftest import Site

GB = 1024**3


@dataclass
class Rim:
    """What the world is like: what the hub is told when it asks."""

    db: Engine
    clock: ManualClock
    speaks: bool = True
    ahead_s: float = 0.0
    health: dict[str, Any] = field(default_factory=dict)
    disk: DiskFacts = field(default_factory=lambda: DiskFacts("/var", 20 * GB, 64 * GB))
    certificate: datetime | None = None
    clock_set: bool = True

    def is_mended(self) -> None:
        self.speaks, self.ahead_s, self.health = True, 0.0, {}
        self.disk, self.certificate, self.clock_set = DiskFacts("/var", 20 * GB, 64 * GB), None, True
        with writing(self.db) as tx:
            tx.exec_driver_sql("UPDATE notices SET status = 'sent' WHERE id = 'n-1'")

    def cameras_speak(self) -> None:
        now = self.clock.now()
        with writing(self.db) as tx:
            for node in ("cam", "cam-yard"):
                if node == "cam" and not self.speaks:
                    continue
                health = {
                    "v": 1, "node": node, "at": rfc3339(now + timedelta(seconds=self.ahead_s)), "version": "1",
                    "camera": "ok", "detector": "ok", "model": "m", "fps": 10, "memory_mb": 90, "outbox": 0,
                    **(self.health if node == "cam" else {}),
                }  # fmt: skip
                put_node(tx, node, now, {"availability": "online", "health": health})


def silent(rim: Rim) -> None:
    rim.speaks = False


def dark(rim: Rim) -> None:
    rim.health = {"camera": "degraded", "camera_trouble": "dark"}


def unheard_mails(rim: Rim) -> None:
    now = rim.clock.now()
    row = {
        "id": "n-1", "recipient": "lost", "door": "front", "kind": VIOLATION, "created_at": now,
        "facts": {"door_name": "Front entry", "state": "no_mask", "decision": "deny"}, "status": "waiting",
        "attempts": 4, "next_try": now + timedelta(hours=1), "last_error": "connection refused",
    }  # fmt: skip
    with writing(rim.db) as tx:
        tx.execute(insert(schema.notices).values(row))


def full(rim: Rim) -> None:
    rim.disk = DiskFacts("/var", GB, 64 * GB)


def unset(rim: Rim) -> None:
    rim.clock_set = False


def wrong(rim: Rim) -> None:
    rim.ahead_s = 9.0


def ends(rim: Rim) -> None:
    rim.certificate = rim.clock.now() + timedelta(days=10)


CASES: dict[str, tuple[Callable[[Rim], None], str]] = {
    "a node silent": (silent, "The camera board cam says nothing any more"),
    "a camera dark": (dark, "The camera board cam has a black, frozen or covered picture"),
    "mails failing": (unheard_mails, "No notice reaches lost"),
    "disk nearly full": (full, "The disk of /var is nearly full: 1073 MB are left"),
    "no time server": (unset, "No time server sets the hub&#39;s clock"),
    "clock wrong": (wrong, "The hub&#39;s clock is slow by 9 s, as most camera boards have it"),
    "certificate near its end": (ends, "The certificate of the broker ends on 2026-12-0"),
}


@pytest.mark.parametrize("name", CASES)
def test_it_stands_on_the_page_and_in_a_notice_and_both_say_when_it_is_over(
    tmp_path: Path, clock: ManualClock, name: str
) -> None:
    happens, words = CASES[name]
    recipients = [{"id": one, "url": "json://127.0.0.1:9"} for one in ("guard", "lost")]
    document = make_config(*recipients).model_dump(mode="json", exclude={"database"})
    document["doors"].append({"id": "yard", "name": "Yard", "nodes": ["cam-yard"]})
    for one, plain in zip(document["notices"]["recipients"], recipients, strict=True):
        one["url"] = plain["url"]  # a secret is dumped as stars
    config = HubConfig.model_validate(document)
    db = open_store(tmp_path / "hub.db")
    rim = Rim(db, clock)
    watch = Watcher(
        config, db, clock,
        Gatherer(config, db, connected=lambda: True, broker_certificate=lambda: rim.certificate,
                 clock_set=lambda: rim.clock_set, disk=lambda _path: rim.disk),
    )  # fmt: skip
    site = Site(db, config)
    site.server = Server(config, db, site.live, clock, problems=watch.problems, port=0)
    site.server.start()

    def goes_on(minutes: int) -> None:
        for _ in range(int(minutes * 60 / EVERY_S)):
            rim.cameras_speak()
            watch.look()
            clock.advance(EVERY_S)

    def told() -> list[tuple[str, bool]]:
        with db.connect() as connection:
            rows = connection.execute(select(schema.notices).order_by(schema.notices.c.seq)).all()
        return [(row.recipient, row.facts["over"]) for row in rows if row.kind.startswith("site-")]

    try:
        goes_on(3)
        assert words not in site.get("/").text
        happens(rim)
        goes_on(20)
        page = site.get("/").text
        assert page.index("Needs a look") < page.index(words) < page.index("<article")
        found = site.get("/api/v1/problems").json()
        assert [words.replace("&#39;", "'") in one["text"] for one in found] == [True]
        hears = ["guard"] if name == "mails failing" else ["guard", "lost"]
        assert told() == [(one, False) for one in hears], "once each, and not by the mail that fails"
        assert words in site.get("/notices").text
        rim.is_mended()
        goes_on(5)
        assert words not in site.get("/").text
        assert told() == [(one, over) for over in (False, True) for one in hears]
    finally:
        site.server.stop()
        db.dispose()

"""Whoever follows the decisions gets each, also where several hubs write and a lower number comes to disk later."""

import json
import threading
from collections.abc import Iterator
from queue import Empty, Queue
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from hub.store import open_store
from hub.store.write import put_decisions
from hub.web.following import LATE_S, MOST_LATE, Follower
from maskgate.messages import Decision, EventType
from tests.conftest import ManualClock
from tests.hub.postgres import Postgres
from tests.hub.web.conftest import Site, until


@pytest.fixture
def shared(postgres: Postgres) -> Iterator[Site]:
    made = Site(open_store(SecretStr(postgres.new())))
    made.server.start()
    yield made
    made.server.stop()
    made.db.dispose()


class Reader:
    """Somebody who follows over HTTP."""

    def __init__(self, site: Site, place: str | None = None) -> None:
        self.heard: Queue[str] = Queue()
        self.place = place
        self.opened = threading.Event()
        self._stop = False
        headers = {"Last-Event-ID": place} if place else {}
        self._client = httpx.Client(base_url=site.url, cookies={"maskgate": site.session()}, headers=headers)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self.opened.wait(20)

    def _run(self) -> None:
        with self._client.stream("GET", "/api/v1/events", timeout=20) as answer:
            for line in answer.iter_lines():
                if line.startswith("id: "):
                    self.place = line[4:]
                    self.opened.set()
                elif line.startswith("data: ") and '"event_type"' in line:
                    self.heard.put(json.loads(line[6:])["id"])
                if self._stop:
                    return

    def next(self) -> str:
        return self.heard.get(timeout=20)

    def leave(self) -> None:
        self._stop = True
        self._thread.join(20)


def decided(site: Site) -> Decision:
    return site.decision(EventType.DENIED)


def test_a_number_that_comes_to_disk_later_than_a_higher_one_is_told_too(shared: Site) -> None:
    slow, quick, third = (decided(shared) for _ in range(3))
    reader = Reader(shared)
    with shared.db.connect() as one, shared.db.connect() as other:
        put_decisions(one, [slow])  # a hub in the middle of its transaction
        put_decisions(other, [quick])
        other.commit()
        assert reader.next() == quick.id
        one.commit()
        assert reader.next() == slow.id
        put_decisions(other, [third])
        other.commit()
        assert reader.next() == third.id
    reader.leave()
    with pytest.raises(Empty):
        reader.heard.get_nowait()


def test_it_is_told_to_whoever_was_away_meanwhile(shared: Site) -> None:
    slow, quick = decided(shared), decided(shared)
    reader = Reader(shared)
    with shared.db.connect() as one, shared.db.connect() as other:
        one.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        put_decisions(one, [slow])
        put_decisions(other, [quick])
        other.commit()
        assert reader.next() == quick.id
        reader.leave()
        one.commit()
    assert reader.place
    back = Reader(shared, reader.place)
    assert back.next() == slow.id
    back.leave()
    assert "-" not in str(back.place), "nothing is waited for any more"


def test_who_has_heard_of_nothing_yet_has_a_place_too(site: Site) -> None:
    before, while_away = decided(site), decided(site)
    with site.db.begin() as tx:
        put_decisions(tx, [before])
    reader = Reader(site)
    reader.leave()
    with site.db.begin() as tx:
        put_decisions(tx, [while_away])
    back = Reader(site, reader.place)
    assert back.next() == while_away.id
    back.leave()
    until(lambda: site.live.viewers() == 0, "both to be gone")


def test_a_number_that_never_comes_is_waited_for_no_longer_than_a_transaction_lasts(
    site: Site, clock: ManualClock
) -> None:
    def row(number: int) -> Any:
        return type("Row", (), {"seq": number})()

    follower = Follower(site.db, clock, "7", 10)
    follower.take(row(10))
    assert follower.place == "10-8-9"
    follower.take(row(9))
    assert follower.place == "10-8"
    clock.advance(LATE_S + 0.1)
    follower.forget()
    assert follower.place == "10"
    follower.take(row(10**9))
    assert len(follower.place.split("-")) <= MOST_LATE + 1

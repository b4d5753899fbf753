"""Lists say what is stored, whatever they are filtered by, and look at little more than they show."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from hub.config import HubConfig
from hub.notices.plan import Status
from hub.store import lists, open_store, schema, writing
from hub.store.lists import Place, Wanted
from maskgate.messages import EventType
from maskgate.states import MaskState
from tests.hub.postgres import place
from tests.hub.web.crowd import fill

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DOORS, NODES = ("front", "yard"), ("cam-a", "cam-b", "cam-c")


def rows(count: int) -> list[dict[str, Any]]:
    """Verdicts, some of a moment, some revised; one node has been at two doors."""
    chance = random.Random(7)
    found: list[dict[str, Any]] = []
    for number in range(count):
        node = chance.choice(NODES)
        door = {"cam-a": "front", "cam-b": "yard"}.get(node) or chance.choice(DOORS)
        at = NOON + timedelta(seconds=chance.randrange(count // 2))
        found += [
            {
                "passage": f"passage-{number}", "revision": revision, "node": node, "door": door, "seen_from": at,
                "seen_to": at, "received_at": at, "state": chance.choice(list(MaskState)[:3]), "confidence": 0.9,
                "frames": 5, "faces_in_view": 1, "model": "m", "reason": "agreed",
            }
            for revision in range(1, 1 + chance.choice((1, 1, 1, 2)))
        ]  # fmt: skip
    return found


def pages(connection: Connection, wanted: Wanted) -> list[str]:
    """The passages of a list, read in small pages."""
    found: list[str] = []
    after: Place | None = None
    while page := lists.passage_rows(connection, wanted, 7, after):
        found += [row.passage for row, _ in page]
        after = Place(page[-1][0].received_at, page[-1][0].seq)
    return found


def test_each_filter_and_all_of_them_together_list_what_fits_in_order_and_once(database: str) -> None:
    db, stored = open_store(place(database)), rows(60)
    with writing(db) as tx:
        tx.execute(schema.passages.insert(), stored)
    newest = {row["passage"]: (number, row) for number, row in enumerate(stored)}
    spans = (None, NOON + timedelta(seconds=10))
    with db.connect() as connection:
        for door, node, state, since in product((None, *DOORS), (None, *NODES), (None, *MaskState), spans):
            fits = [
                (row["received_at"], number, passage) for passage, (number, row) in newest.items()
                if door in (None, row["door"]) and node in (None, row["node"]) and state in (None, row["state"])
                and (since is None or row["received_at"] >= since)
            ]  # fmt: skip
            wanted = Wanted(door=door, node=node, state=state, since=since)
            assert pages(connection, wanted) == [passage for _, _, passage in sorted(fits, reverse=True)], wanted
    db.dispose()


@contextmanager
def counted(connection: Connection, every: int = 100) -> Iterator[list[int]]:
    """Count the steps of SQLite's machine."""
    steps = [0]

    def step() -> int:
        steps[0] += every
        return 0

    raw: Any = connection.connection.driver_connection
    raw.set_progress_handler(step, every)
    yield steps
    raw.set_progress_handler(None, 0)


def test_a_list_in_which_nothing_fits_looks_at_next_to_nothing(tmp_path: Path) -> None:
    db = open_store(tmp_path / "hub.db")
    doors = [{"id": f"door-{n}", "name": "D", "nodes": [f"cam-{n}-a", f"cam-{n}-b"]} for n in range(8)]
    fill(db, HubConfig.model_validate({"doors": doors}), 5000, 30)
    wrong = MaskState.UNCERTAIN
    with writing(db) as tx:
        tx.exec_driver_sql("DELETE FROM passages WHERE state = 'uncertain' AND door = 'door-1'")
        tx.exec_driver_sql("DELETE FROM notices WHERE status = 'failed'")
    with db.connect() as connection:
        for wanted in (
            Wanted(node="cam-5-b", door="door-1"), Wanted(node="cam-1-a", state=wrong), Wanted(node="cam-9"),
            Wanted(node="cam-1-a", door="door-1", state=wrong), Wanted(door="door-1", state=wrong), Wanted(door="none"),
        ):  # fmt: skip
            with counted(connection) as steps:
                assert lists.passage_rows(connection, wanted, 50) == []
            assert steps[0] < 1000, wanted
        with counted(connection) as steps:
            assert lists.decision_rows(connection, Wanted(door="door-1", event=EventType.EMERGENCY), 50) == []
            assert lists.notice_rows(connection, 50, status=Status.FAILED, recipient="boss") == []
        assert steps[0] < 1000
        with counted(connection) as steps:
            assert len(lists.passage_rows(connection, Wanted(state=MaskState.MASK), 5000)) > 3000
        assert steps[0] > 20_000, "the count counts"
    db.dispose()

"""P9: erasing by passage, node, door, time or all, with an account of it; also while the hub runs."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from typer.testing import CliRunner

from hub.cli import app
from hub.config import HubConfig
from hub.notices.plan import plan
from hub.store import audits, erase, open_store, write, writing
from hub.store.erase import Erasure
from hub.store.schema import audit, counts, decisions, erasures, evidence, hours, notices, outbox, passages, refusals
from maskgate.ids import new_id
from maskgate.messages import Counters, Decision, EventType, Mode, Passage, VerdictReason
from maskgate.states import DecisionKind, MaskState
from tests.hub.postgres import place

from .conftest import Rig, passage, until

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TABLES = (passages, decisions, notices, evidence, refusals, outbox, counts, hours, audit)


@pytest.fixture
def db(database: str) -> Iterator[Engine]:
    """Four people: two at each door, an hour apart, each with all that is ever written of somebody."""
    engine = open_store(place(database))
    doors = [{"id": door, "name": door, "nodes": [f"{door}-cam"]} for door in ("front", "back")]
    config = HubConfig.model_validate(
        {"doors": doors, "notices": {"recipients": [{"id": "boss", "url": "json://localhost"}]}}
    )
    with writing(engine) as tx:
        for door in ("front", "back"):
            for hour in (0, 1):
                _person(tx, config, door, NOON + timedelta(hours=hour))
            write.add_counts(tx, {(door, "2026-11-23T12"): Counters(people=2, violations=2)})
    yield engine
    engine.dispose()


def _person(tx: Any, config: HubConfig, door: str, at: datetime) -> None:
    who = f"person-{door}-{at.hour}"
    seen = Passage(
        passage=who, revision=1, node=f"{door}-cam", seen_from=at, seen_to=at, published_at=at, faces_in_view=1,
        state=MaskState.NO_MASK, confidence=0.9, frames=5, model="m", reason=VerdictReason.AGREED,
    )  # fmt: skip
    decision = Decision(
        id=new_id(at), door=door, at=at, event_type=EventType.DENIED, decision=DecisionKind.DENY, mode=Mode.HARD,
        text="No mask", passage=who, revision=1, node=f"{door}-cam", state=MaskState.NO_MASK,
    )  # fmt: skip
    write.put_passages(tx, [(door, seen, at)])
    write.put_decisions(tx, [decision])
    audits.note(tx, at, "ana", "picture", door=door, passage=who, node=f"{door}-cam")
    write.put_notices(tx, [asdict(row) for row in plan(config, decision, 1, at)])
    write.put_evidence(
        tx, [{"passage": who, "node": f"{door}-cam", "door": door, "received_at": at, "jpeg": who.encode()}]
    )
    write.put_refusals(
        tx,
        [{"at": at, "sender": "?", "kind": "schema", "topic": "t", "reason": who, "size": 1, "payload": b"x"}],
    )
    write.put_letters(tx, [write.Letter(new_id(at), "t", who.encode())], at)
    write.mark_sent(tx, [tx.scalar(select(func.max(outbox.c.seq)))], at)


def left(db: Engine) -> dict[str, int]:
    with db.connect() as connection:
        return {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES}


ALL = {
    "passages": 4,
    "decisions": 4,
    "notices": 4,
    "evidence": 4,
    "refusals": 4,
    "outbox": 4,
    "counts": 2,
    "hours": 2,
    "audit": 4,
}
LATER = NOON + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("what", "people", "copies", "days"),
    [
        (Erasure(passage="person-front-12"), 1, 4, 0),
        (Erasure(passage="nobody"), 0, 4, 0),
        (Erasure(node="front-cam"), 2, 4, 0),
        (Erasure(door="front"), 2, 4, 1),
        (Erasure(door="front", since=LATER), 1, 2, 0),
        (Erasure(since=LATER), 2, 2, 0),
        (Erasure(until=LATER), 2, 2, 0),
        (Erasure(since=LATER, until=LATER), 0, 0, 0),
        (Erasure(), 4, 4, 2),
    ],
    ids=str,
)
def test_what_was_asked_for_goes_and_all_else_stays(
    db: Engine, what: Erasure, people: int, copies: int, days: int
) -> None:
    assert left(db) == ALL
    gone = erase.erase(db, what, NOON)
    expected = dict.fromkeys(("passages", "decisions", "notices", "evidence", "audit"), people)
    assert gone == expected | {"refusals": copies, "outbox": copies} | ({"counts": days, "hours": days} if days else {})
    assert left(db) == {name: count - gone.get(name, 0) for name, count in ALL.items()}
    (account,) = erase.since(db, 0)
    assert account == what
    with db.connect() as connection:
        assert connection.scalar(select(erasures.c.rows)) == gone


def test_what_is_erased_is_in_no_file_any_more(db: Engine, tmp_path: Path) -> None:
    if db.dialect.name != "sqlite":
        pytest.skip("PostgreSQL's own business")
    files = [tmp_path / "hub.db", tmp_path / "hub.db-wal"]
    assert any(b"person-front-12" in file.read_bytes() for file in files)
    erase.erase(db, Erasure(door="front"), NOON)
    assert not any(b"person-front-" in file.read_bytes() for file in files)
    assert any(b"person-back-12" in file.read_bytes() for file in files)


def test_a_command_that_waits_for_the_broker_is_not_erased(db: Engine) -> None:
    with writing(db) as tx:
        write.put_letters(tx, [write.Letter("waiting-1", "lock/set", b"LOCK")], NOON)
    erase.erase(db, Erasure(), NOON)
    assert left(db)["outbox"] == 1


def test_a_hub_that_runs_forgets_it_too(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(mode="soft")
    rig.see(passage("no_mask", who="gone"))
    rig.see(passage("mask", who="stays"))
    until(lambda: len(rig.confirmed) == 2, "both")
    other = open_store(rig.config.database)
    erase.erase(other, Erasure(passage="passage-gone"), rig.clock.now())
    erase.erase(other, Erasure(passage="passage-stays"), rig.clock.now())
    other.dispose()
    until(lambda: rig.engine.documents()["front"][0].last is None, "the door to forget")
    counted = rig.engine.documents()["front"][0]
    assert counted.counters.people == 2, "counts name nobody"
    other = open_store(rig.config.database)
    erase.erase(other, Erasure(door="front"), rig.clock.now())
    other.dispose()
    until(lambda: rig.engine.documents()["front"][0].counters.people == 0, "they go with the whole door")
    since = rig.engine.documents()["front"][0].counting_since
    assert since is not None
    assert since > counted.counting_since, "whoever adds days up must not take them for what was lost"
    with rig.db.connect() as connection:
        stored = json.dumps([list(row) for row in connection.execute(select_doors())])
    assert "passage-" not in stored
    rig.engine.stop()
    again = rig.make()
    again.start()
    assert again.documents()["front"][0].last is None
    again.stop()


def select_doors() -> Any:
    from hub.store.schema import doors

    return select(doors.c.machine, doors.c.state, doors.c.display)


def test_the_command_says_what_it_erased_and_asks_first(db: Engine, database: str, tmp_path: Path) -> None:
    file = tmp_path / "hub.yaml"
    file.write_text(
        f"timezone: Europe/Madrid\ndatabase: {database}\ndoors: [{{id: front, name: F, nodes: [front-cam]}}]\n"
    )
    run = CliRunner()

    def said(*words: str, answer: str = "") -> tuple[int, str]:
        result = run.invoke(app, ["erase", "--config", str(file), *words], input=answer)
        return result.exit_code, result.output

    assert said()[0] == 1
    assert said("--all", "--door", "front")[0] == 1
    assert said("--door", "front", answer="n\n")[0] == 1
    assert left(db) == ALL
    code, text = said("--since", "2026-11-23T13:30", "--until", "2026-11-24", "--yes")  # 12:30 UTC
    assert (code, "passages: 2\n" in text, "Back-ups" in text) == (0, True, True)
    assert left(db)["passages"] == 2
    code, text = said("--all", answer="y\n")
    assert code == 0
    assert sum(left(db).values()) == 0


def test_the_command_shows_what_was_refused(db: Engine, database: str, tmp_path: Path) -> None:
    file = tmp_path / "hub.yaml"
    file.write_text(f"database: {database}\ndoors: [{{id: front, name: F, nodes: [front-cam]}}]\n")
    result = CliRunner().invoke(app, ["refused", "--config", str(file), "--limit", "1"])
    assert result.output == "2026-11-23T13:00:00+00:00 ? schema: person-back-13\n    t 1 bytes b'x'\n"

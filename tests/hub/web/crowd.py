"""A store as a month with many people leaves it, made quickly: rows by the thousand, indexes at the end."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, product
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, func, select

from hub.config import HubConfig
from hub.policy import say
from hub.store import schema, writing
from hub.store.write import put_doors, put_node
from maskgate.messages import (
    CameraState,
    Counters,
    Decision,
    DisplayKind,
    DoorState,
    EventType,
    Latency,
    LockState,
    Mode,
    NodeHealth,
)
from maskgate.states import DecisionKind, MaskState

DOORS = 8
#: Rows that are handed over at once.
STEP = 20_000
#: Of so many passages one has a second verdict.
REVISED = 20
SHARES = {MaskState.MASK: 80, MaskState.INCORRECT: 5, MaskState.NO_MASK: 12, MaskState.UNCERTAIN: 3}
STATES = random.Random(1).choices(list(SHARES), list(SHARES.values()), k=997)
ID, AT = "the-passage", "2000-01-01T00:00:00.000Z"

Row = tuple[Any, ...]


def fill(db: Engine, config: HubConfig, count: int, days: int) -> None:
    """Spread `count` passages over the last days, with all that follows from them. Raises `SystemExit` if not empty."""
    now = datetime.now(UTC)
    many(db, count, days, now)
    with writing(db) as tx:
        _present(tx, config, now)
        _counts(tx, config, now)
    if db.dialect.name == "postgresql":
        with writing(db) as tx:
            tx.exec_driver_sql("SET LOCAL statement_timeout = 0")
            tx.exec_driver_sql("ANALYZE")


def many(db: Engine, count: int, days: int, now: datetime) -> None:
    """Put in what there is much of; the tables may be those of an older program."""
    with writing(db) as tx:
        if tx.dialect.name == "postgresql":  # a million rows take longer than any statement of the hub may
            tx.exec_driver_sql("SET LOCAL statement_timeout = 0")
        if tx.scalar(select(func.count()).select_from(schema.passages)):
            raise SystemExit("this store is not empty")
        tables = MetaData()
        tables.reflect(tx, only=["passages", "decisions", "notices"])
        indexes = [index for table in tables.tables.values() for index in table.indexes]
        for index in indexes:
            index.drop(tx)
        put = _copy if tx.dialect.name == "postgresql" else _insert
        for name, columns, rows in _rows(count, days, now):
            put(tx, name, columns, rows)
        for index in sorted(indexes, key=lambda one: str(one.name)):
            index.create(tx)


def _rows(count: int, days: int, now: datetime) -> Iterator[tuple[str, tuple[str, ...], Iterator[Row]]]:
    """Yield table, columns and rows of what there is much of."""
    end, span = round(now.timestamp() * 1000), days * 86_400_000

    def at(number: int) -> int:
        return end - span * (count - number) // count

    def passages() -> Iterator[Row]:
        for number in range(count):
            door, camera = number % DOORS, "ab"[number // DOORS % 2]
            when = at(number)
            row = (f"{number:032x}", f"cam-{door}-{camera}", f"door-{door}", when - 900, when - 100, when,
                   0.97, 5, 1, "m1", "agreed")  # fmt: skip
            state = STATES[number % len(STATES)]
            if number % REVISED == 0:
                yield (1, "no_mask", *row)
                yield (2, state, *row)
            else:
                yield (1, state, *row)

    documents = _documents()

    def decisions() -> Iterator[Row]:
        for number in range(count):
            door, camera, state = number % DOORS, number // DOORS % 2, STATES[number % len(STATES)]
            revision = 2 if number % REVISED == 0 else 1
            event, kind, document = documents[door, camera, state, revision]
            name, when = f"{number:032x}", datetime.fromtimestamp(at(number) / 1000, UTC)
            text = document.replace(ID, name).replace(AT, f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03}Z")
            yield (name, f"door-{door}", at(number), name, revision, event, kind, text)

    def notices() -> Iterator[Row]:
        for number in range(count):
            if STATES[number % len(STATES)] in (MaskState.NO_MASK, MaskState.INCORRECT):
                status = "failed" if number % 1000 == 0 else "sent" if number % 10 == 0 else "suppressed"
                name, when = f"{number:032x}", at(number)
                yield (name, "boss", f"door-{number % DOORS}", "violation", when, "{}", status, 1, when, when, name)

    yield ("passages", ("revision", "state", "passage", "node", "door", "seen_from", "seen_to", "received_at",
                        "confidence", "frames", "faces_in_view", "model", "reason"), passages())  # fmt: skip
    yield ("decisions", ("id", "door", "at", "passage", "revision", "event_type", "decision", "document"), decisions())
    yield ("notices", ("id", "recipient", "door", "kind", "created_at", "facts", "status", "attempts", "next_try",
                       "sent_at", "counted_in"), notices())  # fmt: skip


def _documents() -> dict[tuple[int, int, MaskState, int], tuple[str, str, str]]:
    """Return what decisions say, by door, camera and state, as documents of the program itself."""
    made = {}
    for door, camera, state, revision in product(range(DOORS), range(2), MaskState, (1, 2)):
        bad = state is not MaskState.MASK
        event, kind = (EventType.DENIED, DecisionKind.DENY) if bad else (EventType.GRANTED, DecisionKind.GRANT)
        values = {
            "id": ID, "door": f"door-{door}", "at": AT, "event_type": event, "decision": kind, "mode": Mode.HARD,
            "text": "As seen", "passage": ID, "revision": revision, "node": f"cam-{door}-{'ab'[camera]}",
            "state": state, "confidence": 0.97, "faces_in_view": 1, "seen_to": AT,
        }  # fmt: skip
        document = Decision.model_validate(values).model_dump_json()
        made[door, camera, state, revision] = (event.value, kind.value, document)
    return made


def _insert(tx: Connection, table: str, columns: tuple[str, ...], rows: Iterator[Row]) -> None:
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
    while some := list(islice(rows, STEP)):
        tx.exec_driver_sql(statement, some)


def _copy(tx: Connection, table: str, columns: tuple[str, ...], rows: Iterator[Row]) -> None:
    cursor = tx.connection.cursor()
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:  # type: ignore[attr-defined]
        for row in rows:
            copy.write_row(row)
    cursor.close()


def _present(tx: Connection, config: HubConfig, now: datetime) -> None:
    """Doors and nodes as they stand."""
    for door in config.doors:
        last = Decision(
            id="the-last", door=door.id, at=now, event_type=EventType.GRANTED, decision=DecisionKind.GRANT,
            mode=Mode.HARD, text="A mask is worn", passage="the-last", revision=1, node=door.nodes[0],
            state=MaskState.MASK, confidence=0.97, faces_in_view=1, seen_to=now,
        )  # fmt: skip
        state = DoorState(
            door=door.id, name=door.name, at=now, mode=Mode.HARD, entry=door.policy.entry, lock=LockState.LOCKED,
            last=last, counters=Counters(people=800, violations=90),
        )  # fmt: skip
        display = say(door.id, DisplayKind.IDLE, config.languages(door), now)
        documents = {"state": state.model_dump(mode="json"), "display": display.model_dump(mode="json")}
        put_doors(tx, now, {door.id: {"machine": {}, **documents}})
        for node in door.nodes:
            health = NodeHealth(
                node=node, at=now, version="1", camera=CameraState.OK, detector="ok", model="m1", fps=14.8,
                latency_ms=Latency(p50=31, p95=48), temperature_c=52.4, memory_mb=140, outbox=0,
            )  # fmt: skip
            put_node(tx, node, now, {"availability": "online", "health": health.model_dump(mode="json")})


def _counts(tx: Connection, config: HubConfig, now: datetime) -> None:
    """400 days, by hour and by day."""
    say_: dict[Any, Callable[[datetime], str]] = {
        schema.hours: lambda at: f"{at:%Y-%m-%dT%H}", schema.counts: lambda at: f"{at:%Y-%m-%d}",
    }  # fmt: skip
    for table, key in say_.items():
        column = "hour" if table is schema.hours else "day"
        keys = sorted({key(now - timedelta(hours=back)) for back in range(400 * 24)})
        rows = [
            {"door": door.id, column: one, "people": 20 + number % 17, "violations": number % 5, "late": 0}
            for door in config.doors for number, one in enumerate(keys)
        ]  # fmt: skip
        for start in range(0, len(rows), STEP):
            tx.execute(table.insert(), rows[start : start + STEP])

"""`make bench-web`: fill a store with passages and time each page and call at the server.

Times are the application's own, from a request handed in to the whole answer, without a network; p50 and p99 in ms.
Streams and whole exports have no such time; of the export its first piece is timed.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr
from sqlalchemy import Engine, func, select

from hub.config import HubConfig
from hub.live import Live
from hub.roles import Role
from hub.store import access, open_store, schema, writing
from hub.store.write import put_door, put_node
from hub.web.app import make_app
from hub.web.context import Context
from hub.web.health import Health
from hub.web.security.secrets import kept, new_secret
from maskgate.clock import SystemClock
from maskgate.messages import Decision, DoorState, Entry, EventType, LockState, Mode
from maskgate.states import DecisionKind, MaskState

DOORS, DAYS, STEP = 8, 30, 10_000
STATES = random.Random(1).choices(list(MaskState), (80, 5, 12, 3), k=1000)


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--store", help="postgresql://...; a SQLite file of its own when left out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="maskgate-bench-") as folder:
        db = open_store(SecretStr(options.store) if options.store else Path(folder) / "hub.db")
        config = make_config()
        began = time.monotonic()
        fill(db, config, options.passages)
        print(f"{options.passages} passages in {db.dialect.name}, filled in {time.monotonic() - began:.0f} s")
        asyncio.run(ask(db, config, options.rounds))
        db.dispose()


def make_config() -> HubConfig:
    """A site with some doors and two cameras at each."""
    doors = [{"id": f"door-{n}", "name": f"Door {n}", "nodes": [f"cam-{n}-a", f"cam-{n}-b"]} for n in range(DOORS)]
    return HubConfig.model_validate({"doors": doors})


def fill(db: Engine, config: HubConfig, count: int) -> None:
    """Spread `count` passages, each with its decision, over the last days; and half as many notices."""
    now = datetime.now(UTC)
    with db.connect() as connection:
        if connection.scalar(select(func.count()).select_from(schema.passages)):
            raise SystemExit("this store is not empty")
    for start in range(0, count, STEP):
        made = [one(number, count, now) for number in range(start, min(start + STEP, count))]
        with writing(db) as tx:
            tx.execute(schema.passages.insert(), [row for row, _, _ in made])
            tx.execute(schema.decisions.insert(), [row for _, row, _ in made])
            tx.execute(schema.notices.insert(), [row for _, _, row in made if row])
    with writing(db) as tx:
        for door in config.doors:
            state = DoorState(door=door.id, name=door.name, at=now, mode=Mode.SOFT, entry=Entry.OPEN,
                              lock=LockState.UNKNOWN)  # fmt: skip
            display = {"v": 1, "door": door.id, "at": state.model_dump(mode="json")["at"], "kind": "idle",
                       "title": "Welcome", "text": "", "language": "en"}  # fmt: skip
            put_door(tx, door.id, now, machine={}, state=state.model_dump(mode="json"), display=display)
            for node in door.nodes:
                put_node(tx, node, now, {"availability": "online"})
        for table, column, form, unit in (
            (schema.hours, "hour", "%Y-%m-%dT%H", timedelta(hours=1)),
            (schema.counts, "day", "%Y-%m-%d", timedelta(days=1)),
        ):  # fmt: skip
            often = timedelta(days=400) // unit
            keys = {(now - unit * back).strftime(form) for back in range(often)}
            counted = {"people": 20, "violations": 2, "late": 0}
            tx.execute(
                table.insert(), [counted | {"door": door.id, column: key} for door in config.doors for key in keys]
            )
        if db.dialect.name == "postgresql":
            tx.exec_driver_sql("ANALYZE")


def one(number: int, count: int, now: datetime) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]:
    """Return the rows of one passage."""
    at = now - timedelta(days=DAYS) * ((count - number) / count)
    door, state = number % DOORS, STATES[number % len(STATES)]
    node, passage = f"cam-{door}-{'ab'[number // DOORS % 2]}", f"{number:032x}"
    row = {
        "passage": passage, "revision": 1, "node": node, "door": f"door-{door}", "seen_from": at, "seen_to": at,
        "received_at": at, "state": state, "confidence": 0.97, "frames": 5, "faces_in_view": 1, "model": "m1",
        "reason": "agreed",
    }  # fmt: skip
    bad = state in (MaskState.NO_MASK, MaskState.INCORRECT)
    event, kind = (EventType.DENIED, DecisionKind.DENY) if bad else (EventType.GRANTED, DecisionKind.GRANT)
    decision = Decision(
        id=passage, door=f"door-{door}", at=at, event_type=event, decision=kind, mode=Mode.HARD, text="As seen",
        passage=passage, revision=1, node=node, state=state, confidence=0.97, faces_in_view=1, seen_to=at,
    )  # fmt: skip
    fields = {"id", "door", "at", "passage", "revision", "event_type", "decision"}
    decided = decision.model_dump(include=fields) | {"document": decision.model_dump(mode="json")}
    notice = {
        "id": passage, "recipient": "boss", "door": f"door-{door}", "kind": "violation", "created_at": at, "facts": {},
        "status": "failed" if number % 1000 == 0 else "sent", "attempts": 1, "next_try": at, "sent_at": at,
        "counted_in": passage,
    }  # fmt: skip
    return row, decided, notice if number % 2 else None


def calls(config: HubConfig, count: int) -> Iterator[str]:
    """Yield each address that is timed: the first page, a page far back, each filter."""
    middle = datetime.now(UTC) - timedelta(days=DAYS / 2)
    far = f"{round(middle.timestamp() * 1000)}-{count // 2}"
    day = f"since={middle:%Y-%m-%dT%H:%M:%SZ}&until={middle + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    yield from ("/", "/sign-in", "/account", "/display/door-0", "/healthz", "/readyz", "/metrics")
    local = f"since={middle:%Y-%m-%dT%H:%M}"
    yield from ("/doors/door-0", "/passages", f"/passages?cursor={far}", f"/passages?door=door-3&state=no_mask&{local}")
    yield from (f"/passages/{count // 2:032x}", "/charts?days=90", "/charts?days=7&door=door-1", "/nodes", "/notices")
    yield from ("/notices?status=failed", "/people", "/audit", "/assets/tabler.css")
    api = "/api/v1/"
    yield from (api + name for name in ("doors", "doors/door-0", "nodes", "nodes/cam-0-a", "me", "people", "tokens"))
    for name in ("passages", "decisions"):
        yield f"{api}{name}"
        yield f"{api}{name}?cursor={far}"
        yield f"{api}{name}?{day}"
        yield f"{api}{name}?door=door-3&cursor={far}"
    yield f"{api}passages?limit=500"
    yield f"{api}passages?node=cam-5-b"
    yield f"{api}passages?state=uncertain&cursor={far}"
    yield f"{api}passages?node=cam-5-b&state=uncertain&{day}"
    yield f"{api}passages?door=door-1&node=cam-1-a&state=incorrect&cursor={far}"
    yield f"{api}passages?node=cam-5-b&door=door-1"  # nothing fits
    yield f"{api}passages/{count // 2:032x}"
    yield f"{api}decisions?event=denied&cursor={far}"
    yield f"{api}decisions?event=emergency"
    yield from (f"{api}notices", f"{api}notices?status=failed", f"{api}notices?recipient=boss&cursor={count // 4}")
    yield f"{api}counts"
    yield f"{api}counts?by=hour&since={middle:%Y-%m-%d}"
    yield f"{api}counts?by=day&since={datetime.now(UTC) - timedelta(days=399):%Y-%m-%d}"
    yield f"{api}counts?by=door&since={datetime.now(UTC) - timedelta(days=399):%Y-%m-%d}"
    yield from (f"{api}export/counts.csv", f"{api}audit", f"{api}openapi.json")


async def ask(db: Engine, config: HubConfig, rounds: int) -> None:
    """Time each address."""
    clock, secret = SystemClock(), new_secret()
    with writing(db) as tx:
        access.add_person(tx, "bench", Role.ADMIN, "none", clock.now())
        access.add_session(tx, kept(secret), "bench", "127.0.0.1", clock.now())
        count = tx.scalar(select(func.count()).select_from(schema.passages)) or 0
    app, slow = make_app(Context(config, db, Live(), clock, Health)), []
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", cookies={"maskgate": secret}
    ) as client:
        print(f"{'p50 ms':>8} {'p99 ms':>8}  address")
        for address in calls(config, count):
            times = []
            for _ in range(rounds):
                began = time.perf_counter()
                answer = await client.get(address)
                times.append((time.perf_counter() - began) * 1000)
                if answer.status_code != 200:
                    raise SystemExit(f"{address}: {answer.status_code} {answer.text[:200]}")
            times.sort()
            p50, p99 = times[len(times) // 2], times[min(len(times) - 1, int(len(times) * 0.99))]
            print(f"{p50:8.1f} {p99:8.1f}  {address}")
            slow += [address] if p99 >= 100 else []
    print(f"{len(slow)} of them took 100 ms or more at p99" + "".join(f"\n  {address}" for address in slow))


if __name__ == "__main__":
    main()

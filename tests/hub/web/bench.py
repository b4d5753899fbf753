"""`make bench-web`: fill a store with passages and time each page and call at the server.

Times are the application's own, from a request handed in to the whole answer, without a network: the first call, and
p50 and p99 of those that follow. Beside them stands the processor time of the calls, which neighbours on the machine
move less, and what PostgreSQL says that it works for one. Whatever walks a whole table that grows is named. Streams and
whole exports of passages have no such time.
"""

import argparse
import asyncio
import gc
import os
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from pydantic import SecretStr
from sqlalchemy import Engine, func, select

from hub.config import HubConfig
from hub.live import Live
from hub.roles import Role
from hub.store import access, open_store, schema, writing
from hub.web.app import make_app
from hub.web.context import Context
from hub.web.health import Health
from hub.web.security.secrets import kept, new_secret
from maskgate.clock import SystemClock
from tests.hub.web.crowd import DOORS, fill
from tests.hub.web.plans import explained, heard

DAYS = 30
#: What no call should take at p99, and what part of it its work may be.
LIMIT_MS, HEAVY_MS = 100, 50


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
        fill(db, config, options.passages, DAYS)
        print(
            f"{options.passages} passages in {db.dialect.name}, filled in {time.monotonic() - began:.0f} s", flush=True
        )
        asyncio.run(ask(db, config, options.rounds))
        db.dispose()


def make_config() -> HubConfig:
    """A site with some doors, a lock and two cameras at each."""
    return HubConfig.model_validate(
        {
            "doors": [
                {
                    "id": f"door-{n}",
                    "name": f"Door {n}",
                    "nodes": [f"cam-{n}-a", f"cam-{n}-b"],
                    "lock": {"command_topic": f"lock/{n}/set", "feedback_topic": f"lock/{n}"},
                    "policy": {"mode": "hard", "entry": "controlled"},
                }
                for n in range(DOORS)
            ]
        }
    )


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
    # Nothing fits.
    yield f"{api}passages?node=cam-5-b&door=door-1"
    yield f"{api}passages?node=cam-5-b&door=door-1&state=uncertain"
    yield f"{api}passages?node=cam-{DOORS - 1}-c"
    yield f"{api}decisions?door=door-3&event=emergency"
    yield f"{api}notices?recipient=boss&status=waiting"
    yield f"{api}notices?recipient=nobody&status=failed"
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
        count = tx.scalar(select(func.count()).select_from(schema.passages).where(schema.passages.c.revision == 1)) or 0
    app = make_app(Context(config, db, Live(), clock, Health))
    app.openapi()  # a hub does so at its start
    gc.collect()
    gc.freeze()  # as `maskgate hub run` does, so that what stays is not looked through again and again
    late, heavy, walks = list[str](), list[str](), list[str]()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", cookies={"maskgate": secret}
    ) as client:
        print(f"{'first ms':>8} {'p50 ms':>8} {'p99 ms':>8} {'cpu p50':>8} {'cpu p99':>8} {'store ms':>8}  address")
        for address in calls(config, count):
            times, works = list[float](), list[float]()
            for _ in range(rounds + 1):
                began, worked = time.perf_counter(), time.process_time()
                answer = await client.get(address)
                works.append((time.process_time() - worked) * 1000)
                times.append((time.perf_counter() - began) * 1000)
                if answer.status_code != 200:
                    raise SystemExit(f"{address}: {answer.status_code} {answer.text[:200]}")
            with heard(db) as asked:
                await client.get(address)
            store, walked = explained(db, asked)
            p50, p99 = middle_and_worst(times[1:])
            cpu50, cpu99 = middle_and_worst(works[1:])
            print(
                f"{times[0]:8.1f} {p50:8.1f} {p99:8.1f} {cpu50:8.1f} {cpu99:8.1f} {store:8.1f}  {address}", flush=True
            )
            late += [address] if p99 >= LIMIT_MS else []
            heavy += [address] if cpu99 + store >= HEAVY_MS else []
            walks += [f"{address}: {one}" for one in walked]
    print(f"{len(walks)} statements walk a whole table that grows" + "".join(f"\n  {one}" for one in walks))
    print(f"{len(heavy)} of them cost {HEAVY_MS} ms of work or more" + "".join(f"\n  {one}" for one in heavy))
    print(f"{len(late)} of them took {LIMIT_MS} ms or more at p99, with a load of {os.getloadavg()[0]:.1f} on "
          f"{os.cpu_count()} processors" + "".join(f"\n  {one}" for one in late))  # fmt: skip


def middle_and_worst(times: list[float]) -> tuple[float, float]:
    """Return p50 and p99."""
    times = sorted(times)
    return times[len(times) // 2], times[min(len(times) - 1, int(len(times) * 0.99))]


if __name__ == "__main__":
    main()

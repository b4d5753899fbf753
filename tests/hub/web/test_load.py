"""No page and no call works harder because more is stored: counted in the steps of SQLite's machine, not in time."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, event

from hub.live import Live
from hub.roles import Role
from hub.store import access, open_store, writing
from hub.web.app import make_app
from hub.web.context import Context
from hub.web.health import Health
from hub.web.security.secrets import kept, new_secret
from maskgate.clock import SystemClock
from tests.hub.web.bench import DAYS, calls, make_config
from tests.hub.web.crowd import fill

FEW, MANY = 4_000, 24_000
#: How exactly steps are counted.
EVERY = 50


@contextmanager
def counted(db: Engine) -> Iterator[list[int]]:
    """Count the steps of every connection."""
    steps = [0]

    def step() -> int:
        steps[0] += EVERY
        return 0

    def begin(raw: Any, _record: Any, _proxy: Any) -> None:
        raw.set_progress_handler(step, EVERY)

    event.listen(db, "checkout", begin)
    try:
        yield steps
    finally:
        event.remove(db, "checkout", begin)


async def steps_of(db: Engine, count: int) -> dict[str, int]:
    config, clock, secret = make_config(), SystemClock(), new_secret()
    with writing(db) as tx:
        access.add_person(tx, "bench", Role.ADMIN, "none", clock.now())
        access.add_session(tx, kept(secret), "bench", "127.0.0.1", clock.now())
    transport = httpx.ASGITransport(make_app(Context(config, db, Live(), clock, Health)))
    found = {}
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1", cookies={"maskgate": secret}
    ) as client:
        for number, address in enumerate(calls(config, count)):
            with counted(db) as steps:
                assert (await client.get(address)).status_code == 200, address
            found[f"{number} {address.split('cursor')[0].split('since')[0]}"] = steps[0]
    return found


def test_no_call_looks_at_more_rows_because_more_are_stored(tmp_path: Path) -> None:
    found = []
    for count in (FEW, MANY):
        db = open_store(tmp_path / f"{count}.db")
        fill(db, make_config(), count, DAYS)
        found.append([*asyncio.run(steps_of(db, count)).items()])
        db.dispose()
    few, many = found
    assert len(few) == len(many) > 50
    # A walk along the whole of a table takes some steps for each row.
    harder = {
        name: (before, after) for (_, before), (name, after) in zip(few, many, strict=True)
        if after - before > (MANY - FEW) / 2
    }  # fmt: skip
    assert harder == {}
    assert max(after for _, after in many) > MANY, "the count counts"

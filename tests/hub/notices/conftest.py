"""A real mail server, a real store, and what a door decides."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from hub.config import HubConfig
from hub.notices.plan import plan
from hub.notices.worker import Worker
from hub.store.open import writing
from hub.store.schema import notices
from hub.store.write import put_notices
from maskgate.ids import new_id
from maskgate.messages import Decision, EventType, Mode
from maskgate.states import DecisionKind, MaskState
from tests.conftest import ManualClock

LIMIT = 20.0


def make_config(*recipients: dict[str, Any], keep_evidence: bool = False, **more: Any) -> HubConfig:
    return HubConfig.model_validate(
        {
            "site": "Head office",
            "timezone": "Europe/Madrid",
            "doors": [{"id": "front", "name": "Front entry", "nodes": ["cam"]}],
            "notices": {"recipients": list(recipients), **more},
            "keep_evidence": keep_evidence,
        }
    )


class Hall:
    """A door whose refusals go into the store as the hub puts them there, and the worker that mails them."""

    def __init__(self, db: Engine, clock: ManualClock, config: HubConfig) -> None:
        self.db, self.clock, self.config = db, clock, config
        self.worker = Worker(config, db, clock)
        self.today = 0
        self.people: list[str] = []

    def deny(self, count: int = 1, *, every: float = 0.0, mode: Mode = Mode.HARD, **changes: Any) -> None:
        for _ in range(count):
            self.today += 1
            now = self.clock.now()
            decision = Decision.model_validate(
                {
                    "id": new_id(now),
                    "door": "front",
                    "at": now - timedelta(milliseconds=20),
                    "event_type": EventType.DENIED,
                    "decision": DecisionKind.DENY if mode is Mode.HARD else DecisionKind.OBSERVE,
                    "mode": mode,
                    "text": "No mask, entry refused" if mode is Mode.HARD else "No mask",
                    "passage": new_id(now),
                    "revision": 1,
                    "state": MaskState.NO_MASK,
                    "confidence": 0.974,
                    **changes,
                }
            )
            with writing(self.db) as conn:
                put_notices(conn, [asdict(row) for row in plan(self.config, decision, self.today, now)])
            self.clock.advance(every)

    def rows(self) -> list[Any]:
        with self.db.connect() as conn:
            return list(conn.execute(select(notices).order_by(notices.c.seq)))

    def until(self, condition: Callable[[list[Any]], bool], what: str) -> list[Any]:
        """Wake the worker until the rows are as wanted."""
        tick = threading.Event()
        for _ in range(int(LIMIT / 0.02)):
            self.worker.wake()
            rows = self.rows()
            if condition(rows):
                return rows
            tick.wait(0.02)
        shown = [(row.kind, row.status, row.attempts, row.last_error) for row in self.rows()[-5:]]
        raise AssertionError(f"{what}: not within {LIMIT} s; the last rows: {shown}")

    def until_status(self, *statuses: str) -> list[Any]:
        return self.until(lambda rows: [row.status for row in rows] == list(statuses), str(statuses))


@pytest.fixture
def hall(db: Engine, clock: ManualClock) -> Iterator[Callable[..., Hall]]:
    halls: list[Hall] = []

    def make(*recipients: dict[str, Any], **more: Any) -> Hall:
        made = Hall(db, clock, make_config(*recipients, **more))
        halls.append(made)
        return made

    yield make
    for made in halls:
        made.worker.stop()

"""A real mail server, a real store, and what a door decides."""

import asyncio
import email
import email.policy
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import Engine, select

from hub.config import HubConfig
from hub.notices.plan import plan
from hub.notices.worker import Worker
from hub.store.open import open_store, writing
from hub.store.schema import notices
from hub.store.write import put_notices
from maskgate.demo.broker import free_port
from maskgate.ids import new_id
from maskgate.messages import Decision, EventType, Mode
from maskgate.states import DecisionKind, MaskState
from tests.conftest import ManualClock
from tests.hub.postgres import place

LIMIT = 20.0


class MailServer:
    """An SMTP server on the loopback that can be stopped and started on the same port."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mails: list[EmailMessage] = []
        self.refused: set[str] = set()
        self.delay = 0.0  # before it says that it took a mail
        self.busy = 0  # so many mails it does not take, for now
        self._controller: Controller | None = None

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address in self.refused:
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        if self.busy:
            self.busy -= 1
            return "451 busy, try again later"
        await asyncio.sleep(self.delay)
        self.mails.append(mail)
        return "250 OK"

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def url(self, to: str = "guard") -> str:
        return f"mailto://127.0.0.1:{self.port}?from=hub@example.org&to={to}@example.org"


def part(mail: EmailMessage, kind: str) -> str:
    """Return the text of a mail's part, `plain` or `html`."""
    body = mail.get_body((kind,))
    assert body is not None
    content: str = body.get_content()
    return content


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def db(database: str) -> Iterator[Engine]:
    engine = open_store(place(database))
    yield engine
    engine.dispose()


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

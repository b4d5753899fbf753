"""A hub without a broker: real store, real doors, real server; commands from the pages reach the policy."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from hub.engine import DoorEngine
from hub.notices.plan import plan
from hub.roles import Role
from hub.store.open import writing
from hub.store.write import put_decisions, put_evidence, put_passages
from hub.web import Server
from hub.web.security.issuing import new_token
from hub.web.security.secrets import form_token
from maskgate.ids import new_id
from maskgate.messages import EventType, Passage, VerdictReason
from maskgate.mqtt import Inbound
from maskgate.states import MaskState

from .conftest import Site


@dataclass
class Hall(Site):
    """See the module."""

    confirmed: list[Inbound] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = DoorEngine(self.config, self.db, self.clock, plan=plan, confirm=self.confirmed.append)
        self.engine.subscribe(lambda door, state, display, _made: self.live.publish(door, state, display))
        self.server = Server(
            self.config, self.db, self.live, self.clock, health=lambda: self.health, submit=self.engine.submit, port=0,
            stats=lambda: {"passages": 7.0},
        )  # fmt: skip

    def begin(self) -> None:
        self.engine.start()
        self.server.start()

    def end(self) -> None:
        self.server.stop()
        self.engine.stop()

    def browser(self, role: Role = Role.VIEWER) -> httpx.Client:
        """Somebody with that role who is signed in, whose requests come from a page of ours."""
        secret = self.session(role)
        return httpx.Client(
            base_url=self.url, cookies={"maskgate": secret}, headers={"X-CSRF-Token": form_token(secret)}, timeout=20
        )

    def machine(self, role: Role = Role.VIEWER, **options: Any) -> httpx.Client:
        """A program that shows a token."""
        with writing(self.db) as tx:
            given = {"name": "test", "days": 1.0, "by": "a-admin", **options}
            _, secret = new_token(tx, self.clock.now(), role=role, **given)
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {secret}"}, timeout=20)

    def passage(self, state: MaskState = MaskState.NO_MASK, *, door: str = "front", picture: bytes = b"") -> str:
        """Store a passage, its decision, and its picture where one is given; returns its id."""
        now = self.clock.now()
        seen = Passage(
            passage=new_id(now), revision=1, node=f"cam-{door}", seen_from=now, seen_to=now, published_at=now,
            state=state, confidence=0.974, frames=5, faces_in_view=1, model="m1", reason=VerdictReason.AGREED,
        )  # fmt: skip
        event_type = EventType.GRANTED if state is MaskState.MASK else EventType.DENIED
        made = self.decision(event_type, door=door, state=state, passage=seen.passage)
        with writing(self.db) as tx:
            put_passages(tx, [(door, seen, now)])
            put_decisions(tx, [made])
            if picture:
                put_evidence(tx, [{"passage": seen.passage, "node": f"cam-{door}", "door": door, "received_at": now,
                                   "jpeg": picture}])  # fmt: skip
        return seen.passage

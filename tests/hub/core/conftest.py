"""A site on a real broker: the hub's core, and a friend who is node, lock and Home Assistant at once."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, func, select

from hub.config import HubConfig
from hub.core import Core
from hub.engine import DoorEngine
from hub.notices.plan import plan
from hub.policy import LockCommand
from hub.store import open_store
from hub.store.schema import outbox
from maskgate.clock import Clock, SystemClock
from maskgate.config import MqttSettings
from maskgate.demo.broker import Broker
from maskgate.messages import DoorCommand, DoorState, Passage, VerdictReason, decode, encode
from maskgate.mqtt import Inbound, Link, Outbound
from maskgate.states import MaskState

LIMIT = 20.0


def make_config(port: int, database: str, **policy: Any) -> HubConfig:
    """One hard, controlled door with short holds; everything may be overruled."""
    lock = {
        "command_topic": "lock/set", "feedback_topic": "lock/state", "feedback_within": policy.pop("within", 1.0),
        "attempts": policy.pop("attempts", 2), "payload_lock": "LOCK {id}", "payload_unlock": "UNLOCK {id}",
    }  # fmt: skip
    more = {"keep_evidence": policy.pop("keep_evidence", False)}
    rule = {"mode": "hard", "entry": "controlled", "grant_hold": 1.0, "deny_hold": 1.0, **policy}
    return HubConfig.model_validate(
        {
            "mqtt": {"host": "127.0.0.1", "port": port},
            "database": database,
            "doors": [{"id": "front", "name": "Front", "nodes": ["cam"], "lock": lock, "policy": rule}],
            "notices": {"recipients": [{"id": "boss", "url": "json://127.0.0.1:9"}]},
            **more,
        }
    )


def make_core(config: HubConfig, db: Engine, clock: Clock | None = None) -> Core:
    return Core(
        config, db, clock or SystemClock(), plan=plan,
        discovery=lambda _config: [Outbound("homeassistant/device/x/config", b"{}", retain=True)],
    )  # fmt: skip


def until(holds: Callable[[], Any], what: str = "it", limit: float = LIMIT) -> Any:
    """Wait until something holds, and return it."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.005)
    raise AssertionError(f"waited {limit} s for {what}")


def passage(state: str = "mask", *, who: str = "a", revision: int = 1, age: float = 0.0) -> Passage:
    seen = datetime.now(UTC) - timedelta(seconds=age)
    return Passage(
        passage=f"passage-{who}", revision=revision, node="cam", seen_from=seen, seen_to=seen, published_at=seen,
        state=MaskState(state), confidence=0.9, frames=5, faces_in_view=1, model="m", reason=VerdictReason.AGREED,
    )  # fmt: skip


class Friend:
    """Everybody around the hub. Keeps all it hears, in order."""

    def __init__(self, port: int, *, obeys: bool = True) -> None:
        self.obeys = obeys
        self.heard: list[Inbound] = []
        self._news = threading.Lock()
        self.link = Link(
            MqttSettings(host="127.0.0.1", port=port), client_id="friend", keep_session=False,
            subscriptions=["#"], on_message=self._hear,  # one, for brokers keep the order within one
        )  # fmt: skip
        self.link.start()
        assert self.link.wait_up(LIMIT)

    def _hear(self, message: Inbound) -> None:
        with self._news:
            self.heard.append(message)
        if message.topic == "lock/set" and self.obeys:
            self.say("lock/state", message.payload.decode().split()[0] + "ED")
        self.link.confirm(message)

    def say(self, topic: str, payload: str | bytes | Passage | DoorCommand, *, retain: bool = False) -> None:
        raw = encode(payload) if isinstance(payload, (Passage, DoorCommand)) else payload
        body = raw if isinstance(raw, bytes) else raw.encode()
        assert self.link.publish(Outbound(topic, body, retain=retain)) is not None

    def see(self, seen: Passage) -> None:
        self.say("maskgate/node/cam/passage", seen)

    def on(self, topic: str) -> list[bytes]:
        with self._news:
            return [message.payload for message in self.heard if message.topic == topic]

    def commands(self) -> list[str]:
        """The words of the lock commands."""
        return [payload.decode().split()[0] for payload in self.on("lock/set")]

    def acks(self) -> list[tuple[str, int]]:
        documents = [json.loads(payload) for payload in self.on("maskgate/node/cam/ack")]
        return [(ref["passage"], ref["revision"]) for document in documents for ref in document["stored"]]

    def decisions(self) -> list[str]:
        return [json.loads(payload)["event_type"] for payload in self.on("maskgate/door/front/decision")]

    def locks(self) -> list[str]:
        """The lock as shown, without repetition."""
        shown = [decode(payload, DoorState).lock.value for payload in self.on("maskgate/door/front/state")]
        return [word for index, word in enumerate(shown) if index == 0 or shown[index - 1] != word]


class SettableClock(SystemClock):
    """The machine's, as somebody sets it."""

    ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


class Site:
    """A hub's core and its friend."""

    def __init__(self, broker: Broker, folder: Path, *, obeys: bool = True, **policy: Any) -> None:
        self.config = make_config(broker.port, str(folder / "hub.db"), **policy)
        self.db = open_store(self.config.database)
        self.friend = Friend(broker.port, obeys=obeys)
        self.clock = SettableClock()
        self.core = make_core(self.config, self.db, self.clock)

    def start(self) -> "Site":
        self.core.start()
        until(lambda: self.friend.on("maskgate/hub/availability"), "the hub to be online")
        return self

    def restart(self) -> None:
        self.core.stop()
        self.core = make_core(self.config, self.db, self.clock)
        before = len(self.friend.on("maskgate/hub/availability"))
        self.core.start()
        until(lambda: len(self.friend.on("maskgate/hub/availability")) > before, "the hub to be back")

    def stop(self) -> None:
        self.core.stop()
        self.friend.link.stop()
        self.db.dispose()


@pytest.fixture
def make_site(broker: Broker, tmp_path: Path) -> Iterator[Callable[..., Site]]:
    made: list[Site] = []

    def make(**options: Any) -> Site:
        made.append(Site(broker, tmp_path, **options))
        return made[-1].start()

    yield make
    for site in made:
        site.stop()


class Rig:
    """An engine without a broker; keeps what it confirmed."""

    def __init__(self, database: str, **policy: Any) -> None:
        self.clock, self.confirmed = SettableClock(), list[Inbound]()
        self.told = list[LockCommand]()  # what the lock was told past the store
        self.config: HubConfig = make_config(1, database, **policy)
        self.db: Engine = open_store(self.config.database)
        self.engine = self.make()

    def make(self) -> DoorEngine:
        return DoorEngine(
            self.config, self.db, self.clock, plan=plan, confirm=self.confirmed.append,
            tell_lock=lambda _door, command: self.told.append(command),
        )  # fmt: skip

    def see(self, seen: Passage) -> None:
        self.engine.offer(Inbound("maskgate/node/cam/passage", encode(seen), False, (1, 1, 1)))

    def say(self, topic: str, payload: bytes) -> None:
        self.engine.offer(Inbound(topic, payload, False, (1, 1, 1)))

    @contextmanager
    def stuck(self) -> Iterator[None]:
        """Meanwhile the store takes nothing: somebody else holds it."""
        with create_engine(self.db.url).connect() as other:
            words = "LOCK TABLE doors, passages" if self.db.dialect.name == "postgresql" else "BEGIN EXCLUSIVE"
            other.exec_driver_sql(words)
            yield
            other.rollback()

    def count(self, table: Any) -> int:
        with self.db.connect() as connection:
            return connection.scalar(select(func.count()).select_from(table)) or 0

    def commands(self) -> list[str]:
        with self.db.connect() as connection:
            rows = connection.scalars(select(outbox.c.payload).where(outbox.c.topic == "lock/set"))
            return [payload.decode().split()[0] for payload in rows]


@pytest.fixture
def make_rig(database: str) -> Iterator[Callable[..., Rig]]:
    made: list[Rig] = []

    def make(**policy: Any) -> Rig:
        made.append(Rig(database, **policy))
        made[-1].engine.start()
        return made[-1]

    yield make
    for rig in made:
        rig.engine.stop()
        rig.db.dispose()

"""Pages of a real hub's store, looked at with a real browser."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from sqlalchemy import Engine

from hub.config import HubConfig
from hub.live import Live
from hub.policy import say
from hub.roles import Role
from hub.store import access
from hub.store.open import open_store, writing
from hub.store.write import put_decisions, put_doors, put_node
from hub.web import Health, Server
from hub.web.security.secrets import hash_password, kept, new_secret
from maskgate.clock import SystemClock
from maskgate.ids import new_id
from maskgate.messages import (
    Availability,
    CameraState,
    Counters,
    Decision,
    DisplayKind,
    DoorState,
    EventType,
    Latency,
    LockState,
    NodeHealth,
)
from maskgate.states import DecisionKind, MaskState

if TYPE_CHECKING:
    from .hall import Hall

LIMIT = 20.0
PASSWORD = "correct horse battery"
PASSWORD_HASH = hash_password(PASSWORD)


def until(condition: Callable[[], Any], what: str, limit: float = LIMIT) -> Any:
    """Wait until `condition` returns something true, and return it."""
    tick = threading.Event()
    for _ in range(int(limit / 0.02)):
        if found := condition():
            return found
        tick.wait(0.02)
    raise AssertionError(f"{what}: not within {limit} s")


def make_config() -> HubConfig:
    lock = {"command_topic": "lock/front/set", "feedback_topic": "lock/front"}
    return HubConfig.model_validate(
        {
            "site": "Head office",
            "timezone": "Europe/Madrid",
            "doors": [
                {
                    "id": "front",
                    "name": "Front entry",
                    "nodes": ["cam-front"],
                    "lock": lock,
                    "policy": {"mode": "hard"},
                },
                {"id": "yard", "name": "Yard", "nodes": ["cam-yard"]},
            ],
        }
    )


@dataclass
class Site:
    """A hub without an engine: the test says what happens."""

    db: Engine
    config: HubConfig = field(default_factory=make_config)
    live: Live = field(default_factory=Live)
    clock: SystemClock = field(default_factory=SystemClock)
    health: Health = field(default_factory=Health)

    def __post_init__(self) -> None:
        self.server = Server(self.config, self.db, self.live, self.clock, health=lambda: self.health, port=0)

    def session(self, role: Role = Role.VIEWER) -> str:
        """Return the cookie of somebody with that role who is signed in."""
        secret, now = new_secret(), self.clock.now()
        with writing(self.db) as tx:
            if not access.person(self.db, f"a-{role}"):
                access.add_person(tx, f"a-{role}", role, PASSWORD_HASH, now)
            access.add_session(tx, kept(secret), f"a-{role}", "127.0.0.1", now)
        return secret

    def get(self, path: str, role: Role = Role.VIEWER) -> httpx.Response:
        """Ask as somebody with that role."""
        return httpx.get(self.url + path, cookies={"maskgate": self.session(role)})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def decision(
        self,
        event_type: EventType,
        *,
        door: str = "front",
        at: datetime | None = None,
        state: MaskState | None = MaskState.NO_MASK,
        text: str = "No mask",
        **more: Any,
    ) -> Decision:
        at = at or self.clock.now()
        kind = {EventType.GRANTED: DecisionKind.GRANT, EventType.DENIED: DecisionKind.DENY}
        values = {
            "id": new_id(at), "door": door, "at": at, "event_type": event_type,
            "decision": kind.get(event_type, DecisionKind.OBSERVE), "mode": "hard", "text": text, "state": state,
            "passage": new_id(at), "revision": 1, "node": f"cam-{door}", "confidence": 0.974, "faces_in_view": 1,
            "seen_to": at,
        }  # fmt: skip
        return Decision.model_validate(values | more)

    def happens(
        self,
        kind: DisplayKind,
        decision: Decision | None = None,
        *,
        door: str = "front",
        lock: LockState = LockState.LOCKED,
        seconds: float | None = None,
        text: str | None = None,
        title: str | None = None,
        **more: Any,
    ) -> None:
        """Store a door's documents and publish them, as the engine does."""
        now = self.clock.now()
        until_ = now + timedelta(seconds=seconds) if seconds is not None else None
        place = next(item for item in self.config.doors if item.id == door)
        state = DoorState(
            door=door, name=place.name, at=now, mode=place.policy.mode, entry=place.policy.entry, lock=lock,
            last=decision, until=until_, counters=more.pop("counters", Counters(people=12, violations=3)), **more,
        )  # fmt: skip
        display = say(door, kind, self.config.languages(place), now, text=text, until=until_)
        if title is not None:
            display = display.model_copy(update={"title": title})
        with writing(self.db) as tx:
            put_decisions(tx, [decision] if decision else [])
            documents = {"state": state.model_dump(mode="json"), "display": display.model_dump(mode="json")}
            put_doors(tx, now, {door: {"machine": {}, **documents}})
        self.live.publish(door, state, display, decision)

    def node_says(self, node: str, availability: Availability = Availability.ONLINE, **health: Any) -> None:
        now = self.clock.now()
        said = NodeHealth(
            node=node, at=now, version="0.1.0", camera=health.pop("camera", CameraState.OK), detector="ok",
            model="m1", fps=14.8, latency_ms=Latency(p50=31, p95=48), temperature_c=52.4, memory_mb=210, outbox=0,
            **health,
        )  # fmt: skip
        with writing(self.db) as tx:
            put_node(tx, node, now, {"availability": availability.value, "health": said.model_dump(mode="json")})


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    db = open_store(tmp_path / "hub.db")
    made = Site(db)
    made.server.start()
    yield made
    made.server.stop()
    db.dispose()


@pytest.fixture
def hall(tmp_path: Path) -> Iterator["Hall"]:
    """A hub without a broker, with doors that obey."""
    from .hall import Hall

    db = open_store(tmp_path / "hub.db")
    made = Hall(db)
    made.begin()
    yield made
    made.end()
    db.dispose()


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """A real Chromium, where the machine has one."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not driver:
        pytest.skip("chromium and chromedriver are not installed")
    options = Options()
    options.binary_location = program
    for flag in (
        "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):  # fmt: skip
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    running = webdriver.Chrome(options=options, service=Service(driver))
    running.set_page_load_timeout(LIMIT)
    yield running
    running.quit()


@pytest.fixture
def browser(chromium: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """The browser, on an empty page, with nothing left of the test before."""
    chromium.get("about:blank")
    chromium.get_log("browser")
    yield chromium
    chromium.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    chromium.get("about:blank")

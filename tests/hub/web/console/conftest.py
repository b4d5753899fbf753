"""The console of a hub with real doors, in a real Chromium driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image, ImageDraw

from hub.config import HubConfig
from hub.inputs import PassageIn
from hub.roles import Role
from hub.store import open_store, schema, writing
from maskgate.ids import new_id
from maskgate.messages import (
    Availability,
    CameraState,
    DoorState,
    Latency,
    LockState,
    NodeHealth,
    Passage,
    VerdictReason,
)
from maskgate.mqtt import Inbound
from maskgate.states import MaskState
from tests.hub.web.conftest import until
from tests.hub.web.hall import Hall

playwright_api = pytest.importorskip("playwright.sync_api", reason="Playwright for Python is not installed")

#: Pictures of the pages, to look at; and those that the documentation shows.
SCREENSHOTS = Path(os.environ.get("MASKGATE_SCREENSHOTS", "var/screenshots/console"))
#: What of a page is wider than the room it has, though somebody may scroll to it.
CUT = """() => [...document.querySelectorAll("html, .card, .card-body, .table-responsive, td, .plot, .alert, .navbar")]
  .filter((one) => one.clientWidth && one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.tagName + " " + one.className + ": " + one.textContent.trim().slice(0, 40))"""
#: A page on a slow machine, in milliseconds.
PATIENCE_MS = 60_000
#: What axe-core must not find: what it calls serious, or worse.
GRAVE = {"serious", "critical"}
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


def console_config() -> HubConfig:
    """A site with three doors, of which two have a lock, and somebody who is told."""

    def lock(door: str) -> dict[str, str]:
        return {"command_topic": f"lock/{door}/set", "feedback_topic": f"lock/{door}"}

    controlled = {"mode": "hard", "entry": "controlled"}
    doors = [
        {
            "id": "front",
            "name": "Front entry",
            "nodes": ["cam-front"],
            "policy": {"mode": "hard"},
            "lock": lock("front"),
        },
        {"id": "staff", "name": "Staff entry", "nodes": ["cam-staff"], "policy": controlled, "lock": lock("staff")},
        {"id": "yard", "name": "Yard", "nodes": ["cam-yard"]},
    ]
    return HubConfig.model_validate(
        {"site": "Head office", "timezone": "Europe/Madrid", "doors": doors, "keep_evidence": True,
         "notices": {"recipients": [{"id": "guard", "url": "json://127.0.0.1:9/"}]}}
    )  # fmt: skip


@dataclass
class Building(Hall):
    """A hall whose cameras and locks speak as real ones do."""

    config: HubConfig = field(default_factory=console_config)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.engine.subscribe(self._lock_obeys)

    def _lock_obeys(self, door: str, state: DoorState, _display: object, _made: object) -> None:
        """The lock of the staff's door does what it is told; the front's never answers by itself."""
        told = {LockState.LOCKING: LockState.LOCKED, LockState.UNLOCKING: LockState.UNLOCKED}.get(state.lock)
        if door == "staff" and told:
            self.lock_says(door, told)

    def lock_says(self, door: str, lock: LockState) -> None:
        self._hears(f"lock/{door}", lock.value.upper().encode())

    def _hears(self, topic: str, payload: bytes) -> None:
        self.engine.offer(Inbound(topic, payload, False, (1, 1, 1)))

    def camera_says(self, door: str, **health: object) -> None:
        node = f"cam-{door}"
        values = {"camera": CameraState.OK, "detector": "ok", "fps": 14.8, "temperature_c": 52.4} | health
        said = NodeHealth.model_validate(
            {"node": node, "at": self.clock.now(), "version": "0.1.0", "model": "mask-2026-11", "memory_mb": 210,
             "outbox": 0, "latency_ms": Latency(p50=31, p95=48)} | values
        )  # fmt: skip
        self._hears(f"maskgate/node/{node}/availability", Availability.ONLINE.value.encode())
        self._hears(f"maskgate/node/{node}/health", said.model_dump_json().encode())

    def comes(self, state: MaskState, *, door: str = "front", picture: bytes = b"") -> str:
        """Somebody comes to a door, as its camera tells; returns the passage once it is on disk."""
        now = self.clock.now()
        seen = Passage(
            passage=new_id(now), revision=1, node=f"cam-{door}", seen_from=now - timedelta(seconds=1), seen_to=now,
            published_at=now, state=state, confidence=0.974, frames=5, faces_in_view=1, model="mask-2026-11",
            reason=VerdictReason.AGREED,
        )  # fmt: skip
        answer = self.engine.submit(PassageIn(door, seen, now))
        if picture:
            self._hears(f"maskgate/node/cam-{door}/evidence/{seen.passage}", picture)
        answer.result(60)
        return seen.passage

    def gives_up(self) -> str:
        """A notice was given up after its last try."""
        now = self.clock.now()
        row = {
            "id": new_id(now), "recipient": "guard", "door": "front", "kind": "violation", "created_at": now,
            "facts": {"door_name": "Front entry", "state": "no_mask", "decision": "deny"}, "status": "failed",
            "attempts": 8, "next_try": now, "last_error": "mail server: connection refused",
        }  # fmt: skip
        with writing(self.db) as tx:
            tx.execute(schema.notices.insert(), [row])
        return str(row["id"])

    def weeks_pass(self) -> None:
        """Fill the counts of the last days, as people come to an office."""
        today = self.clock.now().astimezone(self.config.zone).date()
        random = np.random.default_rng(7)
        with writing(self.db) as tx:
            for door, size in (("front", 120), ("staff", 60), ("yard", 18)):
                for back in range(1, 30):
                    day = today - timedelta(days=back)
                    people = 0
                    bad = 0
                    for hour, share in ((7, 0.1), (8, 0.3), (9, 0.2), (12, 0.1), (13, 0.15), (14, 0.1), (17, 0.05)):
                        some = int(random.poisson(size * share * (0.1 if day.weekday() > 4 else 1)))
                        broke = int(random.binomial(some, 0.08))
                        people, bad = people + some, bad + broke
                        tx.execute(schema.hours.insert().values(door=door, hour=f"{day}T{hour:02}", people=some,
                                                                violations=broke, late=0))  # fmt: skip
                    tx.execute(schema.counts.insert().values(door=door, day=str(day), people=people, violations=bad,
                                                             late=0))  # fmt: skip


def drawing() -> bytes:
    """A picture as a camera might have sent it: a figure whose face is blurred."""
    made = Image.new("RGB", (320, 240), "#8fa3b5")
    pen = ImageDraw.Draw(made)
    pen.rectangle((90, 150, 230, 240), fill="#3b4a5a")
    pen.ellipse((120, 50, 200, 160), fill="#d9b79b")
    face = made.crop((120, 50, 200, 160)).resize((6, 8)).resize((80, 110))
    made.paste(face, (120, 50))
    out = BytesIO()
    made.save(out, "JPEG", quality=80)
    return out.getvalue()


@pytest.fixture
def building(tmp_path: Path) -> Iterator[Building]:
    db = open_store(tmp_path / "hub.db")
    made = Building(db)
    made.begin()
    for role in Role:
        made.session(role)  # so that there are such people
    for door in ("front", "staff", "yard"):
        made.camera_says(door)
    for door in ("front", "staff"):
        made.lock_says(door, LockState.LOCKED if door == "staff" else LockState.UNLOCKED)
    with made.machine(Role.VIEWER) as client:
        until(lambda: all(one["health"] for one in client.get("/api/v1/nodes").json()), "the cameras", limit=60)
    yield made
    made.end()
    db.dispose()


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[Building]:
    """A hub that has heard nothing yet, and that nobody may sign in to."""
    db = open_store(tmp_path / "bare.db")
    made = Building(db)
    made.begin()
    yield made
    made.end()
    db.dispose()


@pytest.fixture(scope="module")
def chrome() -> Iterator["playwright_api.Browser"]:
    """Debian's Chromium; stopped with the module, since Playwright keeps an event loop in this thread."""
    program = shutil.which("chromium")
    if not program:
        pytest.skip("chromium is not installed")
    with playwright_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        yield running
        running.close()


@dataclass
class Visit:
    """One browser window at the console, and what went wrong or away in it."""

    page: "playwright_api.Page"
    away: list[str]
    errors: list[str]
    building: Building

    def sign_in(self, role: Role) -> None:
        """From now on it is somebody with that role who looks."""
        cookie = {"name": "maskgate", "value": self.building.session(role), "url": self.building.url}
        self.page.context.add_cookies([cookie])

    def shot(self, name: str, *, whole: bool = False) -> None:
        """Keep a picture of what is on the screen; `whole`: of what one would scroll to as well."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=whole)

    def faults(self, name: str) -> list[tuple[object, ...]]:
        """Return what is wrong with the page as it stands: what axe-core calls grave, what is cut off at its right."""
        found: list[tuple[object, ...]] = [
            (name, fault["id"], [node["html"][:120] for node in fault["nodes"]][:3])
            for fault in Axe().run(self.page).response["violations"]
            if fault["impact"] in GRAVE
        ]
        return found + [(name, "cut off", wide) for wide in self.page.evaluate(CUT)]


@pytest.fixture
def window(chrome: "playwright_api.Browser", request: pytest.FixtureRequest) -> Iterator[object]:
    """Opens windows: `window("phone", "dark", Role.OPERATOR)`; a role is signed in already."""
    building: Building = request.getfixturevalue("bare" if "bare" in request.fixturenames else "building")
    opened = []

    def visit(size: str = "desktop", scheme: str = "light", role: Role | None = None) -> Visit:
        context = chrome.new_context(
            viewport=SIZES[size], color_scheme=scheme, has_touch=size == "phone", base_url=building.url, locale="en-GB",
            timezone_id="Europe/Madrid", reduced_motion="reduce",
        )  # fmt: skip
        opened.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        made = Visit(page, [], [], building)
        if role:
            made.sign_in(role)
        page.on("request", lambda asked: None if asked.url.startswith((building.url, "data:")) else
                made.away.append(asked.url))  # fmt: skip
        page.on("console", lambda said: made.errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda fault: made.errors.append(str(fault)))
        return made

    yield visit
    for context in opened:
        context.close()

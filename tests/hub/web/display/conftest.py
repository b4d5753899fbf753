"""Screens at doors: a real Chromium as a kiosk starts it, and a house whose doors speak all languages."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from hub.config import HubConfig
from hub.store.open import open_store
from maskgate.messages import Language
from tests.hub.web.conftest import LIMIT, Site

KIND = "return document.documentElement.dataset.kind"
SOUND = "--autoplay-policy=no-user-gesture-required"


def house() -> HubConfig:
    """One door a language, and one with two."""
    doors: list[dict[str, Any]] = [
        {"id": f"door-{language.value}", "name": f"Entrance {language.value}", "nodes": [f"cam-{language.value}"],
         "languages": [language.value]} for language in Language
    ]  # fmt: skip
    doors.append({"id": "both", "name": "Main entrance", "nodes": ["cam-both"], "languages": ["en", "ar"]})
    return HubConfig.model_validate({"site": "Head office", "timezone": "Europe/Madrid", "doors": doors})


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Site]:
    db = open_store(tmp_path / "hub.db")
    made = Site(db, house())
    made.server.start()
    yield made
    made.server.stop()
    db.dispose()


@pytest.fixture(scope="module")
def make_kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., webdriver.Chrome]]:
    """Start a browser with flags of one's own; it notes every request that it makes."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not driver:
        pytest.skip("chromium and chromedriver are not installed")
    started: list[webdriver.Chrome] = []

    def make(*flags: str) -> webdriver.Chrome:
        options = Options()
        options.binary_location = program
        for flag in (
            "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars",
            f"--user-data-dir={tmp_path_factory.mktemp('kiosk')}", *flags,
        ):  # fmt: skip
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        started.append(webdriver.Chrome(options=options, service=Service(driver)))
        started[-1].set_page_load_timeout(LIMIT)
        return started[-1]

    yield make
    for browser in started:
        browser.quit()


@pytest.fixture(scope="module")
def the_kiosk(make_kiosk: Callable[..., webdriver.Chrome]) -> webdriver.Chrome:
    return make_kiosk(SOUND)


@pytest.fixture
def kiosk(the_kiosk: webdriver.Chrome) -> Iterator[webdriver.Chrome]:
    """The browser of a kiosk, sound allowed, on an empty page."""
    the_kiosk.get("about:blank")
    requests(the_kiosk)
    the_kiosk.get_log("browser")
    yield the_kiosk
    the_kiosk.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    the_kiosk.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    the_kiosk.get("about:blank")


def requests(browser: webdriver.Chrome) -> list[str]:
    """Return the address of every request since the last call."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]


def errors(browser: webdriver.Chrome) -> list[str]:
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


def resize(browser: webdriver.Chrome, width: int, height: int) -> None:
    size: dict[str, Any] = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

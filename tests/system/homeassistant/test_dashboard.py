"""The dashboard as people see it: through the real login page, in a real Chromium, on a desk and on a phone.

`MASKGATE_PICTURES` names a folder for the screenshots; without it they go the way of the test's own folder.
"""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.system.homeassistant.home import Home, until
from tests.system.homeassistant.manager import FrontSite

#: The first of these waits for two starts of Home Assistant.
pytestmark = pytest.mark.timeout(600)
DESK, PHONE, TABLET = (1280, 900), (390, 844), (1024, 768)
#: What Home Assistant's page is made of lies in shadow roots, each within another.
DEEP = """
const deep = (root, wanted) => {
  let found = [...root.querySelectorAll(wanted)];
  for (const each of root.querySelectorAll('*'))
    if (each.shadowRoot) found = found.concat(deep(each.shadowRoot, wanted));
  return found;
};
const shown = each => each.getClientRects().length > 0;
const words = root => {
  let said = '';
  for (const each of root.childNodes) {
    if (each.nodeType === 3) said += each.data + ' ';
    else if (each.nodeType === 1 && !['STYLE', 'SCRIPT', 'TEMPLATE'].includes(each.tagName))
      said += (each.shadowRoot ? words(each.shadowRoot) : '') + words(each);
  }
  return said;
};
"""
ERRORS = (
    "hui-error-card, hui-error-badge, hui-error-section, hui-warning, hui-warning-element, ha-alert[alert-type=error]"
)
DIALOGS = "ha-dialog, ha-wa-dialog, wa-dialog, ha-md-dialog, dialog, mwc-dialog"
#: What a view must say, by its path.
VIEWS = {
    "doors": ["Front door", "Entry", "Today", "Compliance", "Emergency", "Release the entry"],
    "cameras": ["Front camera", "Temperature", "Hub", "Notices waiting"],
    "kiosk": ["Please wear a mask over nose and mouth.", "Entry", "People today"],
}


class Page:
    """Home Assistant's page in Chromium."""

    def __init__(self, browser: webdriver.Chrome, house: Home) -> None:
        self.browser, self.house = browser, house

    def size(self, width: int, height: int) -> None:
        phone = width < 600
        self.browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": phone},
        )

    def find(self, wanted: str, text: str = "") -> WebElement | None:
        """Return the first element that is shown and, where wanted, says something."""
        found: WebElement | None = self.browser.execute_script(
            DEEP + "return deep(document, arguments[0]).find(e => shown(e) && (!arguments[1] ||"
            " words(e.shadowRoot || e).includes(arguments[1]) || words(e).includes(arguments[1])));", wanted, text,
        )  # fmt: skip
        return found

    def wait(self, wanted: str, text: str = "") -> WebElement:
        found: WebElement = until(lambda: self.find(wanted, text), f"{wanted} {text} on the page", pause=0.2)
        return found

    def press(self, element: WebElement) -> None:
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'});", element)
        element.click()

    def text(self) -> str:
        return " ".join(str(self.browser.execute_script(DEEP + "return words(document.body);")).split())

    def sign_in(self) -> None:
        """Type name and password into the real login page."""
        self.browser.get(self.house.ha.url + "/")
        self.wait("input[name=username]").send_keys("lab")
        password = self.wait("input[name=password], input[type=password]")
        password.send_keys("lab-only-password")
        password.send_keys(Keys.ENTER)
        self.wait("home-assistant-main")

    def look(self, path: str) -> None:
        """Go to a view of our dashboard, and wait until it says all that it must."""
        self.browser.get(f"{self.house.ha.url}/maskgate-doors/{path}")
        self.wait("hui-sections-view, hui-view")
        until(lambda: all(word in self.text() for word in VIEWS[path]), f"{VIEWS[path]} on {path}", pause=0.3)
        # Charts come last, and by themselves.
        until(lambda: self.find("hui-history-graph-card canvas, hui-history-graph-card") or path != "doors", "charts")

    def trouble(self) -> list[str]:
        """Return what should not be there: error cards, open dialogs, a page wider than the window."""
        found: list[str] = self.browser.execute_script(
            DEEP + "return deep(document, arguments[0]).filter(shown)"
            ".map(e => e.tagName + ' ' + words(e.shadowRoot || e))"
            ".concat(deep(document, arguments[1]).filter(d => d.open || d.hasAttribute('open')).map(d => words(d)))"
            ".concat(document.documentElement.scrollWidth > innerWidth ? ['wider than the window'] : []);",
            ERRORS, DIALOGS,
        )  # fmt: skip
        return found


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not program or not driver:
        pytest.skip("chromium and chromedriver are not installed")
    options = Options()
    options.binary_location = program
    for flag in (
        "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en-US",
        f"--user-data-dir={tmp_path_factory.mktemp('chromium')}",
    ):  # fmt: skip
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    running = webdriver.Chrome(options=options, service=Service(driver))
    yield running
    running.quit()


@pytest.fixture(scope="module")
def front(house: Home) -> Iterator[FrontSite]:
    with FrontSite(house, policy={"deny_hold": 3}) as site:
        house.wait_state("lock.front", "unlocked")
        for state in ("mask", "mask", "mask", "no_mask", "mask"):
            site.board.sees(state)
        house.wait_state("sensor.front_people", "5")
        house.wait_state("lock.front", "unlocked")
        yield site


@pytest.fixture(scope="module")
def page(chromium: webdriver.Chrome, house: Home, front: FrontSite) -> Page:
    made = Page(chromium, house)
    made.size(*DESK)
    made.sign_in()
    return made


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("MASKGATE_PICTURES", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("size", [DESK, TABLET, PHONE], ids=["desk", "tablet", "phone"])
@pytest.mark.parametrize("view", VIEWS)
def test_no_view_shows_an_error_or_a_dialog(page: Page, pictures: Path, view: str, size: tuple[int, int]) -> None:
    page.size(*size)
    page.browser.get_log("browser")
    page.look(view)
    assert page.trouble() == []
    said = page.text()
    assert "Entity not found" not in said
    assert "unavailable" not in said.lower()
    time.sleep(1)  # a picture is for people: what moves on the page may come to rest
    page.browser.save_screenshot(str(pictures / f"{page.house.install.name}-{view}-{size[0]}.png"))
    severe = [line["message"] for line in page.browser.get_log("browser") if line["level"] == "SEVERE"]
    assert [line for line in severe if "maskgate" in line.lower() or "lovelace" in line.lower()] == []


def test_an_emergency_is_released_and_reset_from_the_dashboard_and_asks_first(page: Page, front: FrontSite) -> None:
    page.size(*DESK)
    for tile, text, state in (
        ("Release the entry", "Release the front door", "on"), ("Reset", "End the emergency", "off"),
    ):  # fmt: skip
        page.look("doors")
        page.press(page.wait("hui-tile-card", tile))
        until(lambda text=text: text in page.text(), "the question", pause=0.2)
        assert page.house.state("binary_sensor.front_emergency_released") != state, "not before the answer"
        page.press(page.wait("ha-dialog ha-button, ha-wa-dialog ha-button, ha-md-dialog ha-button, mwc-button", "OK"))
        page.house.wait_state("binary_sensor.front_emergency_released", state)
    until(lambda: not front.state().emergency, "the end of it")


def test_the_mode_is_chosen_on_the_dashboard(page: Page, front: FrontSite) -> None:
    page.size(*DESK)
    page.look("doors")
    page.house.wait_state("select.front_mode", "hard")
    try:
        page.press(page.wait("hui-select-options-card-feature", ""))
        page.press(page.wait("ha-list-item, mwc-list-item, ha-dropdown-item, ha-combo-box-item", "soft"))
        page.house.wait_state("select.front_mode", "soft")
    finally:
        page.house.call("select", "select_option", "select.front_mode", option="hard")
        page.house.wait_state("select.front_mode", "hard")

"""The dashboard as people see it: through the real login page, in a real Chromium, on a desk and on a phone.

`MASKGATE_PICTURES` names a folder for the screenshots; without it they go the way of the test's own folder.
"""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from maskgate import topics
from maskgate.messages import Display, LockOrder, LockState, decode
from tests.system.homeassistant.home import Home, until
from tests.system.homeassistant.manager import FrontSite
from tests.system.homeassistant.page import VIEWS, Page

#: The first of these waits for two starts of Home Assistant.
pytestmark = pytest.mark.timeout(600)
DESK, PHONE, TABLET = (1280, 900), (390, 844), (1024, 768)


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
        house.wait_state("sensor.front_people", "0")
        begin_statistics(house)
        for state in ("mask", "mask", "mask", "no_mask", "mask"):
            site.board.sees(state)
        house.wait_state("sensor.front_people", "5")
        house.wait_state("lock.front", "unlocked")
        # The hour that is being compiled is the one that its last five minutes end.
        house.compile_statistics(datetime.now(UTC).replace(minute=55, second=0, microsecond=0))
        yield site


#: People and violations of the thirteen days before today.
DAYS = tuple((40 + 7 * (day % 5), 2 + 3 * (day % 4)) for day in range(13))


def begin_statistics(house: Home) -> None:
    """Put in what a house has after two weeks; today the recorder itself goes on with that."""
    today = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    kind = {"has_mean": False} if house.install.name == "2025.4" else {"mean_type": 0, "unit_class": None}
    for number, what in enumerate(("people", "violations")):
        metadata = {
            "statistic_id": f"sensor.front_{what}", "source": "recorder", "name": None, "has_sum": True,
            "unit_of_measurement": None, **kind,
        }  # fmt: skip
        # The recorder begins at zero: what came before ends there.
        rows = [
            {
                # What all begins with lies before the two weeks that are shown.
                "start": (today - timedelta(days=len(DAYS) + 1 - ended if ended else 30)).isoformat(),
                "sum": -sum(day[number] for day in DAYS[ended:]), "state": 0,
            }
            for ended in range(len(DAYS) + 1)
        ]  # fmt: skip
        house.ws("recorder/import_statistics", metadata=metadata, stats=rows)
    house.compile_statistics(datetime.now(UTC) - timedelta(seconds=299))


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
    page.keep(pictures, view)
    severe = [line["message"] for line in page.browser.get_log("browser") if line["level"] == "SEVERE"]
    assert [line for line in severe if "maskgate" in line.lower() or "lovelace" in line.lower()] == []


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_entry_is_locked_and_unlocked_from_the_dashboard(
    page: Page, front: FrontSite, pictures: Path, size: tuple[int, int]
) -> None:
    page.size(*size)
    page.house.call("button", "press", "button.front_override_end")
    page.house.wait_state("lock.strike", "unlocked")
    page.house.wait_state("lock.front", "unlocked")
    page.look("doors")
    for button, word, state in (("Lock", "LOCK", "locked"), ("Unlock", "UNLOCK", "unlocked")):
        moved, ordered = len(front.lock.commands), len(orders(front))
        pressed = f"ha-control-button[data-service={button.lower()}]:not([disabled])"
        page.press(page.wait_within("hui-lock-commands-card-feature", pressed))
        until(lambda moved=moved, word=word: front.lock.commands[moved:] == [word], f"the lock to be told {word}")
        assert [order.action.value for order in orders(front)[ordered:]] == [button.lower()]
        until(lambda word=word: front.state().lock is LockState(f"{word}ED"), "the door's state, as measured")
        assert front.state().until is not None, "a person holds it for a while"
        page.house.wait_state("lock.front", state)
        page.wait("hui-tile-card", f"Entry {state.capitalize()}")
        assert page.trouble() == []
        page.keep(pictures, f"pressed-{button.lower()}")
    page.house.call("button", "press", "button.front_override_end")
    until(lambda: front.state().until is None, "the rule")


def orders(site: FrontSite) -> list[LockOrder]:
    topic = topics.DOOR_LOCK.path(site.root, door=site.door)
    return [decode(message.payload, LockOrder) for message in site.heard if message.topic == topic]


def displayed(site: FrontSite) -> Display | None:
    topic = topics.DOOR_DISPLAY.path(site.root, door=site.door)
    return next((decode(m.payload, Display) for m in reversed(site.heard) if m.topic == topic), None)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_words_for_the_displays_are_written_on_the_dashboard(
    page: Page, front: FrontSite, pictures: Path, size: tuple[int, int]
) -> None:
    page.size(*size)
    page.look("doors")
    words = f'Wet floor: use the "other" door, {size[0]}'
    page.press(page.wait_within("hui-text-entity-row", "input"))
    keys = ActionChains(page.browser).key_down(Keys.CONTROL).send_keys("a").key_up(Keys.CONTROL)
    keys.send_keys(words, Keys.ENTER).perform()
    until(lambda: (shown := displayed(front)) and shown.text == words and shown.kind == "message", "the display")
    page.house.wait_state("text.front_message", words)
    page.wait("hui-tile-card", words)
    assert page.trouble() == []
    page.keep(pictures, "pressed-message")
    page.look("kiosk", [words])  # what the tablet at the door says
    page.keep(pictures, "pressed-message-kiosk")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_somebody_is_let_in_from_the_dashboard_after_a_question_and_the_rule_comes_back(
    page: Page, front: FrontSite, pictures: Path, size: tuple[int, int]
) -> None:
    page.size(*size)
    page.house.call("number", "set_value", "number.front_deny_hold", value=600)
    page.house.wait_state("number.front_deny_hold", "600.0")
    try:
        page.look("doors")
        front.board.sees("no_mask")
        page.house.wait_state("lock.strike", "locked")
        moved = len(front.lock.commands)
        page.press(page.wait("hui-tile-card", "Let in for a while"))
        until(lambda: "Open the front door whatever the rule says?" in page.text(), "the question", pause=0.2)
        page.keep(pictures, "pressed-override-question")
        assert front.lock.commands[moved:] == [], "not before the answer"
        page.agree()
        until(lambda: front.lock.commands[moved:] == ["UNLOCK"], "the lock to be told")
        until(lambda: front.state().lock is LockState.UNLOCKED, "the door's state, as measured")
        last = front.state().last
        assert (last.event_type, front.state().until is not None) == ("override", True)
        page.wait("hui-tile-card", "Entry Unlocked")
        assert page.trouble() == []
        page.keep(pictures, "pressed-override")
        passage = front.board.sees("no_mask")
        until(lambda: front.decisions()[-1].passage == passage, "the decision about somebody bare")
        assert front.lock.commands[moved:] == ["UNLOCK"], "a person wins over the rule"
        page.press(page.wait("hui-tile-card", "Back to the rule"))
        until(lambda: "No longer" in front.decisions()[-1].text, "the end of it")
        assert page.trouble() == []
    finally:
        page.house.call("number", "set_value", "number.front_deny_hold", value=3)
        page.house.call("button", "press", "button.front_override_end")
    front.board.sees("mask")
    page.house.wait_state("lock.strike", "unlocked")


def test_the_statistics_card_shows_the_days(page: Page, pictures: Path) -> None:
    for number, what in enumerate(("people", "violations")):
        days = page.house.statistics(f"sensor.front_{what}", "day")
        assert [row["change"] for row in days[-14:-1]] == [day[number] for day in DAYS]
        assert days[-1]["change"] == (5, 1)[number], "of today, by the recorder itself"
    for size in (DESK, PHONE):
        page.size(*size)
        page.look("doors")
        chart = page.wait_within("hui-statistics-graph-card", "canvas")
        page.browser.execute_script("arguments[0].scrollIntoView({block: 'center'});", chart)
        said = page.wait("hui-statistics-graph-card").text
        assert "No statistics found" not in said
        page.keep(pictures, "statistics")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_an_emergency_is_released_and_reset_from_the_dashboard_and_asks_first(
    page: Page, front: FrontSite, size: tuple[int, int]
) -> None:
    page.size(*size)
    for tile, text, state in (
        ("Release the entry", "Release the front door", "on"), ("Reset", "End the emergency", "off"),
    ):  # fmt: skip
        page.look("doors")
        page.press(page.wait("hui-tile-card", tile))
        until(lambda text=text: text in page.text(), "the question", pause=0.2)
        assert page.house.state("binary_sensor.front_emergency_released") != state, "not before the answer"
        page.agree()
        page.house.wait_state("binary_sensor.front_emergency_released", state)
    until(lambda: not front.state().emergency, "the end of it")


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_mode_is_chosen_on_the_dashboard(page: Page, front: FrontSite, size: tuple[int, int]) -> None:
    page.size(*size)
    page.look("doors")
    page.house.wait_state("select.front_mode", "hard")
    try:
        page.press(page.wait("hui-select-options-card-feature", ""))
        page.press(page.wait("ha-list-item, mwc-list-item, ha-dropdown-item, ha-combo-box-item", "soft"))
        page.house.wait_state("select.front_mode", "soft")
    finally:
        page.house.call("select", "select_option", "select.front_mode", option="hard")
        page.house.wait_state("select.front_mode", "hard")

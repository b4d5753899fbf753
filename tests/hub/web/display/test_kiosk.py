"""One screen at a door through its day, in a real Chromium."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from selenium import webdriver

from hub.config import HubConfig
from hub.live import Live
from hub.store.open import open_store
from hub.web import Server, stream
from hub.web.display.routes import KEPT_FOR_DISPLAYS
from maskgate.messages import DisplayKind, EventType
from tests.hub.web.conftest import Site, until
from tests.hub.web.display.conftest import KIND, errors, requests

TITLE = "return document.getElementById('title').textContent"
LANGUAGE = "return document.documentElement.lang + ' ' + document.documentElement.dir"
PLAYED = "return document.documentElement.dataset.played"
MUTE = "return !document.getElementById('mute').hidden"


def opened(site: Site, browser: webdriver.Chrome, door: str) -> None:
    browser.get(f"{site.url}/display/{door}")
    browser.execute_script("window.sameLoad = true")
    until(lambda: site.live.viewers() > 0, "the page's stream")


def same_load(browser: webdriver.Chrome) -> bool:
    return browser.execute_script("return window.sameLoad") is True


def test_it_follows_decisions_and_goes_back_by_itself(site: Site, kiosk: webdriver.Chrome) -> None:
    site.happens(DisplayKind.IDLE)
    opened(site, kiosk, "front")
    assert kiosk.execute_script(KIND) == "idle"
    site.happens(DisplayKind.DENIED, site.decision(EventType.DENIED), seconds=1.5)
    until(lambda: kiosk.execute_script(KIND) == "denied", "the refusal", limit=2)
    assert "No entry without a mask" in kiosk.find_element("id", "title").text
    assert "put on a mask" in kiosk.find_element("id", "text").text
    until(lambda: kiosk.execute_script(KIND) == "idle", "idle again", limit=5)
    assert same_load(kiosk)
    assert errors(kiosk) == []


def test_two_languages_are_shown_by_turns_and_read_out_once(home: Site, kiosk: webdriver.Chrome) -> None:
    opened(home, kiosk, "both")
    home.happens(DisplayKind.DENIED, door="both", seconds=60)
    until(lambda: kiosk.execute_script(TITLE) == "No entry without a mask", "English first")
    assert kiosk.execute_script(LANGUAGE) == "en ltr"
    said = "return document.getElementById('said').textContent"
    before = kiosk.execute_script(said)
    assert "No entry without a mask" in before
    assert "ممنوع الدخول بدون كمامة" in before
    kiosk.execute_script(
        "window.spoken = 0; new MutationObserver(() => { spoken += 1; })"
        ".observe(document.getElementById('said'), { childList: true, subtree: true, characterData: true })"
    )
    until(lambda: kiosk.execute_script(LANGUAGE) == "ar rtl", "Arabic in its turn", limit=8)
    assert kiosk.execute_script(TITLE) == "ممنوع الدخول بدون كمامة"
    until(lambda: kiosk.execute_script(LANGUAGE) == "en ltr", "English again", limit=8)
    assert kiosk.execute_script("return spoken") == 0
    assert kiosk.find_element("id", "said").get_attribute("aria-live") == "assertive"


def test_a_hub_that_is_away_is_said_within_five_seconds_and_a_welcome_goes_at_once(
    site: Site, kiosk: webdriver.Chrome
) -> None:
    site.happens(DisplayKind.WELCOME, seconds=600)
    opened(site, kiosk, "front")
    kiosk.execute_script(
        "window.went = null; new MutationObserver(() => { const kind = document.documentElement.dataset.kind;"
        "if (kind !== 'welcome') went = went ?? [performance.now(), kind]; })"
        ".observe(document.documentElement, { attributeFilter: ['data-kind'] })"
    )
    begun = kiosk.execute_script("return performance.now()")
    site.server.stop()
    at, kind = until(lambda: kiosk.execute_script("return went"), "the word that the hub is away", limit=12)
    assert kind == "offline"
    assert at - begun < 5000
    assert kiosk.execute_script(TITLE) == "No connection"
    site.server.start()
    site.happens(DisplayKind.MASK_REQUIRED, seconds=60)
    until(lambda: kiosk.execute_script(KIND) == "mask_required", "the page after the hub's return", limit=12)
    assert same_load(kiosk)
    assert [line for line in errors(kiosk) if "ERR_CONNECTION_REFUSED" not in line] == []


def test_an_emergency_stays_on_the_screen_while_the_hub_is_away(site: Site, kiosk: webdriver.Chrome) -> None:
    site.happens(DisplayKind.EMERGENCY)
    opened(site, kiosk, "front")
    lost = "return !document.getElementById('lost').hidden"
    assert kiosk.execute_script(lost) is False
    site.server.stop()
    until(lambda: kiosk.execute_script(lost), "the word beside it", limit=12)
    assert kiosk.execute_script(KIND) == "emergency"
    site.server.start()
    until(lambda: not kiosk.execute_script(lost), "the return", limit=12)


def test_sound_is_played_where_the_browser_allows_it_and_one_screen_can_be_silent(
    site: Site, kiosk: webdriver.Chrome
) -> None:
    opened(site, kiosk, "front")
    site.happens(DisplayKind.DENIED, seconds=60)
    until(lambda: kiosk.execute_script(PLAYED) == "alarm", "the alarm")
    assert kiosk.execute_script(MUTE) is False
    opened(site, kiosk, "front?sound=off")
    site.happens(DisplayKind.COVER_NOSE, seconds=60)
    until(lambda: kiosk.execute_script("return document.documentElement.dataset.sound") == "warning", "its time")
    assert kiosk.execute_script(PLAYED) is None
    assert kiosk.execute_script(MUTE) is False


def test_a_browser_that_keeps_the_sound_off_says_so_until_it_is_touched(
    site: Site, make_kiosk: Callable[..., webdriver.Chrome]
) -> None:
    browser = make_kiosk("--autoplay-policy=document-user-activation-required")
    opened(site, browser, "front")
    until(lambda: browser.execute_script(MUTE), "the hint", limit=5)
    assert "--autoplay-policy=no-user-gesture-required" in (
        browser.find_element("id", "mute").get_attribute("title") or ""
    )
    browser.find_element("id", "mute").click()
    until(lambda: not browser.execute_script(MUTE), "no hint", limit=5)
    site.happens(DisplayKind.WELCOME, seconds=60)
    until(lambda: browser.execute_script(PLAYED) == "ok", "the sound")


@pytest.mark.parametrize("evil", ["<img src=x onerror=alert(1)>", "\"'></title></script><script>alert(1)</script>"])
def test_names_and_messages_are_words_and_nothing_else(tmp_path: Path, kiosk: webdriver.Chrome, evil: str) -> None:
    config = HubConfig.model_validate({"site": evil, "doors": [{"id": "front", "name": evil, "nodes": ["cam-front"]}]})
    attacked = Site(open_store(tmp_path / "hub.db"), config)
    attacked.server.start()
    try:
        opened(attacked, kiosk, "front")
        attacked.happens(DisplayKind.MESSAGE, text=evil, title=evil, seconds=60)
        until(lambda: kiosk.execute_script(TITLE) == evil, "the message")
        for _ in range(2):  # as news, and as what a page begins with
            assert kiosk.execute_script("return document.getElementById('text').textContent") == evil
            assert kiosk.execute_script("return document.getElementById('place').textContent") == evil
            assert kiosk.execute_script("return document.querySelectorAll('img, script').length") == 1
            opened(attacked, kiosk, "front")
        assert [line for line in errors(kiosk) if "Content Security" in line] == []
    finally:
        attacked.server.stop()
        attacked.db.dispose()


def test_no_request_leaves_the_machine(home: Site, kiosk: webdriver.Chrome) -> None:
    requests(kiosk)
    opened(home, kiosk, "both")
    for kind in DisplayKind:
        home.happens(kind, door="both", seconds=60)
        until(lambda kind=kind: kiosk.execute_script(KIND) == kind, kind)  # type: ignore[misc]
    home.server.stop()
    until(lambda: kiosk.execute_script(KIND) == "offline", "offline", limit=12)
    home.server.start()
    until(lambda: kiosk.execute_script(KIND) == DisplayKind.OUT_OF_SERVICE, "the return", limit=12)
    asked = requests(kiosk)
    assert [url for url in asked if not url.startswith(home.url)] == []
    assert {f"{home.url}/display/both/events", f"{home.url}/static/display.css"} <= set(asked)


def again(config: HubConfig, site: Site, port: int) -> Server:
    """The hub after somebody changed its configuration."""
    server = Server(config, site.db, site.live, site.clock, port=port)
    server.start()
    return server


def changed(config: HubConfig, **door: Any) -> HubConfig:
    document = config.model_dump(exclude_unset=True)
    first, *others = document["doors"]
    return HubConfig.model_validate(document | {"doors": [first | door, *others]})


def test_a_door_that_is_renamed_gets_its_new_name_and_one_removed_says_so_until_it_is_back(
    site: Site, kiosk: webdriver.Chrome
) -> None:
    opened(site, kiosk, "front")
    port = site.server.port
    site.server.stop()
    server = again(changed(site.config, name="Main gate"), site, port)
    until(
        lambda: kiosk.execute_script("return document.getElementById('place').textContent") == "Main gate", "its name"
    )
    server.stop()
    server = again(changed(site.config, id="gate"), site, port)
    until(lambda: kiosk.execute_script(KIND) == "no_door", "the word that there is no such door")
    fresh = httpx.get(f"http://127.0.0.1:{port}/display/front")
    assert fresh.status_code == 404
    assert "This display belongs to no door." in fresh.text
    assert 'http-equiv="refresh"' in fresh.text
    server.stop()
    server = again(site.config, site, port)
    until(lambda: kiosk.execute_script(KIND) == "idle", "the door again")
    assert same_load(kiosk)
    kiosk.get(f"http://127.0.0.1:{port}/display/gate")
    assert kiosk.execute_script(KIND) == "no_door"
    server.stop()
    server = again(changed(site.config, id="gate"), site, port)
    until(lambda: kiosk.execute_script(KIND) == "idle", "a door that a display waited for", limit=30)
    server.stop()


def test_a_page_of_an_older_hub_loads_itself_anew_once(
    site: Site, kiosk: webdriver.Chrome, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(site, kiosk, "front")
    site.server.stop()
    port = site.server.port
    monkeypatch.setattr(sys.modules["hub.web.display.routes"], "_build", lambda _context: "another")
    server = again(site.config, site, port)
    until(lambda: kiosk.execute_script("return document.body.dataset.build") == "another", "the new page")
    assert not same_load(kiosk)
    server.stop()


def test_more_viewers_than_allowed_are_turned_away_and_a_display_comes_in_when_there_is_room(
    site: Site, kiosk: webdriver.Chrome, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = stream.MOST_VIEWERS + KEPT_FOR_DISPLAYS
    taken = [0]
    count = Live.viewers
    monkeypatch.setattr(Live, "viewers", lambda self: count(self) + taken[0])
    taken[0] = stream.MOST_VIEWERS
    assert site.get("/events").status_code == 503
    opened(site, kiosk, "front")
    until(lambda: count(site.live) == 1, "a display, though consoles have taken all their room")
    taken[0] = most
    kiosk.get(f"{site.url}/display/front")
    until(lambda: kiosk.execute_script(KIND) == "offline", "the word that it hears nothing", limit=12)
    answer = httpx.get(f"{site.url}/display/front/events")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    taken[0] = 0
    until(lambda: kiosk.execute_script(KIND) == "idle", "the page with room again", limit=12)


def test_several_screens_of_a_door_show_the_same(site: Site, make_kiosk: Callable[..., webdriver.Chrome]) -> None:
    browser = make_kiosk()
    opened(site, browser, "front")
    first = browser.current_window_handle
    browser.switch_to.new_window("window")
    opened(site, browser, "front")
    until(lambda: site.live.viewers() == 2, "both streams")
    site.happens(DisplayKind.COVER_NOSE, seconds=60)
    for window in (browser.current_window_handle, first):
        browser.switch_to.window(window)
        until(lambda: browser.execute_script(KIND) == "cover_nose", "each screen")


def test_without_scripts_the_page_asks_again_by_itself(site: Site, kiosk: webdriver.Chrome) -> None:
    def reads(title: str) -> bool:
        """In one question: the page may be another by the time of a second, about what the first one found."""
        return bool(kiosk.find_elements("xpath", f"//*[@id='title'][normalize-space()='{title}']"))

    kiosk.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        site.happens(DisplayKind.DENIED, seconds=60)
        kiosk.get(f"{site.url}/display/front")
        until(lambda: reads("No entry without a mask"), "the refusal")
        site.happens(DisplayKind.COVER_NOSE, seconds=60)
        until(lambda: reads("Cover your nose"), "the next")
    finally:
        kiosk.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_who_wants_no_motion_gets_none(site: Site, kiosk: webdriver.Chrome) -> None:
    kiosk.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    )
    opened(site, kiosk, "front")
    site.happens(DisplayKind.DENIED, seconds=60)
    until(lambda: kiosk.execute_script(KIND) == "denied", "the refusal")
    still = (
        "const of = (name) => getComputedStyle(document.querySelector(name));"
        "return [of('.icon').animationName, of('body').transitionProperty, of('.remaining').visibility]"
    )
    assert kiosk.execute_script(still) == ["none", "none", "hidden"]

"""The pages in a real browser."""

from typing import Any

import pytest
from selenium import webdriver

from maskgate.messages import DisplayKind, EventType, LockState
from maskgate.states import MaskState
from tests.hub.web.conftest import Site, until

CONTRAST = """
const light = (text) => {
  const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const back = (item) => {
  for (let at = item; at; at = at.parentElement) {
    const colour = getComputedStyle(at).backgroundColor;
    if (!colour.endsWith(", 0)")) return colour;
  }
  return "rgb(255, 255, 255)";
};
return [...document.querySelectorAll("h1, h2, h3, p, span, td, th, dt, dd, time, a")]
  .filter((item) => item.checkVisibility() && item.textContent.trim())
  .map((item) => {
    const [a, b] = [light(getComputedStyle(item).color), light(back(item))].sort((x, y) => y - x);
    return [(a + 0.05) / (b + 0.05), item.outerHTML.slice(0, 80)];
  })
  .sort((x, y) => x[0] - y[0])[0];
"""


def errors(browser: webdriver.Chrome) -> list[str]:
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


def sign_in(browser: webdriver.Chrome, site: Site) -> None:
    browser.get(f"{site.url}/sign-in")
    browser.add_cookie({"name": "maskgate", "value": site.session(), "path": "/"})


def resize(browser: webdriver.Chrome, width: int, height: int) -> None:
    size: dict[str, Any] = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def test_nothing_is_loaded_from_elsewhere(site: Site, browser: webdriver.Chrome) -> None:
    sign_in(browser, site)
    for path in ("/", "/display/front"):
        browser.get(site.url + path)
        names = browser.execute_script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
        assert [name for name in names if not name.startswith(site.url)] == []
        assert len(names) >= 2
    assert errors(browser) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_console_follows_and_fits_a_phone(site: Site, browser: webdriver.Chrome, scheme: str) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    resize(browser, 390, 844)
    site.node_says("cam-front")
    for event_type, state in ((EventType.GRANTED, MaskState.MASK), (EventType.FAULT, None), (EventType.LATE, None)):
        site.happens(DisplayKind.IDLE, site.decision(event_type, state=state))
    sign_in(browser, site)
    browser.get(f"{site.url}/")
    until(lambda: site.live.viewers() == 1, "the page's stream")
    site.happens(
        DisplayKind.DENIED, site.decision(EventType.DENIED), lock=LockState.JAMMED, problem="The lock did not answer"
    )
    until(lambda: len(browser.find_elements("css selector", "tbody tr")) == 4, "the new row", limit=5)
    until(lambda: "The lock did not answer" in browser.find_element("css selector", ".alert").text, "the problem")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
    until(lambda: browser.execute_script(CONTRAST)[0] >= 4.5, "contrast", limit=5)
    site.server.stop()
    until(lambda: browser.find_element("id", "line").text == "no connection", "the word of the loss", limit=12)
    site.server.start()
    until(lambda: browser.find_element("id", "line").text == "live", "the return", limit=12)
    assert [line for line in errors(browser) if "ERR_CONNECTION_REFUSED" not in line] == []

"""Home Assistant's page in a real Chromium, as people use it.

page = Page(browser, home)
page.sign_in()                             # by the real login page
page.look("doors")                         # a view of our dashboard, once it says all that it must
page.press(page.wait("hui-tile-card", "Let in for a while"))
page.trouble()                             # error cards, open dialogs, a page wider than the window
"""

import time
from collections.abc import Sequence
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.system.homeassistant.home import Home, until

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
    "doors": ["Front door", "Entry", "Words", "Today", "Compliance", "Emergency", "Release the entry"],
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
            DEEP + "const says = e => words(e).replace(/\\s+/g, ' ').includes(arguments[1]);"
            "return deep(document, arguments[0]).find(e => shown(e) && (says(e.shadowRoot || e) || says(e)));",
            wanted, text,
        )  # fmt: skip
        return found

    def wait(self, wanted: str, text: str = "") -> WebElement:
        found: WebElement = until(lambda: self.find(wanted, text), f"{wanted} {text} on the page", pause=0.2)
        return found

    def within(self, outer: str, inner: str) -> WebElement | None:
        """Return the first element that is shown in what is the first of its kind itself."""
        found: WebElement | None = self.browser.execute_script(
            DEEP + "const outer = deep(document, arguments[0]).filter(shown)[0];"
            "return outer ? deep(outer.shadowRoot || outer, arguments[1]).find(shown) : null;", outer, inner,
        )  # fmt: skip
        return found

    def wait_within(self, outer: str, inner: str) -> WebElement:
        found: WebElement = until(lambda: self.within(outer, inner), f"{inner} in {outer}", pause=0.2)
        return found

    def agree(self) -> None:
        """Answer what a tile asks before it does something."""
        self.press(self.wait("ha-dialog ha-button, ha-wa-dialog ha-button, ha-md-dialog ha-button, mwc-button", "OK"))
        until(lambda: self.trouble() == [], "the end of the question", pause=0.2)

    def keep(self, folder: Path, what: str) -> None:
        """Keep a picture, for people."""
        time.sleep(1)  # what moves on the page may come to rest
        width = self.browser.execute_script("return innerWidth;")
        self.browser.save_screenshot(str(folder / f"{self.house.install.name}-{what}-{width}.png"))

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

    def look(self, path: str, says: Sequence[str] = ()) -> None:
        """Go to a view of our dashboard, and wait until it says all that it must, or what is given."""
        says = says or VIEWS[path]
        self.browser.get(f"{self.house.ha.url}/maskgate-doors/{path}")
        self.wait("hui-sections-view, hui-view")
        until(lambda: all(word in self.text() for word in says), f"{says} on {path}", pause=0.3)
        # Charts come last, and by themselves.
        for chart in ("hui-history-graph-card", "hui-statistics-graph-card") if path == "doors" else ():
            until(lambda chart=chart: self.within(chart, "canvas, .info"), chart, pause=0.2)

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

"""Every kind in every language on every screen: looked at by numbers here, and by people in var/screenshots/display."""

import base64
from pathlib import Path

import pytest
from selenium import webdriver

from hub.web.display.theme import themes
from maskgate.messages import DisplayKind, Language
from tests.hub.web.conftest import Site, until
from tests.hub.web.display.conftest import KIND, errors, resize

PICTURES = Path(__file__).resolve().parents[4] / "var" / "screenshots" / "display"
SCREENS = [(1920, 1080), (800, 480), (1080, 1920)]

#: What of the page is outside the screen, cut off, or on top of something else; the greatest text in pixels.
FAULTS = """
const box = (name) => document.querySelector(name).getBoundingClientRect();
const foot = box("footer"), icon = box(".icon"), words = box(".words"), found = [];
for (const name of [".icon", "#title", "#text"]) {
  const item = document.querySelector(name), at = item.getBoundingClientRect();
  const inside = at.left >= 0 && at.right <= innerWidth + 0.5 && at.top >= 0 && at.bottom <= foot.top + 0.5;
  if (!inside) found.push(name + " outside");
  if (item.scrollWidth > item.clientWidth + 1) found.push(name + " cut");
}
if (foot.bottom > innerHeight + 0.5) found.push("footer outside");
if (document.documentElement.scrollHeight > innerHeight || document.documentElement.scrollWidth > innerWidth)
  found.push(`page ${document.documentElement.scrollWidth}x${document.documentElement.scrollHeight}`);
const apart = icon.right <= words.left || words.right <= icon.left || icon.bottom <= words.top;
if (!apart) found.push("icon over words");
const style = getComputedStyle(document.getElementById("title"));
const textStyle = getComputedStyle(document.getElementById("text"));
return {found, title: parseFloat(style.fontSize), text: parseFloat(textStyle.fontSize), direction: style.direction,
        back: getComputedStyle(document.body).backgroundColor, fore: style.color,
        side: icon.left < words.left ? "left" : "right"};
"""


def keep(browser: webdriver.Chrome, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    shot = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "optimizeForSpeed": True})
    (PICTURES / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))


def light(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_kind_has_colours_that_pass_wcag_aa() -> None:
    assert set(themes()) == {*DisplayKind, "offline", "no_door"}
    for kind, colours in themes().items():
        assert contrast(colours.fore, colours.back) >= 4.5, kind
        assert contrast(colours.quiet, colours.back) >= 4.5, kind
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def numbers(colour: str) -> str:
    """`#rrggbb` as a browser says it."""
    return f"rgb({', '.join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))})"


@pytest.mark.parametrize("language", Language)
def test_every_kind_fits_every_screen_and_is_large_enough_for_a_corridor(
    home: Site, kiosk: webdriver.Chrome, language: Language
) -> None:
    door = f"door-{language.value}"
    kiosk.get(f"{home.url}/display/{door}")
    until(lambda: home.live.viewers() == 1, "the page's stream")
    kiosk.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    )
    own = {"offline": "offline", "no_door": "nowhere"}
    for kind in [*DisplayKind, *own]:
        if isinstance(kind, DisplayKind):
            home.happens(kind, door=door, seconds=60)
            until(lambda kind=kind: kiosk.execute_script(KIND) == kind, f"{kind} on the page")  # type: ignore[misc]
        else:
            kiosk.execute_script(
                f"const view = JSON.parse(document.body.dataset.{own[kind]});"
                "const words = view.words[0], root = document.documentElement;"
                "root.dataset.kind = view.kind; root.dataset.size = words.size;"
                "document.getElementById('icon').setAttribute('href', '#icon-' + view.kind);"
                "document.getElementById('title').textContent = words.title;"
                "document.getElementById('text').textContent = words.text;"
            )
        for width, height in SCREENS:
            resize(kiosk, width, height)
            seen = kiosk.execute_script(FAULTS)
            where = f"{kind} {language.value} {width}x{height}"
            assert seen["found"] == [], where
            # A letter of 1/25 of the shorter side is read at some twelve times that side's length.
            assert seen["title"] >= min(width, height) / 25 * 2, where
            assert seen["text"] >= min(width, height) / 25, where
            assert (seen["back"], seen["fore"]) == (numbers(themes()[kind].back), numbers(themes()[kind].fore)), where
            assert seen["direction"] == ("rtl" if language is Language.AR else "ltr")
            if width > height:
                assert seen["side"] == ("right" if language is Language.AR else "left"), where
            keep(kiosk, f"{language.value}-{kind}-{width}x{height}")
    assert errors(kiosk) == []


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_the_longest_message_of_a_person_fits_too(home: Site, kiosk: webdriver.Chrome, width: int, height: int) -> None:
    resize(kiosk, width, height)
    kiosk.get(f"{home.url}/display/door-en")
    until(lambda: home.live.viewers() == 1, "the page's stream")
    longest = {
        "words": "The lift is out of order. " * 9, "one": "W" * 255, "chinese": "电梯故障" * 63, "few": "Hi",
        "lines": "a\n" * 127, "arabic": "المصعد معطل اليوم " * 14,
    }  # fmt: skip
    shown = "return document.getElementById('text').textContent"
    for name, text in longest.items():
        home.happens(DisplayKind.MESSAGE, door="door-en", text=text[:255], seconds=60)
        until(lambda text=text: kiosk.execute_script(shown) == text[:255], name)  # type: ignore[misc]
        assert kiosk.execute_script(FAULTS)["found"] == [], name
        keep(kiosk, f"message-{name}-{width}x{height}")

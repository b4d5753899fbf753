"""axe-core looks at every kind of display, in a script from each side, on a wide and on an upright screen."""

from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from selenium import webdriver

from maskgate.messages import DisplayKind
from tests.hub.web.conftest import Site, until
from tests.hub.web.display.conftest import KIND, resize

GRAVE = {"serious", "critical"}
LOOK = """
const done = arguments[0];
axe.run(document, {resultTypes: ["violations"]}).then((found) => done(found.violations));
"""


def faults(browser: webdriver.Chrome, name: str) -> list[tuple[Any, ...]]:
    """What axe-core calls grave."""
    browser.execute_script(f"if (!window.axe) {{ {AXE_SCRIPT} }}")
    found = browser.execute_async_script(LOOK)
    return [
        (name, one["id"], [node["html"][:120] for node in one["nodes"]][:3]) for one in found if one["impact"] in GRAVE
    ]


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (480, 800)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_display_has_a_grave_fault(
    home: Site, kiosk: webdriver.Chrome, width: int, height: int, scheme: str
) -> None:
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    kiosk.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    resize(kiosk, width, height)
    found = []
    for door in ("door-en", "door-ar"):
        kiosk.get(f"{home.url}/display/{door}")
        until(lambda: home.live.viewers() == 1, "the page's stream")
        for kind in DisplayKind:
            home.happens(kind, door=door, seconds=60)
            until(lambda kind=kind: kiosk.execute_script(KIND) == kind, kind)  # type: ignore[misc]
            found += faults(kiosk, f"{door} {kind}")
    kiosk.execute_script("for (const one of ['mute', 'lost']) document.getElementById(one).hidden = false")
    found += faults(kiosk, "what stands beside it")
    home.server.stop()
    until(lambda: kiosk.execute_script(KIND) == "offline", "the word that the hub is away", limit=12)
    found += faults(kiosk, "offline")
    home.server.start()
    kiosk.get(f"{home.url}/display/nowhere")
    found += faults(kiosk, "no door")
    assert found == []

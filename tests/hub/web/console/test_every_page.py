"""Every page on a computer and on a phone, in light and in dark: fits, is accessible (axe-core), asks nobody else.

Pictures are kept to look at: what is on the screen, and (`whole`) what one would scroll to.
"""

from typing import Any

import pytest
from playwright.sync_api import expect

from hub.roles import Role
from maskgate.messages import CameraState
from maskgate.states import MaskState
from tests.hub.web.console.conftest import PATIENCE_MS, Building, Visit, drawing

expect.set_options(timeout=PATIENCE_MS)
everywhere = pytest.mark.parametrize(
    ("size", "scheme"), [(size, scheme) for size in ("desktop", "phone") for scheme in ("light", "dark")]
)


@everywhere
def test_every_page_fits_is_accessible_and_asks_nobody_else(
    building: Building, window: Any, size: str, scheme: str
) -> None:
    building.weeks_pass()
    building.gives_up()
    building.camera_says("yard", camera=CameraState.LOST)
    for state, door in ((MaskState.INCORRECT, "front"), (MaskState.UNCERTAIN, "yard"), (MaskState.MASK, "yard")):
        building.comes(state, door=door)
    passage = building.comes(MaskState.NO_MASK, picture=drawing())
    building.comes(MaskState.MASK, door="staff")
    visit: Visit = window(size, scheme, Role.ADMIN)
    faults = []
    for name, path in {
        "doors": "/", "door": "/doors/front", "emergency": "/doors/front/emergency", "passages": "/passages",
        "passage": f"/passages/{passage}", "charts": "/charts?days=30", "notices": "/notices", "nodes": "/nodes",
        "people": "/people", "audit": "/audit", "account": "/account", "sign-in": "/sign-in",
    }.items():  # fmt: skip
        visit.page.goto(path)
        if name == "doors":
            expect(visit.page.locator("article", has_text="Front entry")).to_contain_text("Jammed")
            expect(visit.page.locator("#live-problems")).to_contain_text("cam-yard")
        if visit.page.locator("#line").count():
            expect(visit.page.locator("#line")).to_have_text("live")
        visit.shot(f"{name}-{size}-{scheme}")
        visit.shot(f"whole-{name}-{size}-{scheme}", whole=True)
        faults += visit.faults(name)
        if name == "doors":  # and what the pointer rests on
            for one in ("#ack-front", "#hold-front", "#emergency-front"):
                visit.page.hover(one)
                faults += visit.faults(f"{name} {one}")
    assert faults == []
    assert visit.away == []
    assert visit.errors == []


@everywhere
def test_pages_with_nothing_on_them_and_those_that_say_no_are_as_good(
    bare: Building, window: Any, size: str, scheme: str
) -> None:
    """Before the first camera speaks; and what a person meets who has a link, goes astray or is not allowed."""
    first = bare.server.first_link()
    assert first
    visit: Visit = window(size, scheme)
    page, faults = visit.page, []

    def look(name: str) -> None:
        visit.shot(f"whole-{name}-{size}-{scheme}", whole=True)
        faults.extend(visit.faults(name))

    page.goto("/welcome?" + first.split("?")[1])
    look("welcome")
    page.goto("/welcome?code=spent")
    look("welcome-spent")
    page.goto("/sign-in")
    page.get_by_label("Name").fill("nobody")
    page.get_by_label("Password").fill("not a password of anybody")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    look("sign-in-refused")

    visit.sign_in(Role.VIEWER)
    page.goto("/people")
    look("not-for-you")
    page.goto("/nowhere")
    look("nowhere")

    visit.sign_in(Role.ADMIN)
    for name, path in {
        "empty-doors": "/", "empty-door": "/doors/yard", "empty-passages": "/passages", "empty-charts": "/charts",
        "nothing-fits": "/passages?state=no_mask&since=nonsense", "empty-notices": "/notices", "empty-nodes": "/nodes",
    }.items():  # fmt: skip
        page.goto(path)
        look(name)
    page.goto("/people")
    page.get_by_label("Add somebody").fill("Marta")
    page.get_by_role("button", name="Add", exact=True).first.click()
    expect(page.locator("#secret")).to_be_visible()
    look("people-link")
    page.get_by_label("Add a machine").fill("Grafana")
    page.locator("#add-token").click()
    expect(page.locator("#secret")).to_contain_text("mg_")
    page.get_by_text("Remove…").first.click()
    look("people-token")
    page.locator("#me").click()
    expect(page.locator("#sign-out")).to_be_visible()
    look("menu-of-who")
    if size == "phone":
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Menu").click()
        expect(page.get_by_role("link", name="Cameras")).to_be_visible()
        look("menu")
    assert faults == []
    assert visit.away == []

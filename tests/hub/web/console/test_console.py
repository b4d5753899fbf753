"""The console as people use it, in a real Chromium."""

import csv
import io
import re
from typing import Any

from playwright.sync_api import Page, expect

from hub.roles import Role
from maskgate.messages import LockState
from maskgate.states import MaskState
from tests.hub.web.conftest import PASSWORD
from tests.hub.web.console.conftest import PATIENCE_MS, Building, Visit, drawing

expect.set_options(timeout=PATIENCE_MS)


def try_password(page: Page, password: str) -> None:
    page.get_by_label("Name").fill("a-operator")
    page.get_by_label("Password").fill(password)
    with page.expect_navigation():
        page.get_by_role("button", name="Sign in").click()


def test_a_manager_signs_in_watches_a_refusal_arrive_and_does_what_is_needed(building: Building, window: Any) -> None:
    """Sign in (five wrong passwords first), watch, filter, look, override, acknowledge, export, sign out."""
    visit: Visit = window("desktop")
    page = visit.page
    page.goto("/passages?door=front")
    expect(page).to_have_url(re.compile("/sign-in"))
    tries = 0
    while tries < 5 or "Wait" not in page.get_by_role("alert").inner_text():
        tries += 1
        assert tries < 12, "the delay doubles with each; a slow machine outruns the first ones"
        try_password(page, "a wrong one")
        expect(page.get_by_role("alert")).to_contain_text(
            re.compile("Name or password is wrong|Too many wrong passwords")
        )
    visit.shot("sign-in-delayed")
    for _ in range(120):
        try_password(page, PASSWORD)
        if "/sign-in" not in page.url:
            break
        page.wait_for_timeout(1000)
    expect(page.get_by_role("heading", name="Passages")).to_be_visible()
    assert page.url.endswith("/passages?door=front"), "where they wanted to go"

    page.goto("/")
    expect(page.locator("#line")).to_have_text("live")
    seen = building.comes(MaskState.NO_MASK, picture=drawing())
    row = page.locator("#live-events tr.new", has_text="Front entry")
    expect(row).to_contain_text("No mask")
    expect(row).to_contain_text("Refused")
    expect(page.locator("#news")).to_contain_text("Front entry: Refused")
    visit.shot("refusal")

    building.comes(MaskState.MASK, door="staff")
    page.get_by_role("link", name="Passages", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_label("Door").select_option("Front entry")
    page.get_by_label("Seen").select_option("No mask")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody tr")).to_have_count(1)

    page.locator("tbody tr a").click()
    picture = page.get_by_alt_text("What cam-front saw")
    expect(picture).to_be_visible()
    assert picture.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 320
    assert page.url.endswith(seen)
    visit.shot("evidence")

    page.get_by_role("link", name="Doors", exact=True).click()
    card = page.locator("article", has_text="Front entry")
    expect(card).to_contain_text("Jammed")  # the lock was told to lock, and reported nothing
    expect(page.get_by_role("heading", name="Needs a look")).to_be_visible()
    card.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("status").filter(has_text="Acknowledged")).to_be_visible()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)

    page.get_by_role("button", name="Hold open").click()
    assert page.locator("#reason:invalid").count() == 1, "not without a reason"
    page.get_by_label("Why").fill("Delivery")
    page.get_by_label("For how long").select_option("15 minutes")
    page.get_by_role("button", name="Hold open").click()
    expect(page.get_by_text("Done: the entry is held by hand.")).to_be_visible()
    building.lock_says("front", LockState.UNLOCKED)
    expect(page.locator(".lock")).to_contain_text("Unlocked until")
    expect(page.locator("#live-events")).to_contain_text("Unlocked by hand for 900 s: Delivery · a-operator")
    visit.shot("override")
    page.get_by_role("button", name="Back to the rule").click()
    expect(page.get_by_text("The entry is no longer held by hand.")).to_be_visible()
    page.get_by_role("button", name="soft").click()
    expect(page.locator("#mode-soft")).to_have_attribute("aria-pressed", "true")

    page.goto("/passages?door=front")
    with page.expect_download() as begun:
        page.get_by_role("link", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(begun.value.path().read_text("utf-8"))))
    assert [(row["passage"], row["state"]) for row in rows] == [(seen, "no_mask")]

    page.locator("#me").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.goto("/")
    expect(page).to_have_url(re.compile("/sign-in"))
    assert visit.away == [], "no request leaves the machine"
    assert [one for one in visit.errors if "401" not in one and "429" not in one] == []


def test_an_emergency_is_asked_about_first_and_wins_at_a_phone_in_the_hand(building: Building, window: Any) -> None:
    visit: Visit = window("phone", role=Role.OPERATOR)
    page = visit.page
    page.goto("/")
    page.locator("article", has_text="Staff entry").get_by_role("link", name="Emergency").tap()
    page.get_by_role("button", name="Release the entry").tap()
    assert page.locator("#sure:invalid").count() == 1, "not by a slip of the finger"
    page.get_by_label("Yes, this is an emergency").check()
    page.get_by_role("button", name="Release the entry").tap()
    expect(page.get_by_text("The entry is released until").first).to_be_visible()
    with building.machine() as client:
        assert client.get("/api/v1/doors/staff").json()["state"]["emergency"] is True
    page.goto("/")
    expect(page.locator("#live-problems")).to_contain_text("Staff entry: emergency, the entry is released.")
    visit.shot("emergency-phone")
    page.locator("#emergency-staff").tap()
    page.get_by_role("button", name="End the emergency").tap()
    expect(page.get_by_text("the rule stands again").first).to_be_visible()
    heights = page.locator("main .btn").evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().height)")
    assert min(heights) >= 44, "large enough for a thumb"


def test_a_viewer_sees_all_and_is_offered_nothing_to_press(building: Building, window: Any) -> None:
    passage = building.comes(MaskState.NO_MASK, picture=drawing())
    building.gives_up()
    page = window("desktop", role=Role.VIEWER).page
    for path in ("/", "/doors/front", "/passages", f"/passages/{passage}", "/notices", "/nodes", "/charts"):
        page.goto(path)
        assert page.locator("main form[method=post], main a[href$=emergency], main img.evidence").count() == 0, path
    expect(page.get_by_role("link", name="People")).to_have_count(0)
    page.goto("/people")
    expect(page.get_by_role("alert")).to_contain_text("This is for the role admin")
    page.goto("/nowhere")
    assert page.locator("body").inner_text()


def test_an_operator_sends_a_notice_again_and_an_administrator_lets_people_in(building: Building, window: Any) -> None:
    building.gives_up()
    page = window("desktop", role=Role.ADMIN).page
    page.goto("/notices")
    expect(page.locator("tbody tr")).to_contain_text("connection refused")
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_text("It will be tried again at once.")).to_be_visible()
    expect(page.locator("tbody tr")).to_contain_text("Waiting")
    page.goto("/people")
    page.get_by_label("Add somebody").fill("Marta")
    page.get_by_role("button", name="Add", exact=True).first.click()
    link = page.locator("#secret").inner_text()
    assert "/welcome?code=" in link
    page.get_by_label("Add a machine").fill("Grafana")
    page.locator("#add-token").click()
    expect(page.locator("#secret")).to_contain_text("mg_")
    page.get_by_role("button", name="Revoke Grafana").click()
    expect(page.get_by_text("The token is revoked")).to_be_visible()
    page.goto("/audit")
    expect(page.locator("main")).to_contain_text("token revoked")
    newcomer = window("phone").page
    newcomer.goto("/welcome?" + link.split("?")[1])
    newcomer.get_by_label("Password").fill("a password of her own")
    newcomer.get_by_role("button", name="Begin").tap()
    expect(newcomer.locator("article", has_text="Front entry")).to_be_visible()


def test_the_keyboard_alone_reaches_what_matters(building: Building, window: Any) -> None:
    page = window("desktop", role=Role.OPERATOR).page
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    assert "go-front" in reached
    assert "emergency-front" in reached
    page.focus("#emergency-front")
    building.comes(MaskState.NO_MASK)
    expect(page.locator("#live-events tr.new")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "emergency-front", "news do not take the focus away"


def test_a_lost_hub_is_said_and_the_page_comes_back_by_itself(building: Building, window: Any) -> None:
    page = window("phone", role=Role.VIEWER).page
    page.goto("/")
    expect(page.locator("#line")).to_have_text("live")
    building.server.stop()
    expect(page.locator("#line")).to_have_text("no connection")
    building.server.start()
    expect(page.locator("#line")).to_have_text("live")

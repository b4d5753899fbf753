"""What is shipped for building managers, in a real Home Assistant: it loads without a word, and does what it says.

The blueprint that moves a lock has tests of its own: test_entry_lock.py.
"""

import time

import pytest

from hub.policy.faults import TELL_AFTER_S
from tests.system.homeassistant.home import Home, until
from tests.system.homeassistant.installs import tools
from tests.system.homeassistant.manager import FrontSite, at_rest

#: The first of these waits for two starts of Home Assistant.
pytestmark = pytest.mark.timeout(600)
#: What our files and announcements are taken by: it would show what it is to be repaired in them.
OURS = {"automation", "input_boolean", "input_text", "lovelace", "mqtt", "schedule", "script", "template"}


def test_a_phone_lets_in_keeps_out_and_acknowledges_once_and_only_its_own_message(
    house: Home, front: FrontSite
) -> None:
    def rings() -> dict[str, str]:
        """Somebody comes bare; returns the answers that the phone offers."""
        at_rest(house)
        before = len(front.told("phone"))
        front.board.sees("no_mask")
        message = until(lambda: front.told("phone")[before:], "the phone")[0]
        house.wait_state("lock.front", "locked")
        return {action["title"]: action["action"] for action in message["actions"]}

    def answers(what: str) -> None:
        house.ha.post("/api/events/mobile_app_notification_action", {"action": what})

    def by_hand() -> list[str]:
        return [one.text for one in front.decisions() if one.text.startswith(("Locked by", "Unlocked by"))]

    old, now = rings(), rings()
    before = len(by_hand())
    answers(old["Let in"])  # its message was replaced
    answers(now["Let in"])
    until(lambda: len(by_hand()) == before + 1, "the override")
    assert by_hand()[-1].startswith("Unlocked")
    answers(now["Keep out"])  # answered already
    house.call("button", "press", "button.front_override_end")
    keep = rings()
    answers(keep["Keep out"])
    until(lambda: len(by_hand()) == before + 2, "the override")
    assert by_hand()[-1].startswith("Locked")
    house.call("button", "press", "button.front_override_end")
    seen = rings()
    pressed = house.state("button.front_acknowledge")
    answers(seen["Acknowledge"])
    until(lambda: house.state("button.front_acknowledge") != pressed, "the acknowledgement")
    assert len(by_hand()) == before + 2


def test_screen_lamp_and_horn_follow_what_happens(house: Home, front: FrontSite) -> None:
    def at_peace() -> bool:
        """Nothing of what happened before is still shown."""
        screen, lamp = front.told("matrix/set"), front.told("lamp/set")
        return (not screen or screen[-1] == "Hello") and (not lamp or lamp[-1]["state"] == "OFF")

    at_rest(house)
    until(at_peace, "what happened before to be over")
    screen, lamp, horn = (len(front.told(f"{thing}/set")) for thing in ("matrix", "lamp", "horn"))
    front.board.sees("no_mask")
    until(lambda: len(front.told("matrix/set")) == screen + 2, "the screen to show and to go back")
    assert front.told("matrix/set")[screen:] == ["Please put on a mask and look at the camera.", "Hello"]
    until(lambda: len(front.told("lamp/set")) == lamp + 2, "the lamp to go on and off")
    assert front.told("lamp/set")[lamp]["color"] == {"r": 255, "g": 0, "b": 0}
    assert front.told("lamp/set")[lamp + 1]["state"] == "OFF"
    assert front.told("horn/set")[horn]["state"] == "ON"


def test_the_summary_says_how_many_came(house: Home, front: FrontSite) -> None:
    at_rest(house)
    before = len(front.told("phone"))
    people, bare = (house.state(f"sensor.front_{what}") for what in ("people", "violations"))
    house.call("automation", "trigger", "automation.daily_summary")
    message = until(lambda: front.told("phone")[before:], "the summary")[0]["message"]
    assert message.startswith(f"{people} people, {bare} without a mask")


def test_the_hours_set_the_mode_only_when_they_change(house: Home, front: FrontSite) -> None:
    house.call("input_boolean", "turn_on", "input_boolean.maskgate_follow_hours")
    house.wait_state("input_boolean.maskgate_follow_hours", "on")
    hours = house.ha.state("schedule.maskgate_hours")
    try:
        # The hours are the clock's; what the helper shows is changed as its next edge would change it.
        house.ha.post("/api/states/schedule.maskgate_hours", {**hours, "state": "off"})
        house.ha.post("/api/states/schedule.maskgate_hours", {**hours, "state": "on"})
        house.wait_state("select.front_mode", "hard")
        house.ha.post("/api/states/schedule.maskgate_hours", {**hours, "state": "off"})
        house.wait_state("select.front_mode", "soft")
        house.call("select", "select_option", "select.front_mode", option="hard")
        house.wait_state("select.front_mode", "hard")
    finally:
        house.ha.post("/api/states/schedule.maskgate_hours", hours)
        house.call("input_boolean", "turn_off", "input_boolean.maskgate_follow_hours")
        house.call("select", "select_option", "select.front_mode", option="hard")


def test_a_restart_of_home_assistant_moves_nothing_and_rings_nobody(house: Home, front: FrontSite) -> None:
    house.wait_state("select.front_mode", "hard")
    at_rest(house)

    def rung() -> int:  # the day's summary, which comes at its hour, asks for nothing
        return sum(bool(told["actions"]) for told in front.told("phone"))

    before, known = (len(front.lock.commands), rung()), {one.id for one in front.decisions()}
    with house.away():
        until(lambda: "Home Assistant" in (front.state().problem or ""), "the problem, which is shown at once")
        gone = time.monotonic()
        until(lambda: time.monotonic() - gone > TELL_AFTER_S + 1, "what would be called for any other fault")
    until(lambda: front.state().problem is None, "the end of the problem")
    lasted = time.monotonic() - gone
    at_rest(house)
    told = [one.text for one in front.decisions() if one.id not in known]
    assert told == [] or lasted > 60, "an ordinary restart calls nobody, by mail neither"
    house.wait_state("binary_sensor.front_camera_connectivity", "on")
    front.board.sees("no_mask")
    house.wait_state("lock.strike", "locked")
    until(lambda: rung() == before[1] + 1, "the phone, for the new one")
    at_rest(house)
    assert front.lock.commands[before[0] :] == ["LOCK", "UNLOCK"]
    assert rung() == before[1] + 1


def test_all_that_is_shipped_loads_without_a_complaint(house: Home, front: FrontSite) -> None:
    """Comes last: it reads the log of all that the tests above did."""
    at_rest(house)
    states = house.states()
    assert {name for name, found in states.items() if name.startswith("automation.")} == {
        f"automation.{name}"
        for name in (
            "entry_lock", "bolt", "gate", "show_words", "ask_phone", "light_and_siren", "daily_summary",
            "masks_by_the_hours",
        )
    }  # fmt: skip
    assert all(found["state"] == "on" for name, found in states.items() if name.startswith("automation."))
    assert not [name for name, found in states.items() if found["state"] == "unavailable"]
    assert not house.complaints(), "\n".join(house.complaints())
    issues = house.ha.ws("repairs/list_issues")["issues"]
    assert [one for one in issues if one["domain"] in OURS] == []
    problems, _, output = tools().check_config(house.install.hass, house.config)
    assert problems == [], output

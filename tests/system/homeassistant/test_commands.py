"""What people command from a real Home Assistant, through its API: proof that it does what it says."""

import json
from typing import Any

from tests.system.homeassistant.home import Home, until
from tests.system.homeassistant.site import Site


def of_the_board(site: Site, word: str) -> list[dict[str, Any]]:
    return [json.loads(payload) for told, payload in site.board.told if told == word]


def test_the_lock_is_locked_and_unlocked_and_shows_what_is_measured(home: Home, site: Site) -> None:
    home.wait_state("lock.front_entry", "unlocked")
    before = len(site.lock.commands)
    home.call("lock", "lock", "lock.front_entry")
    home.wait_state("lock.front_entry", "locked")
    assert site.lock.where == "LOCKED"
    home.call("lock", "unlock", "lock.front_entry")
    home.wait_state("lock.front_entry", "unlocked")
    assert site.lock.commands[before:] == ["LOCK", "UNLOCK"]


def test_mode_and_enforcement_are_two_views_of_one_thing(home: Home, site: Site) -> None:
    for mode, enforced in (("off", "off"), ("soft", "off"), ("hard", "on")):
        home.call("select", "select_option", "select.front_entry_mode", option=mode)
        home.wait_state("select.front_entry_mode", mode)
        home.wait_state("switch.front_entry_enforcement", enforced)
    home.call("switch", "turn_off", "switch.front_entry_enforcement")
    home.wait_state("select.front_entry_mode", "soft")
    home.call("switch", "turn_on", "switch.front_entry_enforcement")
    home.wait_state("select.front_entry_mode", "hard")


def test_words_reach_the_displays_by_text_and_by_notice(home: Home, site: Site) -> None:
    words = 'Use the "other" door, please: {{ café }}'
    home.call("text", "set_value", "text.front_entry_message", value=words)
    home.wait_state("text.front_entry_message", words)
    home.call("notify", "send_message", "notify.front_entry_display", message="x" * 400)
    home.wait_state("text.front_entry_message", "x" * 255)


def test_the_siren_sounds_the_displays_and_silences_them(home: Home, site: Site) -> None:
    home.call("siren", "turn_on", "siren.front_entry_siren", tone="warning", duration=600)
    home.wait_state("siren.front_entry_siren", "on")
    assert home.attributes("siren.front_entry_siren")["tone"] == "warning"
    home.call("siren", "turn_off", "siren.front_entry_siren")
    home.wait_state("siren.front_entry_siren", "off")
    site.board.sees("no_mask")  # silence was for what went before
    home.wait_state("siren.front_entry_siren", "on")
    home.wait_state("siren.front_entry_siren", "off")


def test_hold_times_are_set_and_obeyed(home: Home, site: Site) -> None:
    home.call("button", "press", "button.front_entry_override_end")  # of the tests before
    until(lambda: site.state().until is None, "the rule")
    home.call("number", "set_value", "number.front_entry_deny_hold", value=3.5)
    home.wait_state("number.front_entry_deny_hold", "3.5")
    home.call("number", "set_value", "number.front_entry_relock", value=1)
    home.wait_state("number.front_entry_relock", "1.0")
    site.board.sees("no_mask")
    held = until(lambda: site.state().until and site.state(), "the hold")
    assert 3 < (held.until - held.at).total_seconds() <= 3.6
    home.wait_state("lock.front_entry", "unlocked")
    home.call("number", "set_value", "number.front_entry_deny_hold", value=2)


def test_override_and_its_end(home: Home, site: Site) -> None:
    home.wait_state("lock.front_entry", "unlocked")
    home.call("button", "press", "button.front_entry_override")
    until(lambda: site.decisions() and site.decisions()[-1].event_type == "override", "the override")
    until(lambda: site.state().lock == "UNLOCKED", "the answer of the lock")
    before = len(site.lock.commands)
    passage = site.board.sees("no_mask")
    until(lambda: site.decisions()[-1].passage == passage, "the decision")
    assert site.lock.commands[before:] == [], "a person wins over the rule"
    home.call("button", "press", "button.front_entry_override_end")
    until(lambda: "No longer" in site.decisions()[-1].text, "the end of it")
    site.board.sees("no_mask")
    home.wait_state("lock.front_entry", "locked")
    home.wait_state("lock.front_entry", "unlocked")


def test_an_emergency_releases_until_it_is_reset(home: Home, site: Site) -> None:
    """S5."""
    home.call("lock", "lock", "lock.front_entry")
    home.wait_state("lock.front_entry", "locked")
    home.call("button", "press", "button.front_entry_emergency")
    home.wait_state("binary_sensor.front_entry_emergency_released", "on")
    home.wait_state("lock.front_entry", "unlocked")
    site.board.sees("no_mask")
    home.call("lock", "lock", "lock.front_entry")
    until(lambda: "the emergency stands" in site.decisions()[-1].text, "the refusal")
    assert site.lock.where == "UNLOCKED"
    home.call("button", "press", "button.front_entry_emergency_reset")
    home.wait_state("binary_sensor.front_entry_emergency_released", "off")


def test_nothing_that_turns_all_switches_of_a_house_moves_an_entry(home: Home, site: Site) -> None:
    home.wait_state("lock.front_entry", "unlocked")
    before = len(site.lock.commands)
    switches = [entity for entity in home.states() if entity.startswith("switch.front_entry")]
    for action, state in (("turn_off", "off"), ("turn_on", "on")):
        home.ha.call("homeassistant", action, {"entity_id": switches})
        home.wait_state("switch.front_entry_enforcement", state)
    assert home.state("binary_sensor.front_entry_emergency_released") == "off"
    assert site.lock.commands[before:] in ([], ["UNLOCK"]), "where it stands already, at the most"


def test_a_test_denial_is_shown_and_announced_and_counts_nothing(home: Home, site: Site) -> None:
    home.wait_state("lock.front_entry", "unlocked")
    commands, counters = len(site.lock.commands), site.state().counters
    home.call("button", "press", "button.front_entry_test_denial")
    home.wait_state("text.front_entry_message", "Please put on a mask and look at the camera.")
    until(lambda: home.attributes("event.front_entry_decision").get("test") is True, "the event")
    assert home.attributes("event.front_entry_decision")["event_type"] == "denied"
    home.wait_state("text.front_entry_message", "Please wear a mask over nose and mouth.")
    assert site.state().counters == counters
    assert site.lock.commands[commands:] == []


def test_a_problem_is_shown_and_acknowledged(home: Home, site: Site) -> None:
    site.board.say(camera="lost")
    home.wait_state("binary_sensor.front_entry_problem", "on")
    assert "no picture" in home.attributes("binary_sensor.front_entry_problem")["reason"]
    home.call("button", "press", "button.front_entry_acknowledge")
    home.wait_state("binary_sensor.front_entry_problem", "off")
    site.board.say(camera="ok")


def test_a_board_is_asked_by_the_hub_once_for_each_wish(home: Home, site: Site) -> None:
    for button, word in (("identify", "identify"), ("restart", "restart")):
        before = len(of_the_board(site, word))
        home.call("button", "press", f"button.cam_1_{button}")
        until(lambda word=word, before=before: len(of_the_board(site, word)) > before, word)
    before = len(of_the_board(site, "enable"))
    home.call("switch", "turn_off", "switch.cam_1_enable")
    until(lambda: len(of_the_board(site, "enable")) == before + 1, "rest")
    assert of_the_board(site, "enable")[-1]["enabled"] is False
    site.board.say(enabled=False)
    home.wait_state("switch.cam_1_enable", "off")
    home.call("switch", "turn_on", "switch.cam_1_enable")
    until(lambda: len(of_the_board(site, "enable")) == before + 2, "look")
    assert of_the_board(site, "enable")[-1]["enabled"] is True
    site.board.say(enabled=True)
    # The very request again, as a broker may hand it over: the board knows the command by its id.
    again = next(m for m in reversed(site.heard) if m.topic.endswith("/ask"))
    site.board.publish(again.topic, again.payload)
    until(lambda: len(of_the_board(site, "enable")) == before + 3, "the copy")
    assert of_the_board(site, "enable")[-1]["id"] == of_the_board(site, "enable")[-2]["id"]


def test_two_sites_on_one_broker_do_not_see_each_other(home: Home, site: Site) -> None:
    with Site(home, "annex") as other:
        home.wait_state("lock.annex_front_entry", "unlocked")
        home.wait_state("lock.front_entry", "unlocked")
        mine, theirs = len(site.lock.commands), len(other.lock.commands)
        people = site.state().counters.people
        passage = other.board.sees("no_mask")
        home.wait_state("lock.annex_front_entry", "locked")
        home.call("select", "select_option", "select.annex_front_entry_mode", option="soft")
        home.wait_state("select.annex_front_entry_mode", "soft")
        home.call("button", "press", "button.annex_front_entry_emergency")
        home.wait_state("binary_sensor.annex_front_entry_emergency_released", "on")
        # Whoever hears all of both has nothing of the one under the other's root.
        assert home.state("select.front_entry_mode") == "hard"
        assert home.state("binary_sensor.front_entry_emergency_released") == "off"
        assert site.lock.commands[mine:] == []
        assert len(other.lock.commands) > theirs
        assert site.state().counters.people == people
        assert passage not in {one.passage for one in site.decisions()}
        assert passage in {one.passage for one in other.decisions()}
        ids = [row["unique_id"] for row in home.registry().values()]
        assert len(ids) == len(set(ids))
    home.wait_state("lock.front_entry", "unlocked")

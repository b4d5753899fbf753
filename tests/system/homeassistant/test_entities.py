"""What a building manager finds in a real Home Assistant."""

import json
import time

from hub.config import HubConfig
from hub.discovery import messages
from maskgate import topics
from maskgate.mqtt import Outbound
from tests.system.homeassistant.home import LIMIT, Home, until
from tests.system.homeassistant.site import Site

#: Entity ids by what they show once the hub and the board have spoken.
SHOWN = {
    "lock.front_entry": None,
    "select.front_entry_mode": "hard",
    "switch.front_entry_enforcement": "on",
    "number.front_entry_grant_hold": "2.0",
    "number.front_entry_deny_hold": "2.0",
    "number.front_entry_relock": "unknown",
    "sensor.front_entry_people": None,
    "sensor.front_entry_violations": None,
    "sensor.front_entry_compliance": None,
    "sensor.front_entry_last_decision": None,
    "event.front_entry_decision": None,
    "text.front_entry_message": "Please wear a mask over nose and mouth.",
    "notify.front_entry_display": "unknown",
    "siren.front_entry_siren": "off",
    "binary_sensor.front_entry_occupancy": "off",
    "binary_sensor.front_entry_contact": "unknown",
    "binary_sensor.front_entry_emergency_released": "off",
    "binary_sensor.front_entry_problem": "off",
    "button.front_entry_override": "unknown",
    "button.front_entry_override_end": "unknown",
    "button.front_entry_acknowledge": "unknown",
    "button.front_entry_test_denial": "unknown",
    "button.front_entry_emergency": "unknown",
    "button.front_entry_emergency_reset": "unknown",
    "image.front_entry_last_denial": "unknown",
    "binary_sensor.cam_1_connectivity": "on",
    "sensor.cam_1_camera": "ok",
    "sensor.cam_1_temperature": "51",
    "sensor.cam_1_outbox": "0",
    "update.cam_1_software": "on",
    "update.cam_1_models": "unknown",
    "switch.cam_1_enable": "on",
    "button.cam_1_identify": "unknown",
    "button.cam_1_restart": "unknown",
    "button.cam_1_take_snapshot": "unknown",
    "image.cam_1_snapshot": "unknown",
    "binary_sensor.maskgate_hub_connectivity": "on",
    "binary_sensor.maskgate_hub_problem": "off",
    "binary_sensor.maskgate_hub_running": "on",
    "sensor.maskgate_hub_notices_waiting": "0",
    "sensor.maskgate_hub_notices_failed": "0",
    "sensor.maskgate_hub_version": None,
}
#: Those that are there only once somebody enables them.
QUIET = {
    "sensor.cam_1_fps", "sensor.cam_1_latency", "sensor.maskgate_hub_outbox", "sensor.maskgate_hub_refused",
    "sensor.maskgate_hub_started",
}  # fmt: skip


def test_every_entity_is_there_under_its_id_and_shows_what_is(home: Home, site: Site) -> None:
    def missing() -> dict[str, str | None]:
        states = {entity: one["state"] for entity, one in home.states().items()}
        return {
            entity: states.get(entity)
            for entity, state in SHOWN.items()
            if states.get(entity) in (None, "unavailable") or (state is not None and states[entity] != state)
        }

    deadline = time.monotonic() + LIMIT
    while left := missing():
        assert time.monotonic() < deadline, left
        time.sleep(0.2)


def test_ids_names_and_devices_are_as_announced(home: Home, site: Site) -> None:
    announced = {
        item["unique_id"]: item
        for message in messages(HubConfig.model_validate(site.config), "1")
        for item in json.loads(message.payload)["components"].values()
        if len(item) > 1
    }
    until(lambda: len(ours(home)) >= len(announced), "all entities")
    registered = ours(home)
    assert set(registered) == set(announced)
    assert {row["entity_id"] for row in registered.values()} == set(SHOWN) | QUIET
    for unique_id, row in registered.items():
        item = announced[unique_id]
        assert row["entity_id"] == item["default_entity_id"]
        assert row["entity_category"] == item.get("entity_category")
        assert (row["disabled_by"] == "integration") == (row["entity_id"] in QUIET)
        # A name that repeats its device's is no name of an entity.
        assert not (row["original_name"] or "").startswith(("Front entry", "Head office"))
    devices = {one["name"]: one for one in home.devices()}
    assert set(devices) == {"Head office hub", "Front entry", "Front entry camera cam-1"}
    hub = devices.pop("Head office hub")
    assert {one["via_device_id"] for one in devices.values()} == {hub["id"]}


def ours(home: Home) -> dict[str, dict[str, object]]:
    return {row["unique_id"]: row for row in home.registry().values() if str(row["unique_id"]).startswith("maskgate_")}


def test_numbers_are_kept_for_statistics_of_years(home: Home, site: Site) -> None:
    wanted = {
        "sensor.front_entry_people": "total",
        "sensor.front_entry_violations": "total",
        "sensor.front_entry_compliance": "measurement",
    }
    site.board.sees("mask")
    site.board.sees("no_mask")
    until(lambda: home.state("sensor.front_entry_compliance") not in ("unknown", "unavailable", None), "a rate")
    for entity, state_class in wanted.items():
        assert home.attributes(entity)["state_class"] == state_class
    issues = {row["entity_id"] for row in home.ws("repairs/list_issues")["issues"] if row.get("entity_id")} & {*wanted}
    assert not issues
    known = {row["statistic_id"] for row in home.ws("recorder/list_statistic_ids")}
    assert known >= set(wanted)


def test_a_denial_is_one_event_with_all_that_is_known_of_it(home: Home, site: Site) -> None:
    home.wait_state("event.front_entry_decision", home.state("event.front_entry_decision") or "")
    passage = site.board.sees("incorrect")
    until(lambda: home.attributes("event.front_entry_decision").get("passage") == passage, "the event")
    event = home.attributes("event.front_entry_decision")
    assert event["event_type"] == "improper"
    assert {key: event[key] for key in ("state", "node", "faces_in_view", "mode", "entry", "confidence")} == {
        "state": "incorrect", "node": "cam-1", "faces_in_view": 1, "mode": "hard", "entry": "open", "confidence": 0.97,
    }  # fmt: skip
    home.wait_state("sensor.front_entry_last_decision", "improper")
    # The very message again, as a broker may hand it over: no second event.
    fired = home.state("event.front_entry_decision")
    again = next(m for m in reversed(site.heard) if m.topic.endswith("/decision"))
    before = len(site.heard)
    site.board.publish(again.topic, again.payload)
    until(lambda: any(m.topic == again.topic for m in site.heard[before:]), "the copy")
    site.board.say(outbox=7)  # what is sent later has been seen later
    home.wait_state("sensor.cam_1_outbox", "7")
    assert home.state("event.front_entry_decision") == fired
    site.board.say(outbox=0)


def test_somebody_before_the_camera_is_shown_and_nobody_where_it_is_blind(home: Home, site: Site) -> None:
    occupancy = "binary_sensor.front_entry_occupancy"
    site.board.say(people=1)
    home.wait_state(occupancy, "on")
    site.board.say(people=0)
    home.wait_state(occupancy, "off")
    site.board.say(camera="lost")
    home.wait_state(occupancy, "unknown")
    home.wait_state("sensor.cam_1_camera", "lost")
    site.board.say(camera="ok")
    home.wait_state(occupancy, "off")


def test_the_hubs_pulse_is_seen_and_fills_no_history(home: Home, site: Site) -> None:
    def pulses() -> int:
        return sum(message.topic == topics.HUB_PULSE.path(site.root) for message in site.heard)

    home.wait_state("binary_sensor.maskgate_hub_running", "on")
    before, begun = home.ha.state("binary_sensor.maskgate_hub_running"), pulses()
    until(lambda: pulses() >= begun + 3, "pulses")
    assert home.ha.state("binary_sensor.maskgate_hub_running")["last_updated"] == before["last_updated"]


def test_pictures_come_where_the_site_opted_in(home: Home, site: Site) -> None:
    passage = site.board.sees("no_mask")
    jpeg = b"\xff\xd8\xff\xe0" + b"picture" * 20
    site.board.publish(topics.NODE_EVIDENCE.path(site.root, node="cam-1", passage=passage), jpeg)
    until(lambda: home.state("image.front_entry_last_denial") not in ("unknown", "unavailable"), "the picture")

    def shown(entity: str) -> bytes:
        picture: bytes = home.ha.get(home.attributes(entity)["entity_picture"], raw=True)
        return picture

    assert shown("image.front_entry_last_denial") == jpeg
    home.call("button", "press", "button.cam_1_take_snapshot")
    until(lambda: any(word == "snapshot" for word, _ in site.board.told), "the command")
    command = topics.m.decode(next(p for w, p in site.board.told if w == "snapshot"), topics.m.NodeCommand)
    site.board.publish(topics.NODE_EVIDENCE.path(site.root, node="cam-1", passage=command.id), jpeg + b"2")
    until(lambda: home.state("image.cam_1_snapshot") not in ("unknown", "unavailable"), "the snapshot")
    assert shown("image.cam_1_snapshot") == jpeg + b"2"
    assert shown("image.front_entry_last_denial") == jpeg


def test_a_node_that_leaves_takes_its_entities_along_and_an_orderly_stop_too(home: Home, site: Site) -> None:
    topic = topics.NODE_AVAILABILITY.path(site.root, node="cam-1")
    for word in (b"offline", b"stopped"):
        site.board.link.publish(Outbound(topic, word, retain=True))
        home.wait_state("sensor.cam_1_camera", "unavailable")
        home.wait_state("binary_sensor.cam_1_connectivity", "off")
        site.board.link.publish(Outbound(topic, b"online", retain=True))
        home.wait_state("sensor.cam_1_camera", "ok")


def test_an_entity_that_home_assistant_loses_at_first_comes_soon(home: Home, site: Site) -> None:
    lost = "binary_sensor.late_front_entry_problem"
    home.ha.call("lose_one", "lose", {"unique_id": "maskgate_late_door_front-entry_problem"})
    with Site(home, "late"):  # and `site` is there before, so that the answer to a birth does not heal it
        home.wait_state(lost, "off")
    assert "lost on purpose" in home.ha.log()


def test_what_the_configuration_drops_leaves_no_ghost_and_a_new_name_is_no_new_entity(home: Home) -> None:
    """M6."""
    with Site(home, "ghosts", keep_evidence=True) as site:
        entity = "lock.ghosts_front_entry"
        until(lambda: entity in home.registry(), entity)
        before = mine(home)
        assert "image.ghosts_front_entry_last_denial" in before
        site.stop_hub()
        door = site.config["doors"][0]
        lock = door.pop("lock")
        door["name"], site.config["keep_evidence"] = "Main door", False
        site.start_hub()
        gone = {
            "lock.ghosts_front_entry", "switch.ghosts_front_entry_enforcement", "number.ghosts_front_entry_grant_hold",
            "number.ghosts_front_entry_deny_hold", "number.ghosts_front_entry_relock",
            "button.ghosts_front_entry_override", "button.ghosts_front_entry_override_end",
            "image.ghosts_front_entry_last_denial", "image.ghosts_cam_1_snapshot",
            "button.ghosts_cam_1_take_snapshot",
        }  # fmt: skip
        until(lambda: mine(home) == before - gone, "that they are gone")
        until(lambda: any(one["name"] == "Main door" for one in home.devices()), "the new name")
        site.stop_hub()
        door["lock"], site.config["keep_evidence"] = lock, True
        site.start_hub()
        until(lambda: mine(home) == before, "that they are back")
        site.stop_hub()
        # Another door instead: the old device goes, with all of it.
        door["id"] = "side-entry"
        site.start_hub()
        until(lambda: not any("front_entry" in one for one in mine(home)), "that the old door is gone")
        assert any("side_entry" in one for one in mine(home))
    until(lambda: not mine(home), "that nothing is left of a site that is no longer announced")


def mine(home: Home) -> set[str]:
    return {entity for entity, row in home.registry().items() if str(row["unique_id"]).startswith("maskgate_ghosts_")}


def test_nothing_of_ours_is_worth_a_warning_to_home_assistant(home: Home, site: Site) -> None:
    assert not home.complaints(), "\n".join(home.complaints())

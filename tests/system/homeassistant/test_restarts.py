"""Whatever is restarted, at whatever moment: all is right again by itself, and nothing was moved or told twice.

`MASKGATE_HA_RESTARTS` says how often (100 for the whole proof, `make heal`); what is restarted goes round in turn, and
after that by chance. The seconds until all is right are printed; `MASKGATE_HA_HEAL_S` is the most they may be, 12 on
a quiet machine: Home Assistant itself looks for a broker that was away only every 10 s, and nothing can make it look
sooner. So those after which its client is back at the broker, and from which on it is our turn, are printed as well;
`MASKGATE_HA_OWN_S` is the most that may then be left.
"""

import os
import random
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Callable

import pytest

from maskgate.demo.broker import Broker
from tests.system.homeassistant.home import Home, until
from tests.system.homeassistant.site import Site

RESTARTS = int(os.environ.get("MASKGATE_HA_RESTARTS", "6"))
HEAL_S = float(os.environ.get("MASKGATE_HA_HEAL_S", "60"))
OWN_S = float(os.environ.get("MASKGATE_HA_OWN_S", HEAL_S))
KINDS = ("home assistant", "broker", "broker without its store", "hub", "hub killed", "node")


def restart_broker(broker: Broker, *, keep: bool) -> None:
    broker.stop(kill=True)
    if not keep:
        for file in broker.folder.glob("*.db*"):
            file.unlink()
    broker.start()


@pytest.mark.timeout(max(600, 60 * RESTARTS))
def test_m4_m5_all_is_right_again_after_every_restart_and_nothing_was_done_twice(current: Home) -> None:
    home, chance = current, random.Random(7)
    with Site(home) as site:
        wrong = lambda: differences(home, site)  # noqa: E731
        until(lambda: not wrong(), "the beginning", 120)
        expected = len(home.states())
        broker = home.broker
        assert broker is not None
        acts: dict[str, Callable[[], object]] = {
            "home assistant": home.restart,
            "broker": lambda: restart_broker(broker, keep=True),
            "broker without its store": lambda: restart_broker(broker, keep=False),
            "hub": lambda: (site.stop_hub(), site.start_hub()),
            "hub killed": lambda: (site.stop_hub(kill=True), site.start_hub()),
            "node": lambda: (site.board.stop(), site.new_board()),
        }
        took: dict[str, list[float]] = {kind: [] for kind in KINDS}
        own: list[float] = []  # of those after the broker's restart: from when Home Assistant was back at it
        counts: Counter[str] = Counter()
        for number in range(RESTARTS):
            kind = KINDS[number] if number < len(KINDS) else chance.choice(KINDS)
            counts[kind] += 1
            before, known = len(site.lock.commands), {one.id for one in site.decisions()}
            visits = its_visits(broker)
            acts[kind]()
            began = time.monotonic()
            # News of after the restart, which is kept for whoever comes back: until it is seen, what is shown may
            # still be what was before.
            site.board.say(outbox=number + 1)
            if "broker" in kind:
                until(lambda visits=visits: its_visits(broker) > visits, "Home Assistant's client", HEAL_S, 0.02)
                back = time.monotonic()
            try:
                until(lambda: not wrong(), "all to be right", HEAL_S)
            except AssertionError as error:
                raise AssertionError(f"{kind}: after {HEAL_S:g} s: {wrong()}") from error
            right = time.monotonic()
            took[kind].append(right - began)
            if "broker" in kind:
                own.append(right - back)
            assert site.lock.commands[before:] == [], f"{kind}: a restart moves no lock (S7)"
            assert {one.id for one in site.decisions()} == known, f"{kind}: a restart decides nothing"
            assert len(home.states()) >= expected, f"{kind}: every entity is back"
            # The line works, and says each thing once.
            passage = site.board.sees("no_mask")
            until(lambda passage=passage: passage == event(home), f"{kind}: the event")
            until(lambda before=before: site.lock.commands[before:] == ["LOCK", "UNLOCK"], f"{kind}: the lock")
            until(lambda: not wrong(), f"{kind}: the rest")
        made = len([one for one in site.decisions() if one.event_type == "denied"])
        assert made == RESTARTS
        fired = until(
            lambda: (found := home.events("event.front_entry_decision")) and len(found) >= made and found, "the record"
        )
        assert len(fired) == made, "no event fired twice"
        worst = {kind: f"{statistics.median(each):.1f}/{max(each):.1f}" for kind, each in took.items() if each}
        sys.stdout.write(f"{dict(counts)}; seconds until right, median/most: {worst}\n")
        if own:
            sys.stdout.write(f"after a broker's, from when it was back: {statistics.median(own):.1f}/{max(own):.1f}\n")
            assert max(own) <= OWN_S


def its_visits(broker: Broker) -> int:
    """Return how often Home Assistant has come to the broker: whoever has not one of our names."""
    log = (broker.folder / "log.txt").read_text(errors="replace")
    return len(re.findall(r"New client connected from \S+ as (?!maskgate-)", log))


def event(home: Home) -> object:
    return home.attributes("event.front_entry_decision").get("passage")


def differences(home: Home, site: Site) -> dict[str, str]:
    """Return what is not as it should be: unavailable, or not what is so."""
    states = {entity: one["state"] for entity, one in home.states().items()}
    found = {entity: state for entity, state in states.items() if state == "unavailable"}
    people = site.state().counters.people if site.state() else 0
    right = {
        "lock.front_entry": "unlocked", "select.front_entry_mode": "hard", "sensor.cam_1_camera": "ok",
        "binary_sensor.cam_1_connectivity": "on", "binary_sensor.maskgate_hub_connectivity": "on",
        "binary_sensor.front_entry_problem": "off", "binary_sensor.front_entry_occupancy": "off",
        "sensor.cam_1_outbox": str(site.board.health.get("outbox", 0)),
        "sensor.front_entry_people": str(people), "text.front_entry_message": "Please wear a mask over nose and mouth.",
    }  # fmt: skip
    return found | {
        entity: states.get(entity, "gone") for entity, state in right.items() if states.get(entity) != state
    }

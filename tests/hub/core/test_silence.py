"""S3 where nothing is said: a board that hangs, a store that fails before an idle door, a broker that hangs."""

import signal
import time
from collections.abc import Callable

from hub.store import writing
from maskgate.demo.broker import Broker

from .conftest import Site, passage, until

Make = Callable[..., Site]


def let_in(site: Site) -> None:
    """Somebody is let in for long, and the board lives."""
    site.friend.say("maskgate/node/cam/pulse", "{}")
    site.friend.see(passage("mask"))
    until(lambda: site.friend.locks()[-1:] == ["UNLOCKED"], "the door to be unlocked")


def test_a_board_whose_connection_stands_and_that_says_nothing_lets_nobody_in_any_more(make_site: Make) -> None:
    site = make_site(grant_hold=120)
    let_in(site)
    until(lambda: site.friend.commands() == ["UNLOCK", "LOCK"], "the safe state")
    until(lambda: b"does not answer" in site.friend.on("maskgate/door/front/state")[-1], "the reason")
    site.friend.say("maskgate/node/cam/pulse", "{}")
    until(lambda: b'"problem":null' in site.friend.on("maskgate/door/front/state")[-1], "its return")
    assert site.friend.commands() == ["UNLOCK", "LOCK"], "which moves nothing (S7)"


def test_a_store_that_takes_nothing_is_noticed_though_nothing_happens_at_the_door(make_site: Make) -> None:
    site = make_site(grant_hold=120)
    let_in(site)
    until(lambda: site.core.dispatcher._taken == [], "all to be marked")
    with writing(site.db):  # somebody else has it
        began = time.monotonic()
        while site.friend.commands() != ["UNLOCK", "LOCK"]:
            assert time.monotonic() - began < 15, "the safe state"
            site.friend.say("maskgate/node/cam/pulse", "{}")
            time.sleep(0.5)


def test_commands_do_not_wait_in_a_broker_that_hangs(broker: Broker, make_site: Make) -> None:
    """They would be too old when it goes on, and the lock be taken for jammed. The hub knows that it is away."""
    site = make_site(grant_hold=120, within=5.0)
    let_in(site)
    assert broker.process is not None
    broker.process.send_signal(signal.SIGSTOP)
    try:
        until(lambda: not site.core.link.connected, "the hub to notice")
    finally:
        broker.process.send_signal(signal.SIGCONT)
    until(lambda: site.friend.locks()[-1:] == ["LOCKED"], "the safe state", 30)

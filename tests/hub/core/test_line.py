"""A verdict's way through the hub, on real brokers."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from hub.store import read, writing
from hub.store.schema import counts, decisions, notices, outbox, passages
from hub.store.write import purge
from maskgate.demo.broker import Broker
from maskgate.messages import LockAction, SetLock, encode
from maskgate.mqtt import Inbound

from .conftest import Site, passage, until

Make = Callable[..., Site]


def rows(site: Site, table: object) -> int:
    with site.db.connect() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0  # type: ignore[arg-type]


def settled(site: Site) -> bool:
    return read.waiting(site.db).outbox == 0


def test_a_mask_unlocks_and_time_locks_again(make_site: Make) -> None:
    site = make_site()
    friend = site.friend
    friend.see(passage("mask"))
    until(lambda: friend.locks()[-1:] == ["LOCKED"], "the door to be locked again")
    assert friend.commands() == ["UNLOCK", "LOCK"]
    assert friend.locks() == ["UNKNOWN", "UNLOCKING", "UNLOCKED", "LOCKING", "LOCKED"]
    assert friend.acks() == [("passage-a", 1)]
    assert friend.decisions() == ["granted"]
    until(lambda: settled(site), "the outbox to be empty")
    (event,) = read.recent(site.db, 10)
    assert (event.decision.decision, event.state, event.frames) == ("grant", "mask", 5)


def deafen(site: Site) -> None:
    """Let the doors not hear that the broker is away: they go on deciding, as in the moment before they hear it."""
    site.core.link._on_down = site.core.dispatcher.down


def test_a_lock_that_does_not_answer_is_told_again_and_then_jammed(make_site: Make) -> None:
    site = make_site(obeys=False, within=0.4, attempts=2, grant_hold=5.0)
    site.friend.see(passage("mask"))
    until(lambda: "fault" in site.friend.decisions(), "the fault")
    assert site.friend.locks() == ["UNKNOWN", "UNLOCKING", "JAMMED"]
    assert site.friend.commands() == ["UNLOCK", "UNLOCK"]
    assert len(set(site.friend.on("lock/set"))) == 2, "S2: each has an id of its own"


def test_a_refusal_is_counted_and_waits_to_be_told(make_site: Make) -> None:
    site = make_site()
    site.friend.see(passage("no_mask"))
    until(lambda: site.friend.decisions() == ["denied"], "the decision")
    assert rows(site, notices) == 1
    with site.db.connect() as connection:
        row = connection.execute(select(counts)).one()
    assert (row.people, row.violations, row.late) == (1, 1, 0)


def test_duplicates_are_acknowledged_and_do_nothing(make_site: Make) -> None:
    site = make_site()
    once = passage("no_mask")
    for _ in range(5):
        site.friend.see(once)
    until(lambda: len(site.friend.acks()) == 5, "five acknowledgements")
    site.restart()
    site.friend.see(once)
    until(lambda: len(site.friend.acks()) >= 6, "the sixth acknowledgement")
    assert (rows(site, passages), rows(site, decisions), rows(site, notices)) == (1, 1, 1)
    assert site.friend.decisions() == ["denied"]


def test_stale_and_retained_and_foreign_messages_move_nothing(make_site: Make, broker: Broker) -> None:
    site = make_site()
    friend = site.friend
    # MQTT 3.1.1 hides from who listens already that a message was retained; a hub that starts sees it with both.
    hidden = broker.kind == "nats"
    friend.see(passage("mask", who="old", age=60))
    friend.say("maskgate/node/cam/passage", passage("mask", who="kept"), retain=True)
    friend.say("maskgate/node/other/passage", passage("mask", who="foreign"))
    friend.say("maskgate/node/cam/passage", b"\xff{]")
    friend.say("maskgate/node/cam/passage", "[" * 60_000)
    friend.say("maskgate/door/front/set/lock", '{"v":1,"sent_at":"2020-01-01T00:00:00Z","action":"unlock"}')
    friend.say(
        "maskgate/door/front/set/lock", SetLock(sent_at=datetime.now(UTC), action=LockAction.UNLOCK), retain=True
    )
    until(lambda: site.core.engine.refused == (4 if hidden else 6), "the bad ones to be refused")
    until(lambda: len(friend.acks()) == (2 if hidden else 1), "acknowledgements of the others")
    if hidden:
        until(lambda: "override" in friend.decisions() and friend.commands(), "the live command to be obeyed")
    until(lambda: friend.decisions().count("late") == 1, "the old one to be late")
    assert ("override" in friend.decisions(), "UNLOCK" in friend.commands()) == (hidden, hidden)
    decisions_before, commands_before = friend.decisions(), friend.commands()
    site.restart()
    until(lambda: site.core.engine.refused == 2, "both retained ones to be refused")
    assert (friend.decisions(), friend.commands()) == (decisions_before, commands_before)


def test_connect_and_birth_are_answered_in_order(make_site: Make) -> None:
    site = make_site()
    friend = site.friend

    def said() -> list[str]:
        wanted = ("homeassistant/device", "maskgate/door/front/state", "maskgate/hub/availability")
        return [m.topic for m in friend.heard if m.topic.startswith(wanted)]

    first = said()
    assert (first[0], first[-1]) == ("homeassistant/device/x/config", "maskgate/hub/availability")
    before = len(friend.on("maskgate/hub/availability"))
    friend.say("homeassistant/status", "online")
    until(lambda: len(friend.on("maskgate/hub/availability")) > before, "the answer to the birth")
    assert friend.on("homeassistant/device/x/config")[1:]


def test_the_discovery_is_said_once_more_in_case_that_home_assistant_lost_some_of_it(
    make_site: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.dispatch.DISCOVERY_AGAIN_S", 0.5)
    friend = make_site().friend
    until(lambda: len(friend.on("homeassistant/device/x/config")) == 2, "the second time")
    assert len(friend.on("maskgate/hub/availability")) == 1


def test_a_broker_that_was_killed_is_healed(make_site: Make, broker: object) -> None:
    site = make_site()
    friend = site.friend
    broker.stop(kill=True)  # type: ignore[attr-defined]
    until(lambda: not site.core.link.connected and not friend.link.connected, "both to notice")
    broker.start()  # type: ignore[attr-defined]
    until(lambda: site.core.link.connected and friend.link.connected, "both to be back")
    friend.see(passage("mask"))
    until(lambda: "granted" in friend.decisions(), "the decision")


def test_a_grant_that_ended_while_the_broker_was_away_is_ended_when_it_is_back(make_site: Make, broker: object) -> None:
    """S3, S6: what is owed to the lock is done, and meanwhile nobody claims to know how it stands."""
    site = make_site(grant_hold=30.0)
    friend = site.friend
    friend.see(passage("mask"))
    until(lambda: friend.locks()[-1:] == ["UNLOCKED"], "the grant")
    broker.stop(kill=True)  # type: ignore[attr-defined]
    until(lambda: site.core.engine.documents()["front"][0].lock == "UNKNOWN", "the hub to notice")
    broker.start()  # type: ignore[attr-defined]
    until(lambda: friend.commands()[-1:] == ["LOCK"], "the entry to be locked")


def test_a_command_that_expired_is_never_sent(make_site: Make, broker: object) -> None:
    site = make_site(within=1.0, attempts=1)
    deafen(site)
    broker.stop(kill=True)  # type: ignore[attr-defined]
    until(lambda: not site.core.link.connected, "the hub to notice")
    payload = passage("mask")
    site.core.engine.offer(Inbound("maskgate/node/cam/passage", encode(payload), False, (0, 0, 0)))
    until(lambda: site.core.engine.documents()["front"][0].lock == "JAMMED", "the lock to be given up")
    time.sleep(0.2)
    broker.start()  # type: ignore[attr-defined]
    until(lambda: "granted" in site.friend.decisions() or settled(site), "the outbox to be empty")
    assert "UNLOCK" not in site.friend.commands()


def test_a_command_whose_age_is_not_known_is_never_sent(make_site: Make, broker: object) -> None:
    """S1, S2: a clock that was set back by an hour gives no command an hour more to live."""
    site = make_site(within=1.0, attempts=1, grant_hold=60.0)
    deafen(site)
    broker.stop(kill=True)  # type: ignore[attr-defined]
    until(lambda: not site.core.link.connected, "the hub to notice")
    site.core.engine.offer(Inbound("maskgate/node/cam/passage", encode(passage("mask")), False, (0, 0, 0)))
    until(lambda: site.core.engine.documents()["front"][0].lock == "UNLOCKING", "the command to be made")
    site.clock.ahead = timedelta(hours=-1)
    until(lambda: site.core.engine.documents()["front"][0].lock == "JAMMED", "the lock to be given up")
    broker.start()  # type: ignore[attr-defined]
    until(lambda: site.core.link.connected and site.friend.link.connected, "both to be back")
    until(lambda: settled(site), "the outbox to be empty")
    time.sleep(0.3)
    assert "UNLOCK" not in site.friend.commands()


def test_nothing_goes_before_the_greeting_of_a_new_connection(make_site: Make, broker: object) -> None:
    site = make_site(mode="soft")
    friend, core = site.friend, site.core
    greet = core.link._on_up

    def greet_late() -> None:
        # What was decided meanwhile waits, and the dispatcher is awake before it hears of the connection.
        until(lambda: friend.link.connected, "the friend to listen")
        core.dispatcher.wake()
        time.sleep(0.3)
        greet()

    core.link._on_up = greet_late
    broker.stop(kill=True)  # type: ignore[attr-defined]
    until(lambda: not core.link.connected and not friend.link.connected, "both to notice")
    friend.heard.clear()
    core.engine.offer(Inbound("maskgate/node/cam/passage", encode(passage("no_mask")), False, (0, 0, 0)))
    broker.start()  # type: ignore[attr-defined]
    until(friend.decisions, "the decision")
    ours = [m.topic for m in friend.heard if not m.retain]
    assert ours.index("homeassistant/device/x/config") < ours.index("maskgate/door/front/decision")


def test_an_orderly_stop_is_no_failure(make_site: Make) -> None:
    site = make_site()
    begun = time.monotonic()
    site.core.stop()
    assert time.monotonic() - begun < 2
    until(lambda: site.friend.on("maskgate/hub/availability")[-1] == b"stopped", "the farewell")


def test_what_is_too_old_is_deleted(make_site: Make) -> None:
    site = make_site(deny_hold=60.0)
    site.friend.see(passage("no_mask"))
    until(lambda: site.friend.locks()[-1:] == ["LOCKED"] and settled(site), "the verdict and the lock")
    with writing(site.db) as tx:
        now = datetime.now(UTC) + timedelta(days=31)
        assert purge(tx, now, events=timedelta(days=30), pictures=timedelta(days=1), first_day="2000-01-01") > 0
    assert (rows(site, passages), rows(site, decisions), rows(site, outbox), rows(site, notices)) == (0, 0, 0, 1)

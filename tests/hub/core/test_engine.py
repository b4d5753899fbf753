"""The doors' thread against a store that fails, a clock that is set, and faults of ours. No broker."""

import json
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import literal, select

from hub import batch as batch_module
from hub.batch import Batch
from hub.inbox import QUEUE
from hub.store import write, writing
from hub.store.schema import counts, doors, outbox, passages
from maskgate.messages import encode
from maskgate.mqtt import Inbound
from tests.hub.postgres import Postgres

from .conftest import Rig, passage, until


def test_a_store_that_is_locked_gets_no_acknowledgement_and_is_tried_again(
    make_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.store.open.BUSY_MS", 50)
    rig = make_rig(max_age=60.0)
    with rig.stuck():
        rig.see(passage("no_mask"))
        until(lambda: rig.engine.stats.failures >= 2, "two failed tries")
        assert rig.confirmed == []
        assert rig.engine.documents()["front"][0].counters.people == 0, "the door is as the disk says"
    until(lambda: rig.confirmed, "the confirmation")
    assert (rig.count(passages), rig.engine.documents()["front"][0].counters.people) == (1, 1)


def test_a_store_that_takes_nothing_leaves_no_entry_open(
    make_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3: within five seconds, and once."""
    monkeypatch.setattr("hub.store.open.BUSY_MS", 50)
    rig = make_rig(grant_hold=60.0)
    rig.see(passage("mask"))
    until(lambda: rig.commands() == ["UNLOCK"], "the grant")
    with rig.stuck():
        begun = time.monotonic()
        rig.say("lock/state", b"UNLOCKED")
        until(lambda: rig.told, "the safe state")
        assert time.monotonic() - begun < 5
        tries = rig.engine.stats.failures
        until(lambda: rig.engine.stats.failures > tries + 1, "two tries more")
        assert [one.action for one in rig.told] == ["lock"]
        assert rig.told[0].expires_at < rig.clock.now() + timedelta(seconds=5)
    until(lambda: len(rig.confirmed) == 2, "the confirmation")


def test_a_flood_turns_away_nothing_that_the_broker_wants_confirmed(
    make_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    """M7: a broker stops at some messages that are never confirmed, and the hub would be deaf."""
    monkeypatch.setattr("hub.store.open.BUSY_MS", 50)
    rig = make_rig(max_age=60.0)
    with rig.stuck():
        rig.see(passage("no_mask"))
        until(lambda: rig.engine.stats.failures >= 1, "a store that does not answer")
        for _ in range(QUEUE + 10):
            rig.engine.offer(Inbound("maskgate/node/cam/passage", b"x", False, (1, 0, 0)))
        rig.see(passage("no_mask", who="b"))
        assert rig.engine.stats.dropped > 0, "the flood is bounded and counted"
    until(lambda: rig.count(passages) == 2, "both verdicts")


def test_a_disk_that_fails_in_the_middle_leaves_no_half_decision(
    make_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = make_rig(entry="open", max_age=60.0)
    tries = []
    real = Batch.write_to

    def fail_twice(self: Batch, tx: Any, now: Any, **options: Any) -> None:
        real(self, tx, now, **options)
        tries.append(now)
        if len(tries) <= 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(Batch, "write_to", fail_twice)
    rig.see(passage("no_mask"))
    until(lambda: rig.confirmed, "the confirmation")
    assert len(tries) == 3
    assert (rig.count(passages), rig.commands(), len(rig.confirmed)) == (1, ["LOCK"], 1)
    with rig.db.connect() as connection:
        assert connection.execute(select(counts.c.people, counts.c.violations)).all() == [(1, 1)]


def test_a_verdict_that_grew_old_while_the_store_failed_moves_nothing(
    make_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.store.open.BUSY_MS", 50)
    rig = make_rig(max_age=0.5)
    with rig.stuck():
        rig.see(passage("mask"))
        until(lambda: rig.engine.stats.failures >= 5, "the verdict to grow old")
    until(lambda: rig.confirmed, "the confirmation")
    assert (rig.commands(), rig.engine.documents()["front"][0].counters.late) == ([], 1)


def test_a_fault_of_ours_in_one_message_costs_this_message_only(
    make_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = make_rig()
    real = batch_module.apply

    def stumble(rules: Any, state: Any, item: Any, now: Any, **options: Any) -> Any:
        if getattr(getattr(item, "passage", None), "passage", "") == "passage-bad":
            raise ZeroDivisionError
        return real(rules, state, item, now, **options)

    monkeypatch.setattr(batch_module, "apply", stumble)
    rig.see(passage("mask", who="bad"))
    rig.see(passage("mask", who="good"))
    until(lambda: len(rig.confirmed) == 2, "both confirmations")
    assert rig.commands() == ["UNLOCK"]


def test_a_row_that_cannot_be_written_costs_this_message_only(
    make_rig: Callable[..., Rig], monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = make_rig()
    real = write.put_passages

    def stumble(tx: Any, rows: Any) -> None:
        if any(one.passage == "passage-bad" for _, one, _ in rows):
            raise OverflowError("an integer too large for the store")
        real(tx, rows)

    monkeypatch.setattr(write, "put_passages", stumble)
    for who in ("one", "bad", "two"):
        rig.see(passage("no_mask", who=who))
    until(lambda: len(rig.confirmed) == 3, "every confirmation")
    assert rig.count(passages) == 2


def test_payloads_that_cannot_be_meant_harm_nothing(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig()
    good = json.loads(encode(passage("mask")))
    bad: list[Any] = [
        None, [], 1, "x", {}, {"v": 2}, good | {"v": True}, good | {"passage": "a b"}, good | {"revision": 10**400},
        good | {"confidence": "NaN"}, good | {"model": "\ud800"}, good | {"model": "x" * 201},
        good | {"seen_to": "9999-12-31T23:59:59Z"}, good | {"seen_from": "0001-01-01T00:00:00Z"},
        good | {"revision": 2**63}, good | {"frames": 2**70, "passage": "passage-frames"},
    ]  # fmt: skip
    payloads = [json.dumps(one).encode() for one in bad]
    payloads += [b"", b"\x00", b"\xff\xfe", b"{" * 10_000, b"[" * 60_000, b"1" * 70_000, b'{"v":1e999}']
    for payload in payloads:
        for topic in ("node/cam/passage", "node/cam/health", "node/cam/availability", "door/front/feedback",
                      "door/front/set/lock", "node", "node/cam", "", "door/front/set", "node//passage"):  # fmt: skip
            rig.say(f"maskgate/{topic}", payload)
        rig.say("lock/state", payload)
    rig.see(passage("mask", who="last"))
    until(lambda: len(rig.confirmed) == len(payloads) * 11 + 1, "every confirmation")
    assert rig.engine.alive
    assert rig.commands() == ["UNLOCK"]


def test_a_clock_that_is_set_ends_no_hold(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(grant_hold=30.0)
    rig.see(passage("mask"))
    until(lambda: rig.commands() == ["UNLOCK"], "the grant")
    for hours in (1, -2):
        rig.clock.ahead += timedelta(hours=hours)
        rig.say("lock/state", b"UNLOCKED")
        until(lambda: abs(left(rig) - 30) < 15, "the hold to follow the clock")
    assert rig.commands() == ["UNLOCK"]


def left(rig: Rig) -> float:
    """Seconds that the hold still has, by the clock as it is set now."""
    until_ = rig.engine.documents()["front"][0].until
    return (until_ - rig.clock.now()).total_seconds() if until_ else -1.0


def test_a_start_takes_up_what_was_and_clears_what_is_gone(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig()
    rig.see(passage("no_mask"))
    until(lambda: rig.confirmed, "the confirmation")
    rig.engine.stop()
    with writing(rig.db) as tx:
        tx.execute(doors.insert().from_select(
            ["door", "machine", "state", "display", "changed_at"],
            select(literal("attic"), doors.c.machine, doors.c.state, doors.c.display, doors.c.changed_at),
        ))  # fmt: skip
        write.put_node(tx, "attic-cam", rig.clock.now(), {"availability": "online"})
    again = rig.make()
    again.start()
    try:
        state = again.documents()["front"][0]
        assert (state.counters.people, state.lock, state.last is not None) == (1, "UNKNOWN", True)
        with rig.db.connect() as connection:
            gone = connection.execute(select(outbox.c.topic, outbox.c.payload).where(outbox.c.topic.contains("attic")))
            # M6: what only the broker and Home Assistant would still know is taken back.
            assert sorted(gone.tuples()) == [
                ("homeassistant/device/maskgate_door_attic/config", b""),
                ("homeassistant/device/maskgate_node_attic-cam/config", b""),
                ("maskgate/door/attic/display", b""),
                ("maskgate/door/attic/state", b""),
            ]
    finally:
        again.stop()


def test_a_stored_door_that_cannot_be_read_begins_anew(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig()
    rig.engine.stop()
    with writing(rig.db) as tx:
        tx.execute(doors.update().values(machine={"mode": "strange"}))
    again = rig.make()
    again.start()
    assert again.documents()["front"][0].mode == "hard"
    again.stop()


def test_a_postgresql_that_was_killed_and_came_back_loses_nothing(postgres: Postgres) -> None:
    rig = Rig(postgres.new(), max_age=60.0)
    rig.engine.start()
    try:
        rig.see(passage("no_mask", who="before"))
        until(lambda: len(rig.confirmed) == 1, "the first")
        postgres.kill()
        rig.see(passage("no_mask", who="during"))
        until(lambda: rig.engine.stats.failures >= 2, "two failed tries")
        assert len(rig.confirmed) == 1
        postgres.start()
        until(lambda: len(rig.confirmed) == 2, "the second")
        assert rig.count(passages) == 2
    finally:
        rig.engine.stop()
        rig.db.dispose()


@pytest.mark.parametrize("busy", [True, False])
def test_a_postgresql_that_hangs_leaves_no_entry_open(postgres: Postgres, busy: bool) -> None:
    """S3: it neither answers nor fails, and the doors' thread with it; within five seconds all the same, and once."""
    rig = Rig(postgres.new(), grant_hold=60.0)
    rig.engine.start()
    try:
        rig.see(passage("mask"))
        until(lambda: rig.commands() == ["UNLOCK"], "the grant")
        rig.say("lock/state", b"UNLOCKED")
        until(lambda: len(rig.confirmed) == 2, "the measurement")
        begun = time.monotonic()
        postgres.hang()
        if busy:
            rig.see(passage("mask", who="b"))
        until(lambda: rig.told, "the safe state")
        took = time.monotonic() - begun
        sys.stdout.write(f"a hung PostgreSQL: told to lock after {took:.1f} s\n")
        assert [one.action for one in rig.told] == ["lock"]
        postgres.go_on()
        until(lambda: len(rig.confirmed) == 2 + busy, "the confirmation")
        assert len(rig.told) == 1
    finally:
        postgres.go_on()
        rig.engine.stop()
        rig.db.dispose()
    assert took < 5

"""What people ask of boards, and the pictures that are shown: through the store and a real broker."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, delete

from hub.pictures import Pictures
from hub.store import open_store, writing
from hub.store.schema import decisions, evidence, outbox, passages
from maskgate.messages import AskNode, NodeWish, SetEnable, decode, encode
from maskgate.mqtt import Inbound, Outbound

from .conftest import Rig, Site, make_config, passage, until

JPEG = b"\xff\xd8\xff\xe0"


def asked(wish: NodeWish, *, age: float = 0.0) -> bytes:
    return encode(AskNode(sent_at=datetime.now(UTC) - timedelta(seconds=age), wish=wish))


def test_s2_a_request_becomes_one_command_that_expires_and_a_copy_of_it_bears_the_same_id(
    make_site: Callable[..., Site],
) -> None:
    site = make_site()
    request, topic = asked(NodeWish.REST), "maskgate/node/cam/set/enable"
    for count, payload in enumerate((request, request, asked(NodeWish.ENABLE)), 1):
        site.friend.say("maskgate/node/cam/ask", payload)
        until(lambda count=count: len(site.friend.on(topic)) == count, "the command")
    first, copy, last = (decode(payload, SetEnable) for payload in site.friend.on(topic))
    assert (first.enabled, copy.enabled, last.enabled) == (False, False, True)
    assert first.id == copy.id != last.id
    assert all(one.expires_at - one.sent_at == timedelta(seconds=10) for one in (first, copy, last))


@pytest.mark.parametrize("case", ["old", "retained", "stranger"])
def test_s1_a_request_that_is_old_retained_or_for_a_stranger_is_refused(
    make_rig: Callable[..., Rig], case: str
) -> None:
    rig = make_rig()
    node = "elsewhere" if case == "stranger" else "cam"
    payload = asked(NodeWish.RESTART, age=60 if case == "old" else 0)
    rig.engine.offer(Inbound(f"maskgate/node/{node}/ask", payload, case == "retained", (1, 1, 1)))
    until(lambda: rig.confirmed, "the confirmation")
    with rig.db.connect() as connection:
        assert not [row for row in connection.execute(outbox.select()) if "/set/" in row.topic]
    assert rig.engine.refused == 1


class Wire:
    """Stands where a link does, and keeps what it is handed."""

    def __init__(self) -> None:
        self.sent: list[Outbound] = []

    def publish(self, message: Outbound) -> int:
        self.sent.append(message)
        return 1


def picture(db: Engine, name: str, jpeg: bytes, *, denied: bool = True, seen: bool = True) -> None:
    now = datetime.now(UTC)
    with writing(db) as tx:
        if seen:
            verdict = passage("no_mask", who=name)
            row = verdict.model_dump(exclude={"v", "published_at"}) | {"door": "front", "received_at": now}
            tx.execute(passages.insert(), [row | {"passage": name}])
            decided = {"id": f"id-{name}", "door": "front", "at": now, "passage": name, "revision": 1,
                       "event_type": "denied", "decision": "deny" if denied else "grant", "document": {}}  # fmt: skip
            tx.execute(decisions.insert(), [decided])
        tx.execute(
            evidence.insert(),
            [{"passage": name, "node": "cam", "door": "front", "received_at": now, "jpeg": jpeg}],
        )


def test_p9_the_last_denial_and_the_last_snapshot_are_shown_and_nothing_that_was_erased(database: str) -> None:
    config = make_config(1, database, keep_evidence=True)
    db, wire = open_store(config.database), Wire()
    shown = Pictures(config, db)
    shown.send(wire)
    assert wire.sent == []
    picture(db, "passage-1", JPEG + b"1")
    picture(db, "passage-2", JPEG + b"2", denied=False)
    picture(db, "a-command-of-ours", JPEG + b"3", seen=False)
    shown.send(wire)
    shown.send(wire)
    assert [(message.topic, message.payload[4:], message.retain) for message in wire.sent] == [
        ("maskgate/door/front/picture", b"1", False), ("maskgate/node/cam/picture", b"3", False),
    ]  # fmt: skip
    with writing(db) as tx:
        tx.execute(delete(evidence).where(evidence.c.passage == "passage-1"))
    wire.sent.clear()
    shown.announce(wire)
    assert [message.topic for message in wire.sent] == ["maskgate/node/cam/picture"]
    db.dispose()


def test_p7_a_site_that_did_not_opt_in_shows_no_picture_even_where_one_lies(database: str) -> None:
    config = make_config(1, database)
    db, wire = open_store(config.database), Wire()
    picture(db, "passage-1", JPEG)
    Pictures(config, db).announce(wire)
    assert wire.sent == []
    db.dispose()

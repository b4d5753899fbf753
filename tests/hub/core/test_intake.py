"""Bad messages: counted, said once, kept as a few samples, harming nothing. Pictures only where the site opted in."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from hub.refusals import SAMPLE_BYTES, SAMPLES
from hub.store import read, write, writing
from hub.store.schema import evidence, outbox, passages, refusals
from maskgate.messages import encode
from maskgate.mqtt import Inbound

from .conftest import Rig, passage, until

Make = Callable[..., Rig]
JPEG = b"\xff\xd8\xff\xe0" + b"a picture" * 50


def told(**changes: Any) -> bytes:
    return json.dumps(json.loads(encode(passage("mask", who="bad"))) | changes).encode()


BAD: list[tuple[str, str, bytes, bool, str, str]] = [
    # name, topic, payload, retained, sender, kind
    ("text", "node/cam/passage", b"{]", False, "cam", "not_json"),
    ("list", "node/cam/passage", b"[1]", False, "cam", "not_json"),
    ("deep", "node/cam/passage", b"[" * 60_000, False, "cam", "not_json"),
    ("huge", "node/cam/passage", b'"' + b"x" * 70_000 + b'"', False, "cam", "too_large"),
    ("tomorrow's", "node/cam/passage", told(v=2), False, "cam", "version"),
    ("nothing", "node/cam/health", b'{"v": 1}', False, "cam", "schema"),
    ("impostor", "node/cam/passage", told(node="cam-2"), False, "cam", "wrong_node"),
    ("stranger", "node/elsewhere/passage", told(node="elsewhere"), False, "?", "foreign"),
    ("kept", "node/cam/passage", told(), True, "cam", "retained"),
    ("first light", "node/cam/passage", told(seen_from="1970-01-01T00:00:00Z"), False, "cam", "absurd_time"),
    ("stale", "door/front/set/lock", b'{"v":1,"sent_at":"2020-01-01T00:00:00Z","action":"unlock"}', False, "front",
     "stale"),
    ("words", "door/front/feedback", b"open sesame", False, "front", "not_json"),
]  # fmt: skip


@pytest.mark.parametrize("case", BAD, ids=[one[0] for one in BAD])
def test_a_bad_message_is_counted_said_once_and_kept_as_a_sample(
    make_rig: Make, caplog: pytest.LogCaptureFixture, case: tuple[str, str, bytes, bool, str, str]
) -> None:
    _, topic, payload, retained, sender, kind = case
    rig = make_rig()
    for _ in range(SAMPLES + 3):
        rig.engine.offer(Inbound(f"maskgate/{topic}", payload, retained, (1, 1, 1)))
    until(lambda: len(rig.confirmed) == SAMPLES + 3, "every confirmation")
    assert dict(rig.engine.intake.refusals.counts) == {(sender, kind): SAMPLES + 3}
    assert len([record for record in caplog.records if "refused" in record.message]) == 1
    rows = read.refused(rig.db, 100)
    assert [(row.sender, row.kind, row.topic) for row in rows] == [(sender, kind, f"maskgate/{topic}")] * SAMPLES
    assert (rows[0].size, rows[0].payload) == (len(payload), payload[:SAMPLE_BYTES])
    assert (rig.count(passages), rig.commands()) == (0, [])


def test_a_verdict_whose_times_cannot_be_is_answered_so_that_its_node_lets_go_of_it(make_rig: Make) -> None:
    rig = make_rig()
    rig.say("maskgate/node/cam/passage", told(seen_from="1970-01-01T00:00:00Z"))
    until(lambda: rig.confirmed, "the confirmation")
    with rig.db.connect() as connection:
        acks = connection.scalars(select(outbox.c.payload).where(outbox.c.topic == "maskgate/node/cam/ack")).all()
    assert [json.loads(ack)["stored"] for ack in acks] == [[{"passage": "passage-bad", "revision": 1}]]


def test_the_samples_are_bounded(make_rig: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write, "KEEP_REFUSALS", 3)
    rig = make_rig()
    for kind in (b"{]", b'{"v": 1}', b'{"v": 2}'):
        for _ in range(SAMPLES):
            rig.say("maskgate/node/cam/passage", kind)
    until(lambda: len(rig.confirmed) == 3 * SAMPLES, "every confirmation")
    keep = rig.config.retention
    with writing(rig.db) as tx:
        write.purge(tx, rig.clock.now(), events=keep.events, pictures=keep.evidence, first_day="2000-01-01")
    assert rig.count(refusals) == 3


def picture(
    rig: Rig, payload: bytes = JPEG, *, node: str = "cam", who: str = "passage-a", retain: bool = False
) -> None:
    rig.engine.offer(Inbound(f"maskgate/node/{node}/evidence/{who}", payload, retain, (1, 1, 1)))


def test_pictures_are_kept_only_where_the_site_opted_in(make_rig: Make, tmp_path: Path) -> None:
    """P7."""
    rig = make_rig()
    assert not any("evidence" in topic for topic in rig.engine.intake.subscriptions)
    picture(rig)
    until(lambda: rig.confirmed, "the confirmation")
    assert rig.count(evidence) == 0
    for file in tmp_path.iterdir():
        assert JPEG not in file.read_bytes(), "not even as a sample"


def test_a_picture_is_a_row_and_goes_after_a_day(make_rig: Make) -> None:
    rig = make_rig(keep_evidence=True)
    assert "maskgate/node/+/evidence/+" in rig.engine.intake.subscriptions
    picture(rig)
    picture(rig, JPEG + b"another")  # of the same passage
    for bad in ({"payload": b"GIF89a"}, {"payload": JPEG + b"x" * 600_000}, {"retain": True}, {"node": "stranger"},
                {"who": "a b"}):  # fmt: skip
        picture(rig, **bad)
    until(lambda: len(rig.confirmed) == 7, "every confirmation")
    with rig.db.connect() as connection:
        assert connection.execute(select(evidence.c.passage, evidence.c.door, evidence.c.jpeg)).all() == [
            ("passage-a", "front", JPEG)
        ]
        received = connection.scalar(select(func.min(evidence.c.received_at)))
    assert rig.engine.intake.refusals.total == 5
    keep = rig.config.retention
    for hours, left in ((23, 1), (25, 0)):
        now = received + keep.evidence * hours / 24
        with writing(rig.db) as tx:
            write.purge(tx, now, events=keep.events, pictures=keep.evidence, first_day="2000-01-01")
        assert rig.count(evidence) == left

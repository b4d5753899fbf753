"""Messages: what is written is read back, what is newer is understood, what is broken is refused in words."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskgate.clock import rfc3339
from maskgate.ids import new_id
from maskgate.messages import Message, MessageError, Passage, VerdictReason, decode, encode
from maskgate.messages.base import MAX_PAYLOAD_BYTES
from maskgate.states import MaskState
from maskgate.topics import CATALOGUE

AT = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)
PASSAGE = Passage(
    passage=new_id(AT), revision=1, node="front", seen_from=AT, seen_to=AT, published_at=AT,
    state=MaskState.MASK, confidence=0.9, frames=5, faces_in_view=1, model="m", reason=VerdictReason.AGREED,
)  # fmt: skip
MODELS = [t.payload for t in CATALOGUE if issubclass(t.payload, Message)]


def test_times_are_utc_with_milliseconds_wherever_they_come_from() -> None:
    east = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert rfc3339(east) == "2026-11-23T09:00:00.123Z"
    document = json.loads(encode(PASSAGE.model_copy(update={"seen_to": east})))
    assert document["seen_to"] == "2026-11-23T09:00:00.123Z"
    assert document["v"] == 1


def test_a_newer_nodes_unknown_fields_are_ignored() -> None:
    document = json.loads(encode(PASSAGE)) | {"glasses": True, "later": {"v": 2}}
    assert decode(json.dumps(document).encode(), Passage).passage == PASSAGE.passage


@pytest.mark.parametrize("version", [None, 0, 2, "1", True, [1]])
def test_another_version_is_refused(version: object) -> None:
    document = json.loads(encode(PASSAGE)) | {"v": version}
    with pytest.raises(MessageError, match="version"):
        decode(json.dumps(document).encode(), Passage)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"node": "Front Door"}, "node"),
        ({"confidence": 1.5}, "confidence"),
        ({"revision": 0}, "revision"),
        ({"seen_to": "2026-11-23T09:00:00"}, "seen_to"),
        ({"seen_to": "2026-11-23T08:00:00Z"}, "times must run"),
        ({"state": "masked"}, "state"),
    ],
)
def test_a_broken_field_is_named(change: dict[str, object], named: str) -> None:
    with pytest.raises(MessageError, match=named):
        decode(json.dumps(json.loads(encode(PASSAGE)) | change).encode(), Passage)


@given(payload=st.binary(max_size=200) | st.text().map(str.encode), model=st.sampled_from(MODELS))
def test_no_payload_does_more_than_raise_its_error(payload: bytes, model: type[Message]) -> None:
    with pytest.raises(MessageError):
        decode(payload, model)


@pytest.mark.parametrize("payload", [b"[" * 50_000, b'{"v":1,"x":"' + b"a" * MAX_PAYLOAD_BYTES + b'"}', b'{"v":1e999}'])
def test_monstrous_payloads_are_refused(payload: bytes) -> None:
    with pytest.raises(MessageError):
        decode(payload, Passage)


@given(st.lists(st.integers(min_value=0, max_value=10**10), min_size=2, max_size=5, unique=True))
def test_ids_sort_by_time(milliseconds: list[int]) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    ids = [new_id(start + timedelta(milliseconds=ms)) for ms in sorted(milliseconds)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)

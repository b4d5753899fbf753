"""`node.yaml`."""

import pytest

from mask_node.config import NodeConfig
from maskgate.config import ConfigError, parse


def read(text: str) -> NodeConfig:
    return parse(text, NodeConfig, name="node.yaml")


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("source: 0", "0"),
        ("source: rtsp://a:b@cam/1", "rtsp://a:b@cam/1"),
        ("source: {address: 1, width: 640}", "1"),
        ("source: {env: CAMERA}", "rtsp://x"),
    ],
)
def test_a_source_may_be_said_in_short(text: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMERA", "rtsp://x")
    config = read(f"id: front\n{text}\n")
    assert config.source.address.get_secret_value() == address
    assert address not in repr(config.source.address)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id: Front Door\nsource: 0\n", "node.yaml:1: id: 'Front Door'"),
        ("id: hub\nsource: 0\n", "node.yaml:1: id: 'hub' belongs to the hub"),
        ("id: front\n", "source: is missing"),
        (
            "id: f\nsource: 0\noutbox: {path: sqlite:///o.db}\n",
            "node.yaml:3: outbox.path: 'sqlite:///o.db' is no file; write its path alone",
        ),
        ("id: front\nsource: 0\nverdict: {frame: 3}\n", "did you mean frames?"),
        ("id: front\nsource: 0\nseeing: {region: [0.5, 0, 0.2, 1]}\n", "must be left, top, right, bottom"),
        ("id: front\nsource: 0\ntracking: {continue_score: 0.9}\n", "must not be above begin_score"),
        ("id: front\nsource: true\n", "source.address"),
        ("id: front\nsource: 0\noutbox: {limit: 1}\n", "node.yaml:3: outbox.limit: 1"),
    ],
)
def test_a_fault_is_named(text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert said in str(caught.value)

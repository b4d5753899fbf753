"""Commands are obeyed once, in time, never when retained, and not again after a restart."""

from datetime import timedelta
from pathlib import Path

import pytest

from mask_node.commands import Obedience
from maskgate.messages import NodeCommand, encode
from maskgate.mqtt import Inbound
from tests.conftest import ManualClock
from tests.mask_node.test_outbox import opened


def message(
    clock: ManualClock, name: str = "command-1", *, age: float = 0, life: float = 10, retain: bool = False
) -> Inbound:
    sent = clock.now() - timedelta(seconds=age)
    command = NodeCommand(id=name, sent_at=sent, expires_at=sent + timedelta(seconds=life))
    return Inbound("maskgate/node/front/set/restart", encode(command), retain, (1, 1, 1))


def test_a_command_is_obeyed_once_and_not_again_after_a_restart(tmp_path: Path, clock: ManualClock) -> None:
    outbox = opened(tmp_path / "o.db")
    obedience = Obedience(outbox)
    assert obedience.accept(message(clock), NodeCommand, clock.now()) is not None
    assert obedience.accept(message(clock), NodeCommand, clock.now()) is None
    outbox.close()
    outbox = opened(tmp_path / "o.db")
    again = Obedience(outbox)
    assert again.accept(message(clock), NodeCommand, clock.now()) is None
    assert again.accept(message(clock, "command-2"), NodeCommand, clock.now()) is not None
    outbox.close()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"retain": True}, "it is retained"),
        ({"age": 10}, "it has expired"),
        ({"age": -6}, "set the clocks"),
        ({"life": 3600}, "good for more than 60 s"),
    ],
)
def test_what_is_not_obeyed_is_said(
    words: dict[str, float], why: str, tmp_path: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = opened(tmp_path / "o.db")
    assert Obedience(outbox).accept(message(clock, **words), NodeCommand, clock.now()) is None  # type: ignore[arg-type]
    assert why in caplog.text
    outbox.close()


@pytest.mark.parametrize("kept", ["{", '"word"', "[1]"])
def test_what_was_kept_and_is_not_understood_stops_no_command(kept: str, tmp_path: Path, clock: ManualClock) -> None:
    outbox = opened(tmp_path / "o.db")
    outbox.note("obeyed", kept)
    obedience = Obedience(outbox)
    assert obedience.accept(message(clock), NodeCommand, clock.now()) is not None
    assert obedience.accept(message(clock), NodeCommand, clock.now()) is None
    outbox.close()

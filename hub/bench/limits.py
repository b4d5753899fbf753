"""What broker and store do alone: the limits that a hub between them cannot pass."""

import threading
import time
from datetime import UTC, datetime

from sqlalchemy import Engine

from hub.bench.crowd import BenchError
from hub.store import write, writing
from hub.store.write import Letter
from maskgate.config import MqttSettings
from maskgate.ids import new_id
from maskgate.messages import Decision, EventType, Mode, Passage, VerdictReason
from maskgate.mqtt import Inbound, Link, Outbound
from maskgate.states import DecisionKind, MaskState


def round_trips(port: int, count: int) -> list[float]:
    """Return the seconds of `count` messages to the broker and back at QoS 1, one after another."""
    back = threading.Event()

    def hear(message: Inbound) -> None:
        back.set()
        link.confirm(message)

    link = Link(
        MqttSettings(host="127.0.0.1", port=port), client_id="echo", keep_session=False, subscriptions=["echo"],
        on_message=hear,
    )  # fmt: skip
    link.start()
    try:
        if not link.wait_up(30):
            raise BenchError("the broker does not answer")
        taken = []
        for _ in range(count):
            back.clear()
            begun = time.monotonic()
            link.publish(Outbound("echo", b"x" * 200))
            if not back.wait(10):
                raise BenchError("a message to the broker did not come back")
            taken.append(time.monotonic() - begun)
        return taken
    finally:
        link.stop()


def commits(db: Engine, count: int, each: int) -> list[float]:
    """Return the seconds of `count` transactions, each of which writes the rows of `each` verdicts."""
    taken = []
    for number in range(count):
        rows = [_rows(f"limit-{each}-{number}-{index}") for index in range(each)]
        now, begun = datetime.now(UTC), time.monotonic()
        with writing(db) as tx:
            write.put_passages(tx, [("door", passage, now) for passage, _, _ in rows])
            write.put_decisions(tx, [decision for _, decision, _ in rows])
            write.put_letters(tx, [letter for _, _, letters in rows for letter in letters], now)
        taken.append(time.monotonic() - begun)
    return taken


def _rows(name: str) -> tuple[Passage, Decision, list[Letter]]:
    """What one verdict leaves in the store: itself, its decision, the command, the announcement, acknowledgement."""
    now = datetime.now(UTC)
    passage = Passage(
        passage=name, revision=1, node="cam", seen_from=now, seen_to=now, published_at=now, state=MaskState.MASK,
        confidence=0.9, frames=5, faces_in_view=1, model="bench", reason=VerdictReason.AGREED,
    )  # fmt: skip
    decision = Decision(
        id=new_id(now), door="door", at=now, event_type=EventType.GRANTED, decision=DecisionKind.GRANT, mode=Mode.HARD,
        text="Mask worn", passage=name, revision=1, node="cam", state=MaskState.MASK, confidence=0.9,
    )  # fmt: skip
    return passage, decision, [Letter(new_id(now), "a/topic", b"x" * 200) for _ in range(3)]

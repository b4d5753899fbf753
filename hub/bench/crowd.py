"""Boards that send verdicts, and ears that note when each decision and each lock command comes back."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from maskgate.config import MqttSettings
from maskgate.messages import Passage, VerdictReason, encode
from maskgate.mqtt import Inbound, Link, Outbound
from maskgate.states import MaskState

#: Verdicts under way at once where the hub is to be kept busy.
WINDOW = 400
LIMIT_S = 120.0


class BenchError(Exception):
    """What was to be measured did not come about; the text says what is missing."""


@dataclass
class Times:
    """Seconds from a verdict's being published to what followed, in the order in which it came."""

    decided: list[float] = field(default_factory=list)
    commanded: list[float] = field(default_factory=list)
    seconds: float = 0.0


class Crowd:
    """`nodes` boards, each at a door of its own whose lock is told LOCK and UNLOCK in turn."""

    def __init__(self, port: int, nodes: int) -> None:
        self._nodes, self._count = nodes, 0
        self._news = threading.Condition()
        self._sent: dict[str, float] = {}
        self._owed: dict[str, deque[tuple[bytes, float]]] = {f"lock/{node}/set": deque() for node in range(nodes)}
        self._times = Times()
        self._link = Link(
            MqttSettings(host="127.0.0.1", port=port), client_id="crowd", keep_session=False, on_message=self._hear,
            subscriptions=["maskgate/door/+/decision", "lock/+/set"],
        )  # fmt: skip
        self._link.start()
        if not self._link.wait_up(30):
            raise BenchError("the broker does not answer")

    def close(self) -> None:
        """Leave."""
        self._link.stop()

    def first_decision(self) -> float:
        """Send verdicts until the first decision comes; returns the monotonic time at which it did."""
        deadline = time.monotonic() + LIMIT_S
        while time.monotonic() < deadline:
            self._send(self._verdicts(1))
            with self._news:
                self._news.wait_for(lambda: self._times.decided, 0.05)
                if self._times.decided:
                    came = time.monotonic()
                    # What was sent before the hub listened is lost: these boards keep nothing.
                    self._news.wait_for(lambda: not self._sent, 1.0)
                    self._sent.clear()
                    return came
        raise BenchError("the hub decides nothing")

    def burst(self, count: int) -> Times:
        """Send `count` verdicts as fast as they are decided on."""
        return self._measure(self._verdicts(count), None)

    def steady(self, count: int, rate: float) -> Times:
        """Send `count` verdicts, `rate` in a second."""
        return self._measure(self._verdicts(count), rate)

    def _measure(self, verdicts: list[tuple[str, str, bytes]], rate: float | None) -> Times:
        self._settle()
        with self._news:
            self._times = Times()
        begun = time.monotonic()
        for index, verdict in enumerate(verdicts):
            if rate is not None:
                time.sleep(max(0.0, begun + index / rate - time.monotonic()))
            else:
                self._wait(lambda: len(self._sent) < WINDOW)
            self._send([verdict])
        self._wait(lambda: not self._sent)
        self._times.seconds = time.monotonic() - begun
        return self._times

    def _settle(self) -> None:
        """Wait until what was sent before is over."""
        self._wait(lambda: not self._sent)
        with self._news:
            for owed in self._owed.values():
                owed.clear()

    def _wait(self, holds: Callable[[], bool]) -> None:
        with self._news:
            if not self._news.wait_for(holds, LIMIT_S):
                raise BenchError(f"{len(self._sent)} verdicts were not decided on within {LIMIT_S:g} s")

    def _verdicts(self, count: int) -> list[tuple[str, str, bytes]]:
        """Return (id, node, payload) of verdicts, a mask and none in turn at each door."""
        made = []
        for number in range(self._count, self._count + count):
            node, now = number % self._nodes, datetime.now(UTC)
            state = MaskState.MASK if number // self._nodes % 2 == 0 else MaskState.NO_MASK
            verdict = Passage(
                passage=f"bench-{number:09}", revision=1, node=f"cam{node}", seen_from=now, seen_to=now,
                published_at=now, state=state, confidence=0.9, frames=5, faces_in_view=1, model="bench",
                reason=VerdictReason.AGREED,
            )  # fmt: skip
            made.append((verdict.passage, verdict.node, encode(verdict)))
        self._count += count
        return made

    def _send(self, verdicts: list[tuple[str, str, bytes]]) -> None:
        for name, node, payload in verdicts:
            now = time.monotonic()
            with self._news:
                self._sent[name] = now
                word = b"LOCK" if b'"no_mask"' in payload else b"UNLOCK"
                self._owed[f"lock/{node.removeprefix('cam')}/set"].append((word, now))
            if self._link.publish(Outbound(f"maskgate/node/{node}/passage", payload)) is None:
                raise BenchError("the connection to the broker broke")

    def _hear(self, message: Inbound) -> None:
        now = time.monotonic()
        with self._news:
            if message.topic.startswith("lock/"):
                # One that was overtaken by a later one is never sent: the latest of its kind is what it answers.
                owed, word = self._owed[message.topic], message.payload.split(b" ")[0]
                while owed:
                    wanted, sent = owed.popleft()
                    if wanted == word:
                        self._times.commanded.append(now - sent)
                        break
            elif (begun := self._sent.pop(json.loads(message.payload)["passage"], None)) is not None:
                self._times.decided.append(now - begun)
            self._news.notify_all()
        self._link.confirm(message)

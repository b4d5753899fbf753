"""What a hung mail server costs a decision (N3): `python -m hub.notices.bench [COUNT]`, or `make bench-notices`.

Two whole lines of doors and store in one process take turns, one refusal each: at one nobody is told of what stands
in its queue, at the other every notice goes to a server that takes the call and never says a word.
"""

import socket
import statistics
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from hub.config import HubConfig
from hub.engine import DoorEngine
from hub.notices.plan import plan
from hub.notices.worker import Worker
from hub.store import open_store
from maskgate.clock import SystemClock
from maskgate.ids import new_id
from maskgate.messages import Passage, VerdictReason, encode
from maskgate.mqtt import Inbound
from maskgate.states import MaskState

PATIENCE_S = 30.0


class Line:
    """A door, its store and its notices; `told`: whether these are sent."""

    def __init__(self, folder: Path, port: int, *, told: bool) -> None:
        url = f"mailto://127.0.0.1:{port}?from=hub@example.org&to=guard@example.org"
        self._config = HubConfig.model_validate(
            {
                "database": str(folder / "hub.db"),
                "doors": [{"id": "front", "name": "Front", "nodes": ["cam"], "policy": {"mode": "hard"}}],
                "notices": {"recipients": [{"id": "guard", "url": url, "cooldown": 0}]},
            }
        )
        clock, self._decided = SystemClock(), threading.Event()
        self.db = open_store(self._config.database)
        self.worker = Worker(self._config, self.db, clock) if told else None
        wake = self.worker.wake if self.worker else lambda: None
        self.engine = DoorEngine(
            self._config, self.db, clock, plan=plan, confirm=lambda _message: self._decided.set(), on_commit=wake
        )

    def start(self) -> None:
        """Begin."""
        if self.worker:
            self.worker.start()
        self.engine.start()

    def stop(self) -> None:
        """End."""
        self.engine.stop()
        if self.worker:
            self.worker.stop(PATIENCE_S)
        self.db.dispose()

    def refuse(self) -> float:
        """Let somebody without a mask come; returns the milliseconds until that is decided and on disk."""
        now = datetime.now(UTC)
        seen = Passage(
            passage=new_id(now), revision=1, node="cam", seen_from=now, seen_to=now, published_at=now,
            state=MaskState.NO_MASK, confidence=0.9, frames=5, faces_in_view=1, model="m", reason=VerdictReason.AGREED,
        )  # fmt: skip
        self._decided.clear()
        began = time.perf_counter()
        self.engine.offer(Inbound("maskgate/node/cam/passage", encode(seen), False, (1, 1, 1)))
        if not self._decided.wait(PATIENCE_S):
            raise TimeoutError(f"no decision within {PATIENCE_S} s")
        return (time.perf_counter() - began) * 1000


def measure(count: int) -> tuple[list[float], list[float]]:
    """Return the milliseconds of `count` decisions each: without sending, and with a server that hangs."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        socket.create_server(("127.0.0.1", 0), backlog=1000) as mute,
    ):
        port = mute.getsockname()[1]
        lines = [Line(Path(folder) / name, port, told=name == "hung") for name in ("plain", "hung")]
        for line in lines:
            line.start()
        try:
            for line in lines:
                line.refuse()  # what is loaded at the first one
            mute.settimeout(PATIENCE_S)
            call, _ = mute.accept()  # from here on the worker hangs in it
            taken: tuple[list[float], list[float]] = ([], [])
            for number in range(count):
                for which in (0, 1) if number % 2 else (1, 0):
                    taken[which].append(lines[which].refuse())
            call.close()
        finally:
            for line in lines:
                line.stop()
    return taken


def main() -> None:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    plain, hung = measure(count)
    for name, taken in (("nothing sent", plain), ("server hangs", hung)):
        p50, p99 = statistics.median(taken), statistics.quantiles(taken, n=100)[98]
        sys.stdout.write(f"{name}: {count} decisions, p50 {p50:.2f} ms, p99 {p99:.2f} ms\n")
    change = statistics.median(hung) / statistics.median(plain) - 1
    sys.stdout.write(f"a hung mail server changes the median decision by {change:+.1%} (N3: less than 5 %)\n")


if __name__ == "__main__":
    main()

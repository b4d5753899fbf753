"""The measurement: a broker, a real hub, boards; what is printed, and how it is reckoned."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from pydantic import SecretStr

from hub.bench import limits
from hub.bench.crowd import Crowd
from hub.store import open_store
from maskgate.demo.broker import free_port, start_broker

NODES = (1, 10, 100)


@dataclass(frozen=True, slots=True)
class Used:
    """What a process has used since its start: CPU seconds, and MiB of memory now."""

    cpu: float
    memory: float


def bench(*, verdicts: int, rate: float, database: str | None, nodes: Sequence[int] = NODES) -> dict[str, Any]:
    """Measure; `verdicts` of each kind, `rate` in a second for the latency. `database`: an empty PostgreSQL's URL.

    Raises `BenchError`, `maskgate.demo.broker.BrokerError`.
    """
    found: dict[str, Any] = {"load_average": os.getloadavg()[0], "cores": os.cpu_count(), "runs": []}
    with tempfile.TemporaryDirectory(prefix="maskgate-bench-") as name:
        folder = Path(name)
        broker = start_broker(folder / "broker")
        try:
            trips = limits.round_trips(broker.port, 500)
            db = open_store(SecretStr(database) if database else folder / "limit.db")
            single, many = limits.commits(db, 200, 1), limits.commits(db, 30, 200)
            db.dispose()
            limit = median(trips) + median(single)
            found |= {
                "broker": broker.kind, "round_trip_ms": _both(trips), "commit_ms": _both(single),
                "group_commit_per_s": 200 / median(many),
            }  # fmt: skip
            for count in nodes:
                place = folder / f"nodes{count}"
                place.mkdir()
                run = _run(place, broker.port, count, verdicts=verdicts, rate=rate, database=database, limit=limit)
                found["runs"].append(run | {"of_group_commit": run["per_s"] / found["group_commit_per_s"]})
        finally:
            broker.stop()
    return found


def _run(
    folder: Path, port: int, nodes: int, *, verdicts: int, rate: float, database: str | None, limit: float
) -> dict[str, Any]:
    begun = time.monotonic()
    with _hub(folder, port, nodes, database) as process:
        crowd = Crowd(port, nodes)
        try:
            first = crowd.first_decision() - begun
            crowd.burst(max(200, verdicts // 10))  # warm
            before = _used(process.pid)
            burst = crowd.burst(verdicts)
            after = _used(process.pid)
            steady = crowd.steady(verdicts // 4, rate)
        finally:
            crowd.close()
    return {
        "nodes": nodes, "first_decision_s": first, "per_s": verdicts / burst.seconds, "burst_ms": _both(burst.decided),
        "rate": rate, "decided_ms": _both(steady.decided), "commanded_ms": _both(steady.commanded),
        "commands": len(steady.commanded), "of_limit": median(steady.commanded or steady.decided) / limit,
        "cpu_s_per_1000": (after.cpu - before.cpu) * 1000 / verdicts, "memory_mib": after.memory,
        "memory_kib_per_1000": (after.memory - before.memory) * 1024 * 1000 / verdicts,
    }  # fmt: skip


@contextmanager
def _hub(folder: Path, port: int, nodes: int, database: str | None) -> Iterator[subprocess.Popen[bytes]]:
    """Run `maskgate hub run` meanwhile."""
    doors = [
        {
            "id": f"door{number}", "name": f"Door {number}", "nodes": [f"cam{number}"],
            "lock": {"command_topic": f"lock/{number}/set", "feedback_topic": f"lock/{number}/state",
                     "payload_lock": "LOCK {id}", "payload_unlock": "UNLOCK {id}", "feedback_within": 30,
                     "attempts": 1},
            "policy": {"mode": "hard", "entry": "controlled", "max_age": 60, "grant_hold": 60, "group": "each"},
        }
        for number in range(nodes)
    ]  # fmt: skip
    document = {
        "mqtt": {"host": "127.0.0.1", "port": port}, "database": database or str(folder / "hub.db"),
        "web": {"port": free_port()}, "doors": doors,
    }  # fmt: skip
    (folder / "hub.yaml").write_text(json.dumps(document))  # JSON is YAML
    with (folder / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "maskgate", "hub", "run", "--config", "hub.yaml"], cwd=folder, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _used(pid: int) -> Used:
    """Read what Linux says of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return Used(ticks / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGE_SIZE") / 2**20)


def _both(seconds: Sequence[float]) -> dict[str, float]:
    """Return p50 and p99 in milliseconds."""
    if not seconds:
        return {}
    ordered = sorted(seconds)
    return {"p50": median(ordered) * 1000, "p99": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000}


def report(found: dict[str, Any]) -> str:
    """Say it for people."""

    def both(times: dict[str, float]) -> str:
        return f"{times['p50']:.1f} / {times['p99']:.1f}" if times else "-"

    lines = [
        f"cores {found['cores']}, load average at the start {found['load_average']:.1f}, broker {found['broker']}",
        f"broker alone, there and back: {both(found['round_trip_ms'])} ms (p50 / p99)",
        f"store alone, one verdict a transaction: {both(found['commit_ms'])} ms; "
        f"200 a transaction: {found['group_commit_per_s']:.0f} verdicts/s",
        "",
    ]
    for run in found["runs"]:
        lines += [
            f"{run['nodes']} nodes: {run['per_s']:.0f} verdicts/s decided and announced "
            f"({run['of_group_commit']:.2f} of the store's group commit), {both(run['burst_ms'])} ms under full load",
            f"  at {run['rate']:.0f}/s: decided {both(run['decided_ms'])} ms, "
            f"lock command {both(run['commanded_ms'])} ms ({run['commands']} commands), "
            f"p50 {run['of_limit']:.2f} x (round trip + one commit)",
            f"  CPU {run['cpu_s_per_1000']:.3f} s per 1,000, memory {run['memory_mib']:.0f} MiB "
            f"({run['memory_kib_per_1000']:+.0f} KiB per 1,000), "
            f"first decision {run['first_decision_s']:.1f} s after start",
        ]  # fmt: skip
    return "\n".join(lines)

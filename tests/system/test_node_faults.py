"""M1, M2, M3 under fire: node, broker and network die at random moments, and no verdict is lost or overtaken."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy import select

from hub.store import open_store
from hub.store.schema import passages
from mask_node.config import NodeConfig, OutboxSettings, SourceSettings
from maskgate.config import MqttSettings
from maskgate.demo.broker import available, start_broker
from maskgate.messages import Passage, decode
from maskgate.mqtt import Inbound, Link
from maskgate.topics import NODE_PASSAGE
from tests.system.wire import Wire

REPOSITORY = Path(__file__).resolve().parents[2]
HUB = REPOSITORY / "tests" / "hub" / "core" / "victim.py"
VERDICTS = int(os.environ.get("MASKGATE_FAULT_VERDICTS", "2000"))
FAULTS = int(os.environ.get("MASKGATE_FAULTS", "200"))
SETTLE_S = 60.0


class Nodes:
    """One node at a time, started in a moment."""

    def __init__(self, *arguments: Path) -> None:
        command = [sys.executable, "-m", "tests.system.fast_node", *map(str, arguments)]
        with (arguments[0].parent / "node.log").open("w") as log:
            self._maker = subprocess.Popen(
                command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        self._pid = 0
        self.start()

    def start(self) -> None:
        assert self._maker.stdin is not None
        assert self._maker.stdout is not None
        self._maker.stdin.write("\n")
        self._maker.stdin.flush()
        self._pid = int(self._maker.stdout.readline())

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)

    def close(self) -> None:
        self.kill()
        self._maker.kill()
        self._maker.communicate()


class Fault(NamedTuple):
    """How often it comes beside others, how it begins and how it ends."""

    weight: int
    begin: Callable[[], object]
    end: Callable[[], object]


def cut(weight: int, wire: Wire) -> Fault:
    return Fault(weight, wire.cut, wire.mend)


class Fate:
    """Brings faults one after another, each at a random moment and of a random length."""

    def __init__(self, seed: int, longest_pause: float, kinds: dict[str, Fault]) -> None:
        self._chance, self._longest_pause, self._kinds = random.Random(seed), longest_pause, kinds
        self.faults = Counter[str]()

    def run(self, go_on: Callable[[], bool]) -> None:
        names, weights = list(self._kinds), [kind.weight for kind in self._kinds.values()]
        while go_on():
            time.sleep(self._chance.uniform(0.02, self._longest_pause))
            (name,) = self._chance.choices(names, weights)
            self.faults[name] += 1
            self._kinds[name].begin()
            # A dead node is begun anew at once, as systemd does.
            time.sleep(self._chance.uniform(0.02, 0.4) / (4 if name == "node" else 1))
            self._kinds[name].end()


def lines(ledger: Path) -> list[tuple[str, int]]:
    found = [line.split() for line in ledger.read_text().splitlines()] if ledger.exists() else []
    return [(passage, int(revision)) for passage, revision in found]


@pytest.mark.timeout(600)
@pytest.mark.skipif("mosquitto" not in available(), reason="mosquitto is not installed")
def test_no_verdict_is_lost_or_overtaken_by_two_hundred_faults(tmp_path: Path) -> None:
    broker = start_broker(tmp_path / "broker", kind="mosquitto")
    to_node, to_hub = Wire(broker.port), Wire(broker.port)
    config = NodeConfig(
        id="front", mqtt=MqttSettings(host="127.0.0.1", port=to_node.port), source=SourceSettings(address="0"),
        outbox=OutboxSettings(path=tmp_path / "o.db", ack_within=2), health_every=1,
    )  # fmt: skip
    document = config.model_dump_json(exclude={"source"})
    (tmp_path / "node.json").write_text(document[:-1] + ',"source": "0"}')
    (tmp_path / "hub.json").write_text(
        f'{{"mqtt": {{"host": "127.0.0.1", "port": {to_hub.port}}}, "database": "{tmp_path}/hub.db",'
        ' "doors": [{"id": "door", "name": "Door", "nodes": ["front"], "policy": {"mode": "off"}}]}'
    )
    copies: dict[tuple[str, int], list[Passage]] = defaultdict(list)

    def listen(message: Inbound) -> None:
        heard = decode(message.payload, Passage)
        copies[heard.passage, heard.revision].append(heard)
        listener.confirm(message)

    listener = Link(
        MqttSettings(host="127.0.0.1", port=broker.port), client_id="listener",
        subscriptions=[NODE_PASSAGE.path("maskgate", node="front")], on_message=listen,
    )  # fmt: skip
    listener.start()
    hub = subprocess.Popen(
        [sys.executable, str(HUB), str(tmp_path / "hub.json"), "never"], stderr=(tmp_path / "hub.log").open("w")
    )
    ledger, stop = tmp_path / "ledger", tmp_path / "stop"
    nodes = Nodes(tmp_path / "node.json", ledger, stop)

    def go_on() -> bool:
        return near.faults.total() + far.faults.total() < FAULTS or len(lines(ledger)) < VERDICTS

    # What befalls the node and what befalls broker and hub come independently, and often at once.
    node_dies = Fault(30, nodes.kill, nodes.start)
    near = Fate(
        4, 0.3, {"node": node_dies, "cut node": cut(25, to_node), "stall": Fault(15, to_node.stall, to_node.mend)}
    )
    broker_dies = Fault(15, lambda: broker.stop(kill=True), broker.start)
    far = Fate(5, 0.5, {"broker": broker_dies, "cut hub": cut(15, to_hub)})

    try:
        began = time.monotonic()
        with ThreadPoolExecutor(2) as fates:
            for fate in [fates.submit(each.run, go_on) for each in (near, far)]:
                fate.result()
        stop.touch()
        database = open_store(tmp_path / "hub.db")
        until = time.monotonic() + SETTLE_S
        while True:
            with database.connect() as connection:
                rows = connection.execute(select(passages.c.passage, passages.c.revision).order_by(passages.c.seq))
                stored = [(row.passage, row.revision) for row in rows]
            made = lines(ledger)
            if set(made) <= set(stored) or time.monotonic() > until:
                break
            time.sleep(0.2)
        seconds = time.monotonic() - began
        database.dispose()
    finally:
        nodes.close()
        hub.kill()
        hub.wait()
        listener.stop()
        for wire in (to_node, to_hub):
            wire.close()
        broker.stop()
    noted, faults = set(made), near.faults + far.faults
    sys.stdout.write(
        f"{faults.total()} faults {dict(faults)}, {len(made)} verdicts ({sum(revision > 1 for _, revision in made)}"
        f" revisions), {sum(len(each) - 1 for each in copies.values())} copies more than one, {seconds:.0f} s\n"
    )
    assert len(made) == len(noted) >= VERDICTS
    assert noted - set(stored) == set(), "lost"
    assert [each for each in stored if each in noted] == made, "out of order"
    assert len(stored) == len(set(stored)), "twice"
    for each in copies.values():
        assert len({copy.model_copy(update={"published_at": copy.seen_to}) for copy in each}) == 1, "copies differ"

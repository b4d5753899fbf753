"""From a fault to the door's safe state, as the lock sees it: `make bench-safe [TRIALS=20]`.

Each trial lets somebody with a mask come, so that the door is unlocked for long, brings one fault at a random moment,
and counts the seconds until the lock is told to lock. Then the fault ends, all works again, and what the lock was told
in the meantime is counted: nothing may unlock it (S7, S8).
"""

import json
import logging
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from maskgate.demo.broker import BrokerError, available
from tests.hub.postgres import programs
from tests.system.safe.faults import FAULTS, Fault
from tests.system.safe.site import SafeError
from tests.system.safe.trials import Row, run

#: A site with SQLite takes so many kinds of faults; the next ones have a site of their own.
AT_ONE_SITE = 5


def _chosen(only: str) -> list[Fault]:
    found = [fault for fault in FAULTS if only in fault.name and (fault.site != "postgresql" or programs())]
    if not found:
        raise typer.BadParameter(f"no fault has {only!r} in its name: {', '.join(fault.name for fault in FAULTS)}")
    return found


def _sites(faults: Sequence[Fault]) -> Iterator[list[Fault]]:
    """Yield what is tried at one site."""
    for kind in dict.fromkeys(fault.site for fault in faults):
        alike = [fault for fault in faults if fault.site == kind]
        for first in range(0, len(alike), AT_ONE_SITE):
            yield alike[first : first + AT_ONE_SITE]


def _table(rows: Sequence[dict[str, Any]]) -> Table:
    table = Table(title="seconds to the safe state, as the lock sees it")
    for name in ("fault", "door", "since", "trials", "p50", "p99", "max", "never", "locked again", "unlocked"):
        table.add_column(name, justify="left" if name in {"fault", "door", "since"} else "right", no_wrap=True)
    for row in rows:
        table.add_row(*("-" if one is None else f"{one:.1f}" if isinstance(one, float) else str(one)
                        for one in row.values()))  # fmt: skip
    return table


def main(
    *,
    trials: Annotated[int, typer.Option(min=1, help="Of each fault.")] = 20,
    sites: Annotated[int, typer.Option(min=1, help="At once.")] = 1,
    only: Annotated[str, typer.Option(help="Faults with this in their name.")] = "",
    seed: Annotated[int, typer.Option(help="Of the random moments.")] = 1,
    folder: Annotated[Path | None, typer.Option(help="Where logs and stores are kept; else thrown away.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Bring faults and count the seconds; fails where a fault never led to the safe state."""
    logging.basicConfig(level=logging.CRITICAL)  # that connections are cut is what it is about
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if "mosquitto" not in available():
        sys.stderr.write("mosquitto is not installed\n")
        raise typer.Exit(1)
    found, load, over = list[Row](), [os.getloadavg()[0]], threading.Event()

    def told(number: int, text: str) -> None:
        load.append(os.getloadavg()[0])
        sys.stderr.write(f"site {number}: {text}\n")
        if over.is_set():
            raise SafeError("another site has failed")

    with tempfile.TemporaryDirectory(prefix="maskgate-safe-") as name, ThreadPoolExecutor(sites) as pool:
        place = folder.resolve() if folder else Path(name)
        under_way = [
            pool.submit(run, faults, trials, place / f"site{number}", seed=seed + number,
                        told=partial(told, number))
            for number, faults in enumerate(_sites(_chosen(only)))
        ]  # fmt: skip
        try:
            wait(under_way, return_when=FIRST_EXCEPTION)
            for one in [*(each for each in under_way if each.done()), *under_way]:
                one.result()  # the first that failed, before those that go on
            found += [row for one in under_way for row in one.result()]
        except (SafeError, BrokerError) as error:
            sys.stderr.write(f"{error}\n")
            raise typer.Exit(1) from error
        finally:  # whatever ends us, each site is taken down in order after the trial under way
            over.set()
            for one in under_way:
                one.cancel()
    rows = [row.record() for row in found if row.since != "-" or row.unlocked]
    if as_json:
        sys.stdout.write(json.dumps({"load": sum(load) / len(load), "cores": os.cpu_count(), "rows": rows}) + "\n")
    else:
        Console(width=130).print(_table(rows))
        sys.stdout.write(f"load of the machine {sum(load) / len(load):.1f} in the mean, {os.cpu_count()} cores\n")
    if any(row["never"] for row in rows):
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)

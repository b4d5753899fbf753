"""`python -m hub.bench`."""

import json
import sys
from typing import Annotated

import typer

from hub.bench.crowd import BenchError
from hub.bench.run import NODES, bench, report
from maskgate.demo.broker import BrokerError


def main(
    verdicts: Annotated[int, typer.Option(min=200, help="Verdicts in each burst.")] = 6000,
    rate: Annotated[float, typer.Option(min=1, help="Verdicts a second where latency is measured.")] = 500.0,
    nodes: Annotated[str, typer.Option(help="Numbers of boards, one after another.")] = ",".join(map(str, NODES)),
    database: Annotated[str | None, typer.Option(help="An empty PostgreSQL database; SQLite when left out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure a hub beside its broker and its store."""
    try:
        found = bench(verdicts=verdicts, rate=rate, database=database, nodes=[int(one) for one in nodes.split(",")])
    except (BenchError, BrokerError) as error:
        sys.stderr.write(f"{error}\n")
        raise typer.Exit(1) from error
    sys.stdout.write((json.dumps(found) if as_json else report(found)) + "\n")


if __name__ == "__main__":
    typer.run(main)
